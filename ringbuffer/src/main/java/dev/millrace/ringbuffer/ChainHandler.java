package dev.millrace.ringbuffer;

import com.lmax.disruptor.EventHandler;
import java.util.List;

/** Several stages on one thread: the same handlers, slot by slot, in order. */
final class ChainHandler<T> implements EventHandler<T> {
    private final List<EventHandler<T>> handlers;

    ChainHandler(List<EventHandler<T>> handlers) {
        this.handlers = List.copyOf(handlers);
    }

    @Override
    public void onEvent(T slot, long sequence, boolean endOfBatch) throws Exception {
        for (EventHandler<T> handler : handlers) {
            handler.onEvent(slot, sequence, endOfBatch);
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
