package dev.millrace.ingress.aeron.client;

import dev.millrace.ingress.aeron.frame.Frame;
import dev.millrace.ingress.aeron.frame.ReplyFrame;
import dev.millrace.ingress.aeron.frame.RequestFrame;
import dev.millrace.ingress.aeron.frame.TextField;
import dev.millrace.ringbuffer.Route;
import io.aeron.FragmentAssembler;
import io.aeron.Publication;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import org.agrona.DirectBuffer;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Asks a Millrace over Aeron. Sending returns at once, with the request's id or with a negative
 * number that says why it was not sent; answers come to handlers when the client is polled.
 *
 * <p>Bodies and answers are those of the HTTP door. Allocates nothing for a request once it is
 * warm. Owned by one thread, which polls it at least every few seconds while requests run.
 */
public final class MillraceClient implements AutoCloseable {
    /** The door is gone. */
    public static final long NOT_CONNECTED = Publication.NOT_CONNECTED;

    /** The door does not keep up: poll, then send again. */
    public static final long BACK_PRESSURED = Publication.BACK_PRESSURED;

    /** The client is closed. */
    public static final long CLOSED = Publication.CLOSED;

    /** The connection has carried all that it can (with 4 MiB terms, 8 PiB): make another. */
    public static final long EXHAUSTED = Publication.MAX_POSITION_EXCEEDED;

    /** The request is longer than {@link #maxBodyBytes} allows. */
    public static final long TOO_LONG = -6;

    /** As many requests run as {@link ClientOptions#maxRequests} says: poll, then send again. */
    public static final long TOO_MANY = -7;

    private static final int FRAGMENTS = 32;
    private static final byte[] NO_TEXT = {};
    private static final UnsafeBuffer NOTHING = new UnsafeBuffer(NO_TEXT);

    private final DoorConnection door;
    private final int maxRequests;
    private final byte[] apiKey;
    private final UnsafeBuffer head = new UnsafeBuffer(new byte[8 << 10]);
    private final Long2ObjectHashMap<OpenCall> open = new Long2ObjectHashMap<>();
    private final ArrayDeque<OpenCall> unused = new ArrayDeque<>();
    private final FragmentAssembler assembler =
            new FragmentAssembler((b, o, l, h) -> take(b, o, l));
    private final UnsafeBuffer wrapped = new UnsafeBuffer(0, 0);
    private final EventLines.Sink events = this::event;
    private @Nullable OpenCall current;
    private String lastModel = "";
    private byte[] lastModelBytes = NO_TEXT;
    private long lastId;

    /**
     * Connects to a door.
     *
     * @throws IllegalStateException where none answers in time
     */
    public static MillraceClient connect(ClientOptions options) {
        return new MillraceClient(options);
    }

    private MillraceClient(ClientOptions options) {
        apiKey = CallOptions.encoded(TextField.API_KEY, options.apiKey());
        maxRequests = options.maxRequests();
        door = new DoorConnection(options);
    }

    // ---- Sending.

    /**
     * Asks a tensor model: KServe's {@code infer}.
     *
     * @param body JSON of {@code inferenceHeaderLength} bytes and the tensors behind it, or JSON
     *     alone with -1
     * @return the request's id, above 0, or a negative number
     */
    public long infer(
            String model,
            DirectBuffer body,
            int offset,
            int length,
            int inferenceHeaderLength,
            CallOptions options,
            AnswerHandler handler) {
        return send(
                Route.KSERVE_INFER,
                model,
                body,
                offset,
                length,
                inferenceHeaderLength,
                options,
                handler,
                null);
    }

    /** The same with a body of JSON, and nothing else. */
    public long infer(String model, byte[] json, AnswerHandler handler) {
        wrapped.wrap(json);
        return infer(
                model,
                wrapped,
                0,
                json.length,
                RequestFrame.NO_INFERENCE_HEADER,
                CallOptions.NONE,
                handler);
    }

    /**
     * Asks for a completion, of which each piece is told as it comes where the body says {@code
     * "stream": true}.
     *
     * @param body of {@code /v1/completions}
     * @return the request's id, above 0, or a negative number
     */
    public long generate(
            DirectBuffer body, int offset, int length, CallOptions options, TokenHandler handler) {
        return send(Route.OPENAI_COMPLETIONS, "", body, offset, length, -1, options, null, handler);
    }

    /** The same with a body of its own. */
    public long generate(byte[] json, TokenHandler handler) {
        wrapped.wrap(json);
        return generate(wrapped, 0, json.length, CallOptions.NONE, handler);
    }

    /** As {@link #generate}, with a body of {@code /v1/chat/completions}. */
    public long chat(
            DirectBuffer body, int offset, int length, CallOptions options, TokenHandler handler) {
        return send(Route.OPENAI_CHAT, "", body, offset, length, -1, options, null, handler);
    }

    /** Asks for vectors, with a body of {@code /v1/embeddings}. */
    public long embed(
            DirectBuffer body, int offset, int length, CallOptions options, AnswerHandler handler) {
        return send(Route.OPENAI_EMBEDDINGS, "", body, offset, length, -1, options, handler, null);
    }

    private long send(
            Route route,
            String model,
            DirectBuffer body,
            int offset,
            int length,
            int inferenceHeaderLength,
            CallOptions options,
            @Nullable AnswerHandler answers,
            @Nullable TokenHandler tokens) {
        if (open.size() >= maxRequests) {
            return TOO_MANY;
        }
        long id = lastId + 1;
        RequestFrame.begin(
                head, route, inferenceHeaderLength, id, options.deadlineMillis(), length);
        int end = RequestFrame.HEADER_BYTES;
        for (int i = 0; i < TextField.COUNT; i++) {
            TextField field = TextField.at(i);
            end = RequestFrame.text(head, end, field, text(field, model, options));
        }
        if ((long) end + length > door.requests.maxMessageLength()) {
            return TOO_LONG;
        }
        long result =
                length == 0
                        ? door.requests.offer(head, 0, end)
                        : door.requests.offer(head, 0, end, body, offset, length);
        if (result < 0) {
            return result == Publication.ADMIN_ACTION ? BACK_PRESSURED : result;
        }
        door.bell.ring();
        lastId = id;
        OpenCall call = unused.isEmpty() ? new OpenCall() : unused.pop();
        call.begin(id, answers, tokens);
        open.put(id, call);
        return id;
    }

    private byte[] text(TextField field, String model, CallOptions options) {
        return switch (field) {
            case MODEL -> modelBytes(model);
            case API_KEY -> apiKey;
            default -> options.text(field);
        };
    }

    private byte[] modelBytes(String model) {
        if (!model.equals(lastModel)) {
            lastModelBytes = CallOptions.encoded(TextField.MODEL, model);
            lastModel = model;
        }
        return lastModelBytes;
    }

    /**
     * Ends a request early. It still gets its last call, {@link RefusalHandler#onRefused} with
     * {@link RefusalHandler#CANCELLED} unless it ended by itself before.
     *
     * @return above 0 where the door will hear of it; 0 where there is no such request; or a
     *     negative number
     */
    public long cancel(long id) {
        if (!open.containsKey(id)) {
            return 0;
        }
        RequestFrame.cancel(head, id);
        long result = door.requests.offer(head, 0, Frame.MIN_BYTES);
        door.bell.ring();
        return result == Publication.ADMIN_ACTION ? BACK_PRESSURED : result;
    }

    /** The longest body, less the lengths of a request's texts. */
    public int maxBodyBytes() {
        return door.requests.maxMessageLength() - RequestFrame.HEADER_BYTES;
    }

    /** Requests that have not had their last call. */
    public int running() {
        return open.size();
    }

    // ---- Receiving.

    /**
     * Hands answers to their handlers; returns how many messages and fragments there were. Where
     * the door is gone, every request that runs is refused as {@link RefusalHandler#DISCONNECTED}.
     */
    public int poll() {
        int fragments = door.answers.poll(assembler, FRAGMENTS);
        if (fragments == 0 && !open.isEmpty() && !door.isConnected()) {
            loseAll();
        }
        return fragments;
    }

    private void loseAll() {
        var lost = new ArrayList<>(open.values());
        open.clear();
        for (OpenCall call : lost) {
            RefusalHandler handler = call.refusals();
            handler.onRefused(call.id, RefusalHandler.DISCONNECTED, 0, NOTHING, 0, 0);
            unused.push(call);
        }
    }

    private void take(DirectBuffer from, int at, int length) {
        if (length < ReplyFrame.HEADER_BYTES
                || from.getByte(at + Frame.VERSION_OFFSET) != Frame.VERSION) {
            return;
        }
        long id = from.getLong(at + Frame.CORRELATION_OFFSET, ByteOrder.LITTLE_ENDIAN);
        OpenCall call = open.get(id);
        int bytes = ReplyFrame.length(from, at);
        if (call == null || bytes != length - ReplyFrame.HEADER_BYTES) {
            return;
        }
        int body = at + ReplyFrame.HEADER_BYTES;
        boolean last = ReplyFrame.last(from, at);
        if (last) {
            open.remove(id);
        }
        if (from.getByte(at + Frame.TYPE_OFFSET) == Frame.EVENTS) {
            current = call;
            EventLines.forEach(from, body, bytes, events);
        } else if (last && call.length() == 0) {
            end(call, from, at, from, body, bytes);
        } else {
            call.add(from, body, bytes);
            if (last) {
                end(call, from, at, call.parts(), 0, call.length());
            }
        }
        if (last) {
            unused.push(call);
        }
    }

    private void event(DirectBuffer from, int offset, int length) {
        OpenCall call = current;
        TokenHandler tokens = call == null ? null : call.tokens;
        if (call == null || tokens == null) {
            return;
        }
        if (EventLines.error(from, offset, length)) {
            call.failed = true;
            call.add(from, offset, length);
        } else {
            tokens.onToken(call.id, from, offset, length);
        }
    }

    private static void end(
            OpenCall call, DirectBuffer frame, int at, DirectBuffer body, int offset, int length) {
        int status = ReplyFrame.status(frame, at);
        AnswerHandler answers = call.answers;
        TokenHandler tokens = call.tokens;
        if (call.failed || status >= 400) {
            call.refusals()
                    .onRefused(
                            call.id,
                            call.failed ? 500 : status,
                            ReplyFrame.retryAfterMillis(frame, at),
                            body,
                            offset,
                            length);
        } else if (answers != null) {
            answers.onAnswer(
                    call.id, body, offset, length, ReplyFrame.inferenceHeaderLength(frame, at));
        } else if (tokens != null) {
            if (length > 0) {
                tokens.onToken(call.id, body, offset, length);
            }
            tokens.onEnd(call.id);
        }
    }

    @Override
    public void close() {
        door.close();
    }
}
