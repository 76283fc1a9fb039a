package dev.millrace.ringbuffer;

import com.lmax.disruptor.EventHandler;

/**
 * Guards the decision journal: it sees every slot, and where it throws the request is not executed.
 * Runs on: the {@code batch} stage's thread, right behind its handler.
 */
final class DecisionStage implements EventHandler<RequestSlot> {
    private final EventHandler<RequestSlot> journal;
    private final StageFailures failures;

    DecisionStage(EventHandler<RequestSlot> journal, StageFailures failures) {
        this.journal = journal;
        this.failures = failures;
    }

    @Override
    public void onEvent(RequestSlot slot, long sequence, boolean endOfBatch) {
        try {
            journal.onEvent(slot, sequence, endOfBatch);
        } catch (Throwable e) {
            failures.failed(Stage.JOURNAL, slot.requestId, e);
            slot.journalFailed = true;
        }
    }
}
