package dev.millrace.ringbuffer;

import com.lmax.disruptor.EventHandler;
import java.util.List;

/** Several stages on one thread: the same handlers, slot by slot, in order. */
final class ChainHandler<T> implements EventHandler<T> {
    private final List<EventHandler<T>> handlers;
    private final int count;

    ChainHandler(List<EventHandler<T>> handlers) {
        this.handlers = List.copyOf(handlers);
        this.count = handlers.size();
    }

    @Override
    public void onEvent(T slot, long sequence, boolean endOfBatch) throws Exception {
        // By index: an iterator would be garbage for every slot.
        for (int i = 0; i < count; i++) {
            handlers.get(i).onEvent(slot, sequence, endOfBatch);
        }
    }

    @Override
    public void onStart() {
        handlers.forEach(EventHandler::onStart);
    }

    @Override
    public void onShutdown() {
        handlers.forEach(EventHandler::onShutdown);
    }
}
