package dev.millrace.journal;

import dev.millrace.ringbuffer.LaneTurn;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One turn of a lane, as it was before it executed: what it noticed, and which parts of which
 * requests it computes together. Belongs to no request; the header's request id is 0.
 *
 * <p>Part, from {@link JournalRecord#HEADER_BYTES}:
 *
 * <pre>
 *   0  4  lane
 *   4  4  flags           bit 0: the lane waited for no company; all others 0
 *   8  8  turn number     counts the lane's recorded turns from 0
 *  16  8  clock nanos     of the monotonic clock when the turn began
 *  24  4  events          e
 *  28  4  entries         n
 *  32  12e events, in the order in which they were noticed:
 *            0  8  request id
 *            8  4  kind        1 taken, 2 cancelled, 3 expired, 4 form ready, 5 form refused
 *  ..  24n entries, in the order of the batch:
 *            0  8  request id
 *            8  4  run         which run or text of the request
 *           12  4  start       position of the first token computed
 *           16  4  count       tokens computed, drafts included; rows of tensors
 *           20  4  drafts      how many of the tokens are guesses
 * </pre>
 */
public final class StepRecord {
    private static final int LANE = 0;
    private static final int FLAGS = 4;
    private static final int NUMBER = 8;
    private static final int NOW_NANOS = 16;
    private static final int EVENTS = 24;
    private static final int ENTRIES = 28;
    private static final int FIXED_BYTES = 32;

    private static final int FLUSH = 1;

    private static final int KIND = 8;
    private static final int EVENT_BYTES = 12;

    private static final int RUN = 8;
    private static final int START = 12;
    private static final int COUNT = 16;
    private static final int DRAFTS = 20;
    private static final int ENTRY_BYTES = 24;

    private static final int BASE = JournalRecord.HEADER_BYTES;

    private final DirectBuffer buffer;

    private StepRecord(JournalRecord record) {
        this.buffer = record.buffer();
    }

    /**
     * Writes the whole part, from offset 0.
     *
     * @param to grows where it has no room
     * @return its bytes
     */
    static int encode(LaneTurn turn, MutableDirectBuffer to) {
        to.putInt(LANE, turn.lane);
        to.putInt(FLAGS, turn.flush ? FLUSH : 0);
        to.putLong(NUMBER, turn.number);
        to.putLong(NOW_NANOS, turn.nowNanos);
        to.putInt(EVENTS, turn.eventCount());
        to.putInt(ENTRIES, turn.entryCount());
        int at = FIXED_BYTES;
        for (int i = 0; i < turn.eventCount(); i++) {
            to.putLong(at, turn.eventRequest(i));
            to.putInt(at + KIND, RecordCodes.of(turn.event(i)));
            at += EVENT_BYTES;
        }
        for (int i = 0; i < turn.entryCount(); i++) {
            to.putLong(at, turn.request(i));
            to.putInt(at + RUN, turn.run(i));
            to.putInt(at + START, turn.start(i));
            to.putInt(at + COUNT, turn.count(i));
            to.putInt(at + DRAFTS, turn.drafts(i));
            at += ENTRY_BYTES;
        }
        return at;
    }

    static @Nullable String problem(JournalRecord record) {
        if (record.partBytes() < FIXED_BYTES) {
            return "STEP of " + record.partBytes() + " bytes";
        }
        StepRecord step = new StepRecord(record);
        long events = record.buffer().getInt(BASE + EVENTS);
        long entries = record.buffer().getInt(BASE + ENTRIES);
        if (events < 0
                || entries < 0
                || FIXED_BYTES + events * EVENT_BYTES + entries * ENTRY_BYTES
                        != record.partBytes()) {
            return "%d events and %d entries in STEP of %d bytes"
                    .formatted(events, entries, record.partBytes());
        }
        if (record.requestId() != 0) {
            return "STEP of request " + RequestIds.hex(record.requestId());
        }
        return step.fieldProblem();
    }

    private @Nullable String fieldProblem() {
        int flags = buffer.getInt(BASE + FLAGS);
        if (lane() < 0 || number() < 0 || (flags & ~FLUSH) != 0) {
            return "lane %d, turn %d, flags 0x%x of STEP".formatted(lane(), number(), flags);
        }
        for (int i = 0; i < eventCount(); i++) {
            int kind = buffer.getInt(eventOffset(i) + KIND);
            if (RecordCodes.event(kind) == null) {
                return "unknown event " + kind;
            }
        }
        for (int i = 0; i < entryCount(); i++) {
            boolean sound =
                    run(i) >= 0
                            && start(i) >= 0
                            && count(i) >= 0
                            && (long) start(i) + count(i) <= Integer.MAX_VALUE
                            && drafts(i) >= 0
                            && drafts(i) <= count(i);
            if (!sound) {
                return "entry %d of STEP: run %d, start %d, count %d, drafts %d"
                        .formatted(i, run(i), start(i), count(i), drafts(i));
            }
        }
        return null;
    }

    /** A view of a sound record of that type; valid as long as the record is. */
    public static StepRecord of(JournalRecord record) {
        if (record.type() != RecordType.STEP) {
            throw new IllegalArgumentException(record.type() + " is not STEP");
        }
        return new StepRecord(record);
    }

    /** Fills a turn with everything that is on record. */
    public void copyTo(LaneTurn turn) {
        turn.begin(lane(), number(), nowNanos(), flush());
        for (int i = 0; i < eventCount(); i++) {
            turn.event(event(i), eventRequest(i));
        }
        for (int i = 0; i < entryCount(); i++) {
            turn.entry(request(i), run(i), start(i), count(i), drafts(i));
        }
    }

    public int lane() {
        return buffer.getInt(BASE + LANE);
    }

    /** Counts the lane's recorded turns from 0. */
    public long number() {
        return buffer.getLong(BASE + NUMBER);
    }

    /** The monotonic clock when the turn began. */
    public long nowNanos() {
        return buffer.getLong(BASE + NOW_NANOS);
    }

    /** Whether the lane waited for no company. */
    public boolean flush() {
        return (buffer.getInt(BASE + FLAGS) & FLUSH) != 0;
    }

    public int eventCount() {
        return buffer.getInt(BASE + EVENTS);
    }

    public LaneTurn.Event event(int index) {
        LaneTurn.Event event = RecordCodes.event(buffer.getInt(eventOffset(index) + KIND));
        if (event == null) {
            throw new IllegalStateException("read before it was checked");
        }
        return event;
    }

    /** The request that the event is of. */
    public long eventRequest(int index) {
        return buffer.getLong(eventOffset(index));
    }

    /** How many are executed together; 0 where the turn only noticed something. */
    public int entryCount() {
        return buffer.getInt(BASE + ENTRIES);
    }

    /** The request of an entry. */
    public long request(int index) {
        return buffer.getLong(entryOffset(index));
    }

    /** Which run or text of its request. */
    public int run(int index) {
        return buffer.getInt(entryOffset(index) + RUN);
    }

    /** Position of the first token that is computed. */
    public int start(int index) {
        return buffer.getInt(entryOffset(index) + START);
    }

    /** Tokens or rows that are computed. */
    public int count(int index) {
        return buffer.getInt(entryOffset(index) + COUNT);
    }

    /** How many of the tokens are guesses. */
    public int drafts(int index) {
        return buffer.getInt(entryOffset(index) + DRAFTS);
    }

    private int eventOffset(int index) {
        if (index < 0 || index >= eventCount()) {
            throw new IndexOutOfBoundsException(index + " of " + eventCount());
        }
        return BASE + FIXED_BYTES + index * EVENT_BYTES;
    }

    private int entryOffset(int index) {
        if (index < 0 || index >= entryCount()) {
            throw new IndexOutOfBoundsException(index + " of " + entryCount());
        }
        return BASE + FIXED_BYTES + eventCount() * EVENT_BYTES + index * ENTRY_BYTES;
    }
}
