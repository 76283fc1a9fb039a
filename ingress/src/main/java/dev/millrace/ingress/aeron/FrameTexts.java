package dev.millrace.ingress.aeron;

import dev.millrace.ingress.aeron.frame.RequestFrame;
import dev.millrace.ingress.aeron.frame.TextField;
import dev.millrace.ingress.caller.CallerIds;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;

/**
 * Texts of a checked message as a context holds them. What a client says again and again is decoded
 * once. Runs on: the door's thread.
 */
final class FrameTexts {
    private final CallerIds callers = new CallerIds();

    /** The text, or empty. */
    static String text(DirectBuffer message, int at, TextField field) {
        int length = RequestFrame.textLength(message, at, field);
        if (length == 0) {
            return "";
        }
        byte[] bytes = new byte[length];
        message.getBytes(AeronHead.textOffset(message, at, field), bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** The model, where the route has one in its path. */
    static String model(AeronSession session, DirectBuffer message, int at) {
        if (!same(message, at, TextField.MODEL, session.lastModelBytes)) {
            session.lastModelBytes = copy(message, at, TextField.MODEL);
            session.lastModel = new String(session.lastModelBytes, StandardCharsets.UTF_8);
        }
        return session.lastModel;
    }

    /** Who calls: by key, else by address; everyone on this machine without a key is one. */
    long caller(AeronSession session, DirectBuffer message, int at) {
        if (!session.callerKnown || !same(message, at, TextField.API_KEY, session.lastKeyBytes)) {
            session.lastKeyBytes = copy(message, at, TextField.API_KEY);
            session.lastCaller =
                    session.lastKeyBytes.length > 0
                            ? callers.ofKey(text(message, at, TextField.API_KEY))
                            : address(session);
            session.callerKnown = true;
        }
        return session.lastCaller;
    }

    /** Aeron says {@code 10.0.0.1:40123} or {@code [::1]:40123}. */
    private long address(AeronSession session) {
        String source = session.image.sourceIdentity();
        int colon = source.lastIndexOf(':');
        if (!session.udp || colon < 0) {
            return callers.ofKey("");
        }
        String host = source.substring(0, colon).replace("/", "");
        try {
            return callers.ofAddress(InetAddress.ofLiteral(host.replaceAll("[\\[\\]]", "")));
        } catch (IllegalArgumentException noAddress) {
            return callers.ofKey("");
        }
    }

    private static boolean same(DirectBuffer message, int at, TextField field, byte[] last) {
        if (RequestFrame.textLength(message, at, field) != last.length) {
            return false;
        }
        int from = AeronHead.textOffset(message, at, field);
        for (int i = 0; i < last.length; i++) {
            if (message.getByte(from + i) != last[i]) {
                return false;
            }
        }
        return true;
    }

    private static byte[] copy(DirectBuffer message, int at, TextField field) {
        byte[] bytes = new byte[RequestFrame.textLength(message, at, field)];
        message.getBytes(AeronHead.textOffset(message, at, field), bytes);
        return bytes;
    }
}
