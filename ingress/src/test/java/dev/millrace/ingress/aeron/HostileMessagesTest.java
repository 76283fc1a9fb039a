package dev.millrace.ingress.aeron;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.config.AeronConfig;
import dev.millrace.config.HttpConfig;
import dev.millrace.config.RingConfig;
import dev.millrace.ingress.aeron.frame.Frame;
import dev.millrace.ingress.aeron.frame.ReplyFrame;
import dev.millrace.ingress.aeron.frame.RequestFrame;
import dev.millrace.ingress.aeron.frame.TextField;
import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.PollingHost;
import dev.millrace.ringbuffer.Rings;
import dev.millrace.ringbuffer.Route;
import io.aeron.Aeron;
import io.aeron.ExclusivePublication;
import io.aeron.FragmentAssembler;
import io.aeron.Subscription;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.agrona.concurrent.OffsetEpochNanoClock;
import org.agrona.concurrent.SystemNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A client that sends whatever it likes; nothing behind the door runs. */
class HostileMessagesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final long CORRELATION = 77;
    private static final int MAX_BODY_BYTES = 16 << 10;

    @TempDir Path folder;

    private Rings rings;
    private AeronDoor door;
    private Aeron aeron;
    private Subscription answers;
    private ExclusivePublication requests;

    private record Refusal(long correlation, int status, String body) {}

    @BeforeEach
    void open() {
        rings = new Rings(new RingConfig(64, 4096, 2, MAX_BODY_BYTES, 64, 4096, 64), 1);
        var config =
                new AeronConfig(
                        true,
                        AeronConfig.Driver.EMBEDDED,
                        folder.resolve("driver").toString(),
                        null,
                        null,
                        1001,
                        1 << 18,
                        2,
                        AeronConfig.Idle.BACKOFF);
        HttpConfig http = HttpConfig.defaults();
        var limits =
                new HttpConfig(
                        http.host(),
                        0,
                        0,
                        MAX_BODY_BYTES,
                        http.maxHeaderBytes(),
                        http.maxHeaders(),
                        http.bodyTimeoutMillis(),
                        http.idleTimeoutMillis(),
                        8192);
        door =
                AeronDoor.start(
                        config,
                        limits,
                        rings,
                        PollingHost.NONE,
                        new OffsetEpochNanoClock(),
                        SystemNanoClock.INSTANCE);
        aeron =
                Aeron.connect(
                        new Aeron.Context()
                                .aeronDirectoryName(folder.resolve("driver").toString())
                                .errorHandler(e -> {}));
        answers = aeron.addSubscription("aeron:ipc?control-mode=response", 1002);
        requests = connect(answers);
        await().atMost(PATIENCE).until(() -> requests.isConnected() && answers.isConnected());
    }

    private ExclusivePublication connect(Subscription to) {
        return aeron.addExclusivePublication(
                "aeron:ipc?term-length=1m|response-correlation-id=" + to.registrationId(), 1001);
    }

    @AfterEach
    void close() {
        aeron.close();
        door.stop();
        door.close();
        rings.close();
        assertThat(folder.resolve("driver")).doesNotExist();
        assertThat(Thread.getAllStackTraces().keySet())
                .noneMatch(thread -> thread.getName().equals("door aeron"));
    }

    static Stream<Arguments> faults() {
        return Stream.of(
                fault("version", m -> m.putByte(Frame.VERSION_OFFSET, (byte) 9)),
                fault("type", m -> m.putByte(Frame.TYPE_OFFSET, (byte) 3)),
                fault("route", m -> m.putByte(2, (byte) 200)),
                fault("reserved", m -> m.putByte(3, (byte) 1)),
                fault("reserved", m -> m.putByte(35, (byte) 1)),
                fault("inference header length", m -> putInt(m, 4, 1 << 20)),
                fault("inference header length", m -> putInt(m, 4, -2)),
                fault("deadline", m -> putInt(m, 16, -1)),
                fault("model: expected at most 255", m -> putShort(m, TextField.MODEL, 256)),
                fault("model: expected a name", m -> putShort(m, TextField.MODEL, 0)),
                fault("traceparent", m -> putShort(m, TextField.TRACEPARENT, 0xFFFF)),
                fault("request id", m -> putShort(m, TextField.REQUEST_ID, 120)),
                fault("api key", m -> putShort(m, TextField.API_KEY, 4)),
                fault("body length", m -> putInt(m, 36, Integer.MAX_VALUE)),
                fault("body length", m -> putInt(m, 36, -5)),
                fault("body length", m -> putInt(m, 36, 1)));
    }

    interface Damage {
        void apply(UnsafeBuffer message);
    }

    private static Arguments fault(String named, Damage damage) {
        return Arguments.of(named, damage);
    }

    @ParameterizedTest
    @MethodSource("faults")
    void shouldNameWhatIsWrong(String named, Damage damage) {
        UnsafeBuffer message = request("null", "{ \"a\": 1}");
        damage.apply(message);
        send(message);

        Refusal refusal = refusal();
        assertThat(refusal.correlation()).isEqualTo(CORRELATION);
        assertThat(refusal.status()).isEqualTo(400);
        assertThat(refusal.body()).contains("error").contains(named);
        assertThat(rings.inFlight().count()).isZero();
        assertThat(rings.counters().get(Counter.REFUSED_AT_DOOR)).isEqualTo(1);
    }

    @Test
    void shouldRefuseAMessageThatEndsInItsHeader() {
        UnsafeBuffer whole = request("null", "{}");
        send(new UnsafeBuffer(whole, 0, 39));

        assertThat(refusal().body()).contains("ends within its header");
    }

    @Test
    void shouldDropWhatNamesNoRequest() {
        send(new UnsafeBuffer(new byte[15]));

        await().atMost(PATIENCE).until(() -> rings.counters().get(Counter.MESSAGES_DROPPED) == 1);
    }

    @Test
    void shouldRefuseABodyBeyondTheLimit() {
        send(request("null", "x".repeat(MAX_BODY_BYTES + 1)));
        assertThat(refusal().status()).isEqualTo(413);

        // So long that it is not even kept.
        send(request("null", "x".repeat(6 * MAX_BODY_BYTES)));
        Refusal refusal = refusal();
        assertThat(refusal.status()).isEqualTo(413);
        assertThat(refusal.correlation()).isEqualTo(CORRELATION);
        assertThat(rings.requestBuffers().inUse()).isZero();
    }

    @Test
    void shouldTakeABodyOfAllThatIsAllowed() {
        send(request("null", "x".repeat(MAX_BODY_BYTES)));

        await().atMost(PATIENCE).until(() -> rings.counters().get(Counter.REQUESTS_PUBLISHED) == 1);
        assertThat(rings.requestPublisher().slot(0).body.length()).isEqualTo(MAX_BODY_BYTES);
        assertThat(rings.requestPublisher().slot(0).pathModel).isEqualTo("null");
    }

    @Test
    void shouldRefuseASecondRequestWithTheIdOfOneThatRuns() {
        send(request("null", "{}"));
        send(request("null", "{}"));

        assertThat(refusal().body()).contains("correlation id");
        assertThat(rings.inFlight().count()).isEqualTo(1);
    }

    @Test
    void shouldIgnoreACancelOfNothing() {
        var cancel = new UnsafeBuffer(new byte[Frame.MIN_BYTES]);
        RequestFrame.cancel(cancel, 12345);
        send(cancel);
        send(request("", "{}"));

        assertThat(refusal().body()).contains("model");
        assertThat(rings.counters().get(Counter.CANCELS_PUBLISHED)).isZero();
    }

    @Test
    void shouldSayThatTheRingIsFull() {
        for (int i = 0; i < 65; i++) {
            UnsafeBuffer message = request("null", "{}");
            message.putLong(Frame.CORRELATION_OFFSET, i, ByteOrder.LITTLE_ENDIAN);
            send(message);
        }

        Refusal refusal = refusal();
        assertThat(refusal.correlation()).isEqualTo(64);
        assertThat(refusal.status()).isEqualTo(503);
    }

    @Test
    void shouldNotKeepAnswersForAClientThatNeverReads() {
        // Its answers' buffer takes 128 KiB, the backlog 8 KiB more.
        UnsafeBuffer message = request("", "{}");
        await().atMost(PATIENCE)
                .pollInSameThread()
                .pollDelay(Duration.ZERO)
                .until(() -> {
                    for (int i = 0; i < 100 && requests.isConnected(); i++) {
                        requests.offer(message);
                    }
                    return !requests.isConnected();
                });

        var again = aeron.addSubscription("aeron:ipc?control-mode=response", 1002);
        var next = connect(again);
        await().atMost(PATIENCE).until(() -> next.isConnected() && again.isConnected());
    }

    @Test
    void shouldSurviveNoise() {
        var random = new Random(5);
        for (int i = 0; i < 2000; i++) {
            byte[] noise = new byte[random.nextInt(3000)];
            random.nextBytes(noise);
            if (noise.length > 2 && random.nextBoolean()) {
                noise[0] = Frame.VERSION;
                noise[1] = Frame.REQUEST;
                noise[2] = (byte) random.nextInt(4);
            }
            send(new UnsafeBuffer(noise));
            answers.poll((b, o, l, h) -> {}, 10);
        }
        // Whatever else was made of it: the door is still there.
        UnsafeBuffer last = request("", "{}");
        last.putLong(Frame.CORRELATION_OFFSET, 4242, ByteOrder.LITTLE_ENDIAN);
        send(last);
        Refusal refusal = refusal();
        while (refusal.correlation() != 4242) {
            refusal = refusal();
        }
        assertThat(refusal.status()).isEqualTo(400);
        assertThat(door.problem()).isEmpty();
    }

    private static UnsafeBuffer request(String model, String body) {
        byte[] bytes = body.getBytes(UTF_8);
        byte[] name = model.getBytes(UTF_8);
        var message =
                new UnsafeBuffer(new byte[RequestFrame.HEADER_BYTES + name.length + bytes.length]);
        RequestFrame.begin(message, Route.KSERVE_INFER, -1, CORRELATION, 0, bytes.length);
        int end = RequestFrame.text(message, RequestFrame.HEADER_BYTES, TextField.MODEL, name);
        message.putBytes(end, bytes);
        return message;
    }

    private static void putInt(UnsafeBuffer message, int offset, int value) {
        message.putInt(offset, value, ByteOrder.LITTLE_ENDIAN);
    }

    private static void putShort(UnsafeBuffer message, TextField field, int value) {
        message.putShort(20 + 2 * field.ordinal(), (short) value, ByteOrder.LITTLE_ENDIAN);
    }

    private void send(UnsafeBuffer message) {
        await().atMost(PATIENCE)
                .pollInSameThread()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .until(() -> requests.offer(message) > 0);
    }

    private Refusal refusal() {
        List<Refusal> heard = new ArrayList<>();
        var assembler =
                new FragmentAssembler((b, o, l, h) -> {
                    assertThat(b.getByte(o + Frame.TYPE_OFFSET)).isEqualTo(Frame.REFUSED);
                    assertThat(ReplyFrame.last(b, o)).isTrue();
                    byte[] body = new byte[ReplyFrame.length(b, o)];
                    b.getBytes(o + ReplyFrame.HEADER_BYTES, body);
                    heard.add(
                            new Refusal(
                                    b.getLong(
                                            o + Frame.CORRELATION_OFFSET, ByteOrder.LITTLE_ENDIAN),
                                    ReplyFrame.status(b, o),
                                    new String(body, UTF_8)));
                });
        await().atMost(PATIENCE)
                .pollInSameThread()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .until(() -> answers.poll(assembler, 1) > 0 && !heard.isEmpty());
        return heard.getFirst();
    }
}
