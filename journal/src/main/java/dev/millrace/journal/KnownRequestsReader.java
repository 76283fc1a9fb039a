package dev.millrace.journal;

import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.HeadLines;
import dev.millrace.ringbuffer.Lane;
import dev.millrace.ringbuffer.Route;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Finds in a journal that nobody is writing to what may be asked for again. Control path.
 *
 * <p>Whole files are read, the newest first of all, and older ones only as far as the bound goes: a
 * start must not take longer with every day on record. Where a file is damaged, what lies behind is
 * not known.
 */
final class KnownRequestsReader {
    /** Read beside the newest file. */
    private static final long OLDER_BYTES = 1L << 30;

    /** Requests that await a decision; what came in and was never decided is forgotten. */
    private static final int MAX_UNDECIDED = 64 << 10;

    private final KnownRequests known;
    private final RequestDigests digests = new RequestDigests();
    private final Long2ObjectHashMap<Arrival> undecided = new Long2ObjectHashMap<>();
    private final Long2ObjectHashMap<KnownRequest> open = new Long2ObjectHashMap<>();

    private record Arrival(
            long callerId, long epochNanos, @Nullable Digest128 key, Digest128 digest) {}

    private KnownRequestsReader(KnownRequests known) {
        this.known = known;
    }

    /** Fills {@code known} from the journal in {@code folder}. */
    static void read(Path folder, KnownRequests known) throws IOException {
        var reader = new KnownRequestsReader(known);
        List<Path> files = JournalFolder.files(folder);
        for (Path path : files.subList(first(files), files.size())) {
            try (QueueFile file = new QueueFile(path, JournalReader.maxRecordBytes())) {
                reader.read(file);
            }
        }
        known.endRuns();
    }

    private static int first(List<Path> files) throws IOException {
        int first = Math.max(0, files.size() - 1);
        long bytes = 0;
        while (first > 0 && bytes < OLDER_BYTES) {
            try (QueueFile file = new QueueFile(files.get(first - 1), Long.MAX_VALUE)) {
                bytes += file.lastWritten();
            }
            first--;
        }
        return first;
    }

    private void read(QueueFile file) throws IOException {
        while (file.next() == QueueFile.Found.RECORD) {
            JournalRecord record = file.record();
            switch (record.type()) {
                case INGRESS -> arrived(record);
                case DECISION -> decided(record);
                case OUTPUT_TOKENS, OUTPUT_EMBEDDING, OUTPUT_TENSOR, OUTPUT_FAILURE ->
                        answered(record, file);
                case GAP -> open.values().forEach(request -> request.recorded(false, false));
                case ENVIRONMENT, CANCEL, STEP -> {
                    // Of no request, or told by its last word.
                }
            }
        }
    }

    private void arrived(JournalRecord record) {
        IngressRecord ingress = IngressRecord.of(record);
        byte[] head = ingress.head().getBytes(StandardCharsets.ISO_8859_1);
        var lines = new UnsafeBuffer(head);
        int key = HeadLines.value(lines, head.length, RepeatHandler.KEY);
        if (key == HeadLines.NONE && !mayStream(ingress.route())) {
            return;
        }
        if (undecided.size() >= MAX_UNDECIDED) {
            undecided.clear();
        }
        long caller = ingress.callerId();
        undecided.put(
                record.requestId(),
                new Arrival(
                        caller,
                        ingress.arrivalWallNanos(),
                        key == HeadLines.NONE
                                ? null
                                : digests.key(
                                        caller,
                                        lines,
                                        key,
                                        HeadLines.end(lines, head.length, key) - key),
                        digests.request(
                                caller,
                                ingress.route(),
                                ingress.pathModel(),
                                ingress.pathVersion(),
                                ingress.inferenceHeaderLength(),
                                ingress.bodySha256())));
    }

    private static boolean mayStream(Route route) {
        return route == Route.OPENAI_COMPLETIONS || route == Route.OPENAI_CHAT;
    }

    private void decided(JournalRecord record) {
        Arrival arrival = undecided.remove(record.requestId());
        DecisionRecord decision = DecisionRecord.of(record);
        if (arrival == null
                || !decision.admitted()
                || decision.lane() == Lane.RECORDED
                || (arrival.key == null && !decision.stream())) {
            return;
        }
        long origin = decision.repeats() == 0 ? record.requestId() : decision.repeats();
        KnownRequest before = known.byId(origin);
        var request =
                new KnownRequest(
                        record.requestId(),
                        origin,
                        before == null ? arrival.epochNanos : before.originEpochNanos,
                        arrival.callerId,
                        // A stream is read on without naming its key again.
                        arrival.key == null && before != null ? before.key : arrival.key,
                        arrival.digest,
                        decision.seed());
        known.put(request);
        open.put(record.requestId(), request);
    }

    private void answered(JournalRecord record, QueueFile file) {
        KnownRequest request = open.get(record.requestId());
        if (request == null) {
            return;
        }
        if (request.untouched()) {
            request.beginsAt(file.path(), file.framePosition());
        }
        request.recorded(good(record), record.last());
        if (record.last()) {
            open.remove(record.requestId());
        }
    }

    /** Whether an answer can be made of that record. */
    private static boolean good(JournalRecord record) {
        return switch (record.type()) {
            case OUTPUT_TOKENS ->
                    TokensRecord.of(record).idsStored()
                            && TokensRecord.of(record).finish() != FinishReason.CANCELLED;
            case OUTPUT_EMBEDDING, OUTPUT_TENSOR -> TensorRecord.of(record).whole();
            default -> false;
        };
    }
}
