package dev.millrace.tools.profile;

import java.util.ArrayList;
import java.util.List;

/** One of the slowest requests, and what happened while it lived. One thread. */
final class SlowRequest {
    final RequestSample request;
    private final int queue;
    private final int infer;
    private final int replyJournal;
    private int stepsBefore;
    private long stepsBeforeNanos;
    private int steps;
    private long stepsNanos;
    private long othersPromptNanos;
    private long gcNanos;
    private long safepointNanos;
    private long journalNanos;

    /**
     * @param queue index of the stage in which it waited for its lane
     * @param infer index of the stage in which its lane computed it
     * @param replyJournal index of the stage in which its answer went on record; -1 for none
     */
    SlowRequest(RequestSample request, int queue, int infer, int replyJournal) {
        this.request = request;
        this.queue = queue;
        this.infer = infer;
        this.replyJournal = replyJournal;
    }

    /** A step of its lane, whoever was in it. */
    void see(StepSample step) {
        long before = overlap(queue, step.beginNanos(), step.endNanos());
        if (before > 0) {
            stepsBefore++;
            stepsBeforeNanos += before;
        }
        long during = overlap(infer, step.beginNanos(), step.endNanos());
        if (during > 0) {
            steps++;
            stepsNanos += during;
            // Its own prompt is computed before its first token, and is nobody else's.
            if (step.beginNanos() >= request.beginNanos() + request.firstTokenNanos()) {
                othersPromptNanos += (long) (during * step.promptShare());
            }
        }
    }

    /** The journal matters before the request waits for its lane, and behind that. */
    void seeJournal(long begin, long end) {
        long before =
                Math.min(end, request.stageBegin(queue)) - Math.max(begin, request.beginNanos());
        long behind = replyJournal < 0 ? 0 : overlap(replyJournal, begin, end);
        journalNanos += Math.max(0, before) + Math.max(0, behind);
    }

    void see(Pause pause) {
        long begin = Math.max(pause.beginNanos(), request.beginNanos());
        long end = Math.min(pause.endNanos(), request.endNanos());
        if (end > begin) {
            if (pause.gc()) {
                gcNanos += end - begin;
            } else {
                safepointNanos += end - begin;
            }
        }
    }

    private long overlap(int stage, long begin, long end) {
        long from = request.stageBegin(stage);
        return Math.min(end, from + request.stageNanos().get(stage)) - Math.max(begin, from);
    }

    /** What it waited for, in words, the time of each in ms. */
    List<String> waits() {
        var waits = new ArrayList<String>();
        if (stepsBefore > 0) {
            waits.add(
                    "%d steps before its turn %.1f".formatted(stepsBefore, stepsBeforeNanos / 1e6));
        }
        if (steps > 0) {
            waits.add("%d steps %.1f".formatted(steps, stepsNanos / 1e6));
        }
        if (othersPromptNanos > 0) {
            waits.add("others' prompts in them %.1f".formatted(othersPromptNanos / 1e6));
        }
        if (journalNanos > 0) {
            waits.add("journal %.1f".formatted(journalNanos / 1e6));
        }
        if (gcNanos > 0) {
            waits.add("GC %.1f".formatted(gcNanos / 1e6));
        }
        if (safepointNanos > 0) {
            waits.add("safepoints %.1f".formatted(safepointNanos / 1e6));
        }
        return waits;
    }
}
