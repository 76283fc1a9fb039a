package dev.millrace.journal;

import dev.millrace.ringbuffer.ReplyPublisher;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Stage;
import java.io.IOException;
import java.nio.file.Path;
import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;

/**
 * One answer on its way from the journal into the reply ring: the recorded replies, one by one, as
 * their lane published them. One thread.
 */
final class RecordedAnswer {
    /** What is read before somebody else has a turn. */
    private static final long PIECE_BYTES = 1 << 20;

    private final Path folder;
    private final KnownRequest known;
    private final RequestContext context;
    private final ReplyPublisher replies;
    private final NanoClock clock;
    private @Nullable QueueFile file;
    private long sequence;

    RecordedAnswer(
            Path folder,
            KnownRequest known,
            RequestContext context,
            ReplyPublisher replies,
            NanoClock clock) {
        this.folder = folder;
        this.known = known;
        this.context = context;
        this.replies = replies;
        this.clock = clock;
    }

    RequestContext context() {
        return context;
    }

    /**
     * Publishes a piece of the answer.
     *
     * @return whether its last word is said
     */
    boolean proceed() {
        if (context.cancelled()) {
            return end(RequestStatus.CANCELLED, "the client went away");
        }
        try {
            return proceed(open());
        } catch (IOException | JournalException e) {
            known.lost();
            return end(
                    RequestStatus.JOURNAL_FAILED,
                    "the answer on record cannot be read any more; ask again");
        }
    }

    private boolean end(RequestStatus status, String message) {
        context.refuse(status, message, null);
        context.stamps.done(Stage.INFER, clock.nanoTime());
        replies.failure(context);
        return true;
    }

    private QueueFile open() throws IOException {
        QueueFile open = file;
        if (open == null) {
            open = new QueueFile(known.file(), JournalReader.maxRecordBytes());
            open.seek(known.position());
            file = open;
        }
        return open;
    }

    private boolean proceed(QueueFile from) throws IOException {
        QueueFile current = from;
        long bytes = 0;
        while (bytes < PIECE_BYTES) {
            switch (current.next()) {
                case RECORD -> {
                    JournalRecord record = current.record();
                    bytes += record.length();
                    boolean its = record.requestId() == known.requestId && record.type().output();
                    if (its && publish(record)) {
                        return true;
                    }
                }
                case DAMAGE -> throw new JournalException(current.problem());
                case END, ENDED -> current = follow(current);
            }
        }
        return false;
    }

    private QueueFile follow(QueueFile ended) throws IOException {
        for (Path path : JournalFolder.files(folder)) {
            if (JournalFolder.compare(path, ended.path()) > 0) {
                ended.close();
                file = new QueueFile(path, JournalReader.maxRecordBytes());
                return file;
            }
        }
        throw new JournalException("the journal ends within the answer");
    }

    private boolean publish(JournalRecord record) {
        boolean last = record.last();
        if (last) {
            OutputRecord output = OutputRecord.of(record);
            context.completionTokens = output.completionTokens();
            context.cachedTokens = output.cachedTokens();
            context.stamps.done(Stage.INFER, clock.nanoTime());
        }
        switch (record.type()) {
            case OUTPUT_TOKENS -> {
                TokensRecord tokens = TokensRecord.of(record);
                ReplySlot slot = open(record, ReplySlot.Kind.TOKENS, tokens.payloadBytes());
                tokens.copyTo(slot);
            }
            case OUTPUT_EMBEDDING, OUTPUT_TENSOR -> {
                TensorRecord tensor = TensorRecord.of(record);
                boolean vector = record.type() == RecordType.OUTPUT_EMBEDDING;
                ReplySlot.Kind kind = vector ? ReplySlot.Kind.EMBEDDING : ReplySlot.Kind.TENSOR;
                tensor.copyTo(open(record, kind, Math.toIntExact(tensor.payloadBytes())));
            }
            default -> throw new JournalException("a failure within an answer");
        }
        replies.publish(sequence);
        return last;
    }

    private ReplySlot open(JournalRecord record, ReplySlot.Kind kind, int payloadBytes) {
        sequence = replies.open(kind, context, payloadBytes);
        ReplySlot slot = replies.slot(sequence);
        slot.index = OutputRecord.of(record).index();
        slot.last = record.last();
        return slot;
    }

    /** Lets go of the file. */
    void close() {
        QueueFile open = file;
        file = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                throw new JournalException(open.path() + " cannot be closed: " + e, e);
            }
        }
    }
}
