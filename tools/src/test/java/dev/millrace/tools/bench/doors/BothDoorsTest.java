package dev.millrace.tools.bench.doors;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.AeronConfig;
import dev.millrace.config.AeronConfig.Idle;
import dev.millrace.config.ThreadsConfig.Plan;
import dev.millrace.config.ThreadsConfig.Waiting;
import dev.millrace.ingress.aeron.client.AnswerHandler;
import dev.millrace.ingress.aeron.client.CallOptions;
import dev.millrace.ingress.aeron.client.ClientOptions;
import dev.millrace.ingress.aeron.client.MillraceClient;
import dev.millrace.ringbuffer.Counter;
import dev.millrace.tools.bench.ring.NullModel;
import dev.millrace.tools.bench.ring.ThreadCosts;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Both doors of one server at once, and what the second one's thread costs. */
@Timeout(120)
class BothDoorsTest {
    private static final String DOOR = "door aeron";
    private static final int COUNT = 20_000;

    /** So many that what the JVM makes by itself on a thread is less than a byte each. */
    private static final int COUNTED = 50_000;

    private static final byte[] JSON =
            """
            {"inputs":[{"name":"INPUT__0","shape":[1,4],"datatype":"FP32","data":[1.0,2.0,3.0,4.0]}]}\
            """
                    .getBytes(UTF_8);

    @TempDir Path folder;

    @ParameterizedTest
    @EnumSource(value = Plan.class, mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
    void shouldAnswerThroughBothAtOnce(Plan plan) throws IOException {
        try (BothDoors doors = open(plan, AeronConfig.Driver.EMBEDDED, Idle.BACKOFF);
                var http = new HttpAsker(doors.port(), "/v2/models/null/infer", JSON);
                var aeron = new AeronAsker("aeron", options(), NullModel.NAME, JSON)) {
            var overHttp = CompletableFuture.runAsync(() -> ask(http));
            ask(aeron);
            overHttp.join();
            assertThat(doors.server().rings().counters().get(Counter.REQUESTS_PUBLISHED))
                    .isEqualTo(2 * COUNT);
            assertThat(doors.server().pipeline().stopped()).isEmpty();
        }
    }

    private static void ask(Asker asker) {
        for (int i = 0; i < COUNT; i++) {
            try {
                asker.ask();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** The smallest object has 16 bytes: less than one byte each is none at all. */
    @ParameterizedTest
    @EnumSource(value = Plan.class, mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
    void shouldAllocateNothingForARequest(Plan plan) throws IOException {
        // An embedded driver's duties, on the same thread, make iterators; they are no request's.
        try (var _ = driver();
                BothDoors doors = open(plan, AeronConfig.Driver.EXTERNAL, Idle.YIELDING);
                var client = MillraceClient.connect(options().withApiKey("key"))) {
            var answers = new Answers();
            answers.ask(client);
            ThreadCosts costs = ThreadCosts.of(Set.of(DOOR));
            answers.ask(client);
            Map<String, ThreadCosts.Cost> used = costs.since();
            assertThat(answers.count).isEqualTo(2 * COUNTED);
            assertThat(used).containsOnlyKeys(DOOR);
            used.values()
                    .forEach(cost ->
                            assertThat(cost.allocatedBytes())
                                    .as("bytes allocated for %d requests", COUNTED)
                                    .isLessThan(COUNTED));
            assertThat(doors.server().rings().counters().get(Counter.REQUESTS_PUBLISHED))
                    .isEqualTo(2 * COUNTED);
        }
    }

    private BothDoors open(Plan plan, AeronConfig.Driver driver, Idle idle) throws IOException {
        var aeron =
                new AeronConfig(
                        true, driver, folder().toString(), null, null, 1001, 1 << 20, 4, idle);
        return new BothDoors(plan, Waiting.AUTO, false, aeron);
    }

    private MediaDriver driver() {
        return MediaDriver.launch(
                new MediaDriver.Context()
                        .aeronDirectoryName(folder().toString())
                        .threadingMode(ThreadingMode.SHARED)
                        .dirDeleteOnShutdown(true));
    }

    private Path folder() {
        return folder.resolve("driver");
    }

    private ClientOptions options() {
        return ClientOptions.ipc(folder().toString());
    }

    /** One tensor at a time, as bytes: JSON is strings. */
    private static final class Answers implements AnswerHandler {
        private final UnsafeBuffer body = new UnsafeBuffer(new byte[NullModel.ROW_BYTES]);
        private int count;

        @SuppressWarnings("ThreadPriorityCheck") // The door goes first where CPUs are few.
        void ask(MillraceClient client) {
            for (int i = 0; i < COUNTED; i++) {
                while (send(client) < 0) {
                    // Aeron begins another piece of its log.
                    Thread.onSpinWait();
                }
                while (client.running() > 0) {
                    if (client.poll() == 0) {
                        Thread.yield();
                    }
                }
            }
        }

        private long send(MillraceClient client) {
            return client.infer(
                    NullModel.NAME, body, 0, body.capacity(), 0, CallOptions.NONE, this);
        }

        @Override
        public void onAnswer(
                long id, DirectBuffer answer, int offset, int length, int inferenceHeaderLength) {
            count++;
        }

        @Override
        public void onRefused(
                long id, int status, int retryAfterMillis, DirectBuffer error, int at, int length) {
            throw new IllegalStateException(error.getStringWithoutLengthUtf8(at, length));
        }
    }
}
