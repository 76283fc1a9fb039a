package dev.millrace.ingress.aeron;

import dev.millrace.ingress.aeron.frame.RequestFrame;
import dev.millrace.ingress.aeron.frame.TextField;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Route;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Looks at a request's header and texts before anything is copied: what a stranger says of lengths
 * is held against the message itself. Runs on: the door's thread, which reads the last fault here.
 */
final class FrameCheck {
    private final int maxBodyBytes;
    private RequestStatus status = RequestStatus.OK;
    private String message = "";
    private @Nullable String field;

    FrameCheck(int maxBodyBytes) {
        this.maxBodyBytes = maxBodyBytes;
    }

    /**
     * Whether the message is a request that can be taken; else {@link #status} says why not, and of
     * what is INVALID, {@link #message} and {@link #field}.
     *
     * @param at where a message of {@code length} bytes begins, all of it readable
     */
    boolean accepts(DirectBuffer from, int at, int length) {
        if (length < RequestFrame.HEADER_BYTES) {
            return refuse(
                    "message",
                    "message: ends within its header, behind "
                            + length
                            + " of "
                            + RequestFrame.HEADER_BYTES
                            + " bytes");
        }
        Route route = RequestFrame.route(from, at);
        if (route == null) {
            return refuse(
                    "route", "route: expected 0 to 3, got " + RequestFrame.routeCode(from, at));
        }
        if (!RequestFrame.plain(from, at)) {
            return refuse("reserved", "reserved: bytes 3, 34 and 35 must be 0");
        }
        return texts(from, at, length, route) && body(from, at, length, route);
    }

    private boolean texts(DirectBuffer from, int at, int length, Route route) {
        int begin = RequestFrame.HEADER_BYTES;
        for (int i = 0; i < TextField.COUNT; i++) {
            TextField text = TextField.at(i);
            int bytes = RequestFrame.textLength(from, at, text);
            if (bytes > text.maxBytes()) {
                return refuse(
                        text.label(),
                        text.label()
                                + ": expected at most "
                                + text.maxBytes()
                                + " bytes, got a length of "
                                + bytes);
            }
            if (begin + bytes > length) {
                return refuse(
                        text.label(),
                        text.label()
                                + ": a length of "
                                + bytes
                                + " bytes goes beyond the message's "
                                + length);
            }
            if (text.visible() && !visible(from, at + begin, bytes)) {
                return refuse(
                        text.label(),
                        text.label() + ": expected visible ASCII characters without blanks");
            }
            begin += bytes;
        }
        boolean named = RequestFrame.textLength(from, at, TextField.MODEL) > 0;
        if (named != (route == Route.KSERVE_INFER)) {
            return refuse(
                    TextField.MODEL.label(),
                    named
                            ? "model: expected none for " + route.path() + ", whose body names it"
                            : "model: expected a name for " + route.path());
        }
        return true;
    }

    private boolean body(DirectBuffer from, int at, int length, Route route) {
        int bytes = RequestFrame.bodyLength(from, at);
        int rest = length - RequestFrame.HEADER_BYTES - RequestFrame.textLengths(from, at);
        if (bytes != rest) {
            return refuse(
                    "body length",
                    "body length: expected " + rest + ", what follows the texts, got " + bytes);
        }
        if (bytes > maxBodyBytes) {
            status = RequestStatus.TOO_LARGE;
            return false;
        }
        int json = RequestFrame.inferenceHeaderLength(from, at);
        boolean binary = json != RequestFrame.NO_INFERENCE_HEADER;
        if (binary && (route != Route.KSERVE_INFER || json < 0 || json > bytes)) {
            return refuse(
                    "inference header length",
                    "inference header length: expected -1"
                            + (route == Route.KSERVE_INFER ? ", or 0 to " + bytes : "")
                            + ", got "
                            + json);
        }
        if (RequestFrame.deadlineMillis(from, at) > Integer.MAX_VALUE) {
            return refuse(
                    "deadline",
                    "deadline: expected 0 to 2147483647 milliseconds, got "
                            + RequestFrame.deadlineMillis(from, at));
        }
        return true;
    }

    boolean refuse(String field, String message) {
        this.field = field;
        this.message = message;
        status = RequestStatus.INVALID;
        return false;
    }

    RequestStatus status() {
        return status;
    }

    String message() {
        return message;
    }

    @Nullable String field() {
        return field;
    }

    private static boolean visible(DirectBuffer from, int at, int length) {
        for (int i = 0; i < length; i++) {
            byte b = from.getByte(at + i);
            if (b <= ' ' || b > '~') {
                return false;
            }
        }
        return true;
    }
}
