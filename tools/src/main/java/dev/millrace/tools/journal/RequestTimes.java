package dev.millrace.tools.journal;

import dev.millrace.journal.IngressRecord;
import dev.millrace.journal.JournalRecord;
import dev.millrace.journal.RecordType;
import dev.millrace.journal.RequestIds;
import dev.millrace.journal.StepRecord;
import dev.millrace.journal.TokensRecord;
import tools.jackson.databind.node.ObjectNode;

/** How long the parts of one request's life took, by the server's monotonic clock. One thread. */
final class RequestTimes {
    private static final long NONE = -1;

    private final long requestId;
    private final long arrivalNanos;
    private long firstStepNanos = NONE;
    private long firstTokenNanos = NONE;
    private long lastNanos = NONE;
    private long stepNanos = NONE;
    private long longestGapNanos;
    private long gapNanos;
    private int steps;

    /** Begins with the request's first record, which is its ingress where it has one. */
    RequestTimes(JournalRecord first) {
        requestId = first.requestId();
        arrivalNanos =
                first.type() == RecordType.INGRESS
                        ? IngressRecord.of(first).arrivalClockNanos()
                        : first.clockNanos();
    }

    /** Nanoseconds from arrival to a record. */
    long since(JournalRecord record) {
        return record.clockNanos() - arrivalNanos;
    }

    /** A record of the request. */
    void see(JournalRecord record) {
        if (record.type() == RecordType.OUTPUT_TOKENS && firstTokenNanos == NONE) {
            TokensRecord tokens = TokensRecord.of(record);
            if (!tokens.prompt() && tokens.count() > 0) {
                firstTokenNanos = since(record);
            }
        }
        if (record.last()) {
            lastNanos = since(record);
        }
    }

    /** Whether the step names the request; takes note of one that executes it. */
    boolean step(JournalRecord record, StepRecord step) {
        boolean named = false;
        for (int i = 0; i < step.eventCount(); i++) {
            named |= step.eventRequest(i) == requestId;
        }
        for (int i = 0; i < step.entryCount(); i++) {
            if (step.request(i) == requestId) {
                executed(since(record));
                return true;
            }
        }
        return named;
    }

    private void executed(long nanos) {
        if (firstStepNanos == NONE) {
            firstStepNanos = nanos;
        } else {
            gapNanos += nanos - stepNanos;
            longestGapNanos = Math.max(longestGapNanos, nanos - stepNanos);
        }
        stepNanos = nanos;
        steps++;
    }

    /** Milliseconds of each part that there was. */
    String line() {
        var line = new StringBuilder("times       ");
        part(line, " queue %.3f", firstStepNanos);
        part(line, " first token %.3f", firstTokenNanos);
        if (steps > 1) {
            part(line, " between steps %.3f", gapNanos / (steps - 1));
            part(line, " at most %.3f", longestGapNanos);
        }
        part(line, " total %.3f", lastNanos);
        return line + " ms, %d steps%s".formatted(steps, lastNanos == NONE ? ", not ended" : "");
    }

    private static void part(StringBuilder line, String format, long nanos) {
        if (nanos != NONE) {
            line.append(format.formatted(nanos / 1e6));
        }
    }

    ObjectNode json() {
        ObjectNode node = RecordJson.MAPPER.createObjectNode();
        node.put("type", "times");
        node.put("request", RequestIds.hex(requestId));
        put(node, "queue_nanos", firstStepNanos);
        put(node, "first_token_nanos", firstTokenNanos);
        put(node, "total_nanos", lastNanos);
        node.put("steps", steps);
        put(node, "between_steps_nanos", steps > 1 ? gapNanos / (steps - 1) : NONE);
        put(node, "longest_between_steps_nanos", steps > 1 ? longestGapNanos : NONE);
        return node;
    }

    private static void put(ObjectNode node, String name, long nanos) {
        if (nanos == NONE) {
            node.putNull(name);
        } else {
            node.put(name, nanos);
        }
    }
}
