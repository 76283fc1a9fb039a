package dev.millrace.tools.load;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The end of an HTTP/1.1 answer (RFC 9112), found in its bytes as they come, and the parts of an
 * event stream on the way. Bodies are not kept. Owned by its connection.
 */
final class WireAnswer {
    private static final int OK = 200;
    private static final int NO_CONTENT = 204;
    private static final int NOT_MODIFIED = 304;
    private static final int MOST_QUOTED = 300;
    private static final int LONGEST_LINE = 64 << 10;
    private static final byte[] CHOICE = ascii("\"choices\":[{");
    private static final byte[] ROLE = ascii("\"role\":");
    private static final byte[] CONTENT_LENGTH = ascii("content-length:");
    private static final byte[] TRANSFER_ENCODING = ascii("transfer-encoding:");
    private static final byte[] CONTENT_TYPE = ascii("content-type:");
    private static final byte[] CONNECTION = ascii("connection:");
    private static final byte[] CHUNKED = ascii("chunked");
    private static final byte[] EVENTS = ascii("text/event-stream");
    private static final byte[] CLOSE = ascii("close");

    private enum State {
        HEAD,
        FIXED,
        CHUNK_SIZE,
        CHUNK,
        CHUNK_END,
        TRAILER,
        UNTIL_CLOSED
    }

    private State state = State.HEAD;
    private int status;
    private boolean whole;
    private boolean closes;
    private boolean chunked;
    private boolean events;
    private long left;
    private long dueNanos;
    private long lastNanos;
    private final StringBuilder said = new StringBuilder();
    private byte[] line = new byte[1024];
    private int lineBytes;

    /** Ready for the answer to a request that was due then. */
    void begin(long due) {
        state = State.HEAD;
        status = 0;
        whole = false;
        closes = false;
        chunked = false;
        events = false;
        left = -1;
        dueNanos = due;
        lastNanos = 0;
        lineBytes = 0;
        said.setLength(0);
    }

    int status() {
        return status;
    }

    /** The beginning of an answer that is not a 200. */
    String said() {
        return said.toString();
    }

    boolean closes() {
        return closes;
    }

    /** Whether the end of the connection is the end of the answer. */
    boolean endsWithConnection() {
        return state == State.UNTIL_CLOSED;
    }

    /** Whether the answer has ended. */
    boolean whole() {
        return whole;
    }

    /**
     * Takes bytes.
     *
     * @return behind the last that was taken; what is left is to come again, with more behind it
     */
    int accept(byte[] in, int from, int to, WireAnswers parts) throws IOException {
        int at = from;
        while (!whole) {
            if (state == State.FIXED || state == State.CHUNK || state == State.UNTIL_CLOSED) {
                int taken = state == State.UNTIL_CLOSED ? to - at : (int) Math.min(left, to - at);
                body(in, at, at + taken, parts);
                at += taken;
                left -= taken;
                if (state == State.UNTIL_CLOSED || left > 0) {
                    return at;
                }
                whole = state == State.FIXED;
                state = State.CHUNK_END;
                continue;
            }
            int end = state == State.HEAD ? headEnd(in, at, to) : lineEnd(in, at, to);
            if (end < 0) {
                return at;
            }
            line(in, at, end);
            at = end;
        }
        return at;
    }

    /** Takes the head, or a line of the chunked coding. */
    private void line(byte[] in, int from, int end) throws IOException {
        switch (state) {
            case HEAD -> head(in, from, end);
            case CHUNK_SIZE -> {
                left = hex(in, from, end);
                state = left == 0 ? State.TRAILER : State.CHUNK;
            }
            case CHUNK_END -> state = State.CHUNK_SIZE;
            case TRAILER -> whole = end - from <= 2;
            default -> throw new IllegalStateException("no lines in " + state);
        }
    }

    /** Behind the empty line; -1 where it has not come. */
    private static int headEnd(byte[] bytes, int from, int to) {
        for (int i = from + 3; i < to; i++) {
            if (bytes[i] == '\n' && bytes[i - 1] == '\r' && bytes[i - 2] == '\n') {
                return i + 1;
            }
        }
        return -1;
    }

    private static int lineEnd(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] == '\n') {
                return i + 1;
            }
        }
        return -1;
    }

    private void head(byte[] bytes, int from, int end) throws IOException {
        if (end - from < 14 || bytes[from] != 'H') {
            throw new IOException("an answer that is not HTTP");
        }
        status = 0;
        for (int i = from + 9; i < from + 12; i++) {
            status = 10 * status + (bytes[i] - '0');
        }
        int at = from;
        while (at < end) {
            int next = at;
            while (bytes[next] != '\n') {
                next++;
            }
            header(bytes, at, next);
            at = next + 1;
        }
        if (status == NO_CONTENT || status == NOT_MODIFIED) {
            left = 0;
            state = State.FIXED;
        } else if (chunked) {
            state = State.CHUNK_SIZE;
        } else if (left >= 0) {
            state = State.FIXED;
        } else {
            state = State.UNTIL_CLOSED;
            closes = true;
        }
    }

    private void header(byte[] bytes, int from, int end) {
        if (starts(bytes, from, end, CONTENT_LENGTH)) {
            left = 0;
            for (int i = from + CONTENT_LENGTH.length; i < end; i++) {
                if (bytes[i] >= '0' && bytes[i] <= '9') {
                    left = 10 * left + (bytes[i] - '0');
                }
            }
        } else if (starts(bytes, from, end, TRANSFER_ENCODING)) {
            chunked = contains(bytes, from, end, CHUNKED);
        } else if (starts(bytes, from, end, CONTENT_TYPE)) {
            events = contains(bytes, from, end, EVENTS);
        } else if (starts(bytes, from, end, CONNECTION)) {
            closes = contains(bytes, from, end, CLOSE);
        }
    }

    private static boolean starts(byte[] bytes, int from, int end, byte[] lower) {
        if (end - from < lower.length) {
            return false;
        }
        for (int i = 0; i < lower.length; i++) {
            byte b = bytes[from + i];
            if ((b >= 'A' && b <= 'Z' ? b + 32 : b) != lower[i]) {
                return false;
            }
        }
        return true;
    }

    private static boolean contains(byte[] bytes, int from, int end, byte[] lower) {
        for (int i = from; i <= end - lower.length; i++) {
            if (starts(bytes, i, end, lower)) {
                return true;
            }
        }
        return false;
    }

    private static long hex(byte[] bytes, int from, int end) throws IOException {
        long value = 0;
        for (int i = from; i < end; i++) {
            int digit = Character.digit(bytes[i], 16);
            if (digit < 0) {
                break;
            }
            value = 16 * value + digit;
            if (value > Integer.MAX_VALUE) {
                throw new IOException("a chunk of more than " + Integer.MAX_VALUE + " bytes");
            }
        }
        return value;
    }

    private void body(byte[] bytes, int from, int end, WireAnswers parts) throws IOException {
        if (status != OK) {
            int quoted = Math.min(end - from, Math.max(0, MOST_QUOTED - said.length()));
            said.append(new String(bytes, from, quoted, StandardCharsets.UTF_8));
        } else if (events) {
            events(bytes, from, end, parts);
        }
    }

    private void events(byte[] bytes, int from, int end, WireAnswers parts) throws IOException {
        long now = System.nanoTime();
        for (int i = from; i < end; i++) {
            byte b = bytes[i];
            if (b != '\n') {
                if (lineBytes == line.length) {
                    if (lineBytes >= LONGEST_LINE) {
                        throw new IOException("an event of more than " + LONGEST_LINE + " bytes");
                    }
                    line = Arrays.copyOf(line, 2 * lineBytes);
                }
                line[lineBytes++] = b;
                continue;
            }
            if (contains(line, 0, lineBytes, CHOICE) && !contains(line, 0, lineBytes, ROLE)) {
                parts.part(dueNanos, lastNanos, now);
                lastNanos = now;
            }
            lineBytes = 0;
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
