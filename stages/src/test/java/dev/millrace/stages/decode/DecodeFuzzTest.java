package dev.millrace.stages.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Route;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Damaged bodies: never a throw, never a buffer kept, always either a request or a refusal. */
class DecodeFuzzTest {
    private static final long SEED = 20_261_122L;
    private static final int ITERATIONS = 20_000;

    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record Seed(Route route, byte[] body, @Nullable String model, int headerLength) {
        Seed(Route route, String body, @Nullable String model) {
            this(route, body.getBytes(StandardCharsets.UTF_8), model, -1);
        }
    }

    private static final String BINARY_HEADER =
            "{\"inputs\":[{\"name\":\"X\",\"shape\":[2,3],\"datatype\":\"FP32\","
                    + "\"parameters\":{\"binary_data_size\":24}}]}";

    private static final List<Seed> SEEDS =
            List.of(
                    new Seed(
                            Route.OPENAI_COMPLETIONS,
                            "{\"model\":\"plain\",\"prompt\":[\"é😀\",\"b\"],\"stop\":[\"x\"],"
                                    + "\"seed\":-5,\"temperature\":0.5,\"max_tokens\":9,"
                                    + "\"stream\":true,\"stream_options\":{\"include_usage\":true}}",
                            null),
                    new Seed(
                            Route.OPENAI_COMPLETIONS,
                            "{\"prompt\":[[1,2,3],[4]],\"model\":\"chatty\",\"logit_bias\":{\"5\":-1},"
                                    + "\"min_p\":0.1,\"repetition_penalty\":1.1,\"stop_token_ids\":[7]}",
                            null),
                    new Seed(
                            Route.OPENAI_CHAT,
                            "{\"model\":\"chatty\",\"messages\":[{\"role\":\"system\",\"content\":"
                                    + "\"s\"},{\"role\":\"user\",\"content\":[{\"type\":\"text\","
                                    + "\"text\":\"\\ud83d\\ude00\"}]}],\"tools\":[]}",
                            null),
                    new Seed(
                            Route.OPENAI_EMBEDDINGS,
                            "{\"model\":\"embed\",\"input\":[\"ab\",\"c\"],"
                                    + "\"encoding_format\":\"base64\"}",
                            null),
                    new Seed(
                            Route.KSERVE_INFER,
                            "{\"inputs\":[{\"name\":\"INPUT__0\",\"shape\":[2,2],\"datatype\":"
                                    + "\"FP32\",\"data\":[[1,2.5],[3,-4e2]]},{\"data\":[1,2],"
                                    + "\"name\":\"INPUT__1\",\"datatype\":\"UINT64\",\"shape\":[2]}"
                                    + "],\"outputs\":[{\"name\":\"OUTPUT__0\"}]}",
                            "free"),
                    new Seed(
                            Route.KSERVE_INFER,
                            "{\"inputs\":[{\"name\":\"INPUT__0\",\"shape\":[1,999],\"datatype\":"
                                    + "\"INT64\",\"data\":["
                                    + "5,".repeat(998)
                                    + "5]}]}",
                            "free"),
                    new Seed(
                            Route.KSERVE_INFER,
                            (BINARY_HEADER + "abcdefghijklmnopqrstuvwx")
                                    .getBytes(StandardCharsets.UTF_8),
                            "fixed",
                            BINARY_HEADER.length()),
                    new Seed(Route.KSERVE_INFER, new byte[24], "fixed", 0));

    @Test
    void shouldSurviveDamagedBodies() {
        int accepted = 0;
        int refused = 0;
        try (DecodeFixture fixture = new DecodeFixture()) {
            SplittableRandom random = new SplittableRandom(SEED);
            for (int i = 0; i < ITERATIONS; i++) {
                Seed seed = SEEDS.get(i % SEEDS.size());
                byte[] body = i < SEEDS.size() ? seed.body() : damaged(seed.body(), random);
                int header = seed.headerLength();
                if (i >= SEEDS.size() && header > 0 && random.nextInt(4) == 0) {
                    header += random.nextInt(5) - 2;
                }
                RequestContext context = decode(fixture, seed, body, header, i);
                if (context.status == RequestStatus.OK) {
                    accepted++;
                    assertThat(context.model).isNotNull();
                    assertThat(context.protocol).isNotNull();
                } else {
                    refused++;
                    assertThat(i).as(context.errorMessage).isGreaterThanOrEqualTo(SEEDS.size());
                    assertThat(context.errorMessage).isNotEmpty().doesNotContain("\n");
                    assertThat(context.status.httpStatus()).isBetween(400, 499);
                }
                fixture.slot.decoded.release();
                assertThat(fixture.buffers.inUse()).as("seed %d, iteration %d", SEED, i).isZero();
            }
        }
        assertThat(accepted).isGreaterThan(ITERATIONS / 100);
        assertThat(refused).isGreaterThan(ITERATIONS / 4);
    }

    private static RequestContext decode(
            DecodeFixture fixture, Seed seed, byte[] body, int header, int iteration) {
        try {
            return fixture.decode(seed.route(), body, seed.model(), header);
        } catch (RuntimeException | Error e) {
            return fail(
                    "seed %d, iteration %d, %s, body %s"
                            .formatted(
                                    SEED, iteration, seed.route(), HexFormat.of().formatHex(body)),
                    e);
        }
    }

    private static byte[] damaged(byte[] whole, SplittableRandom random) {
        byte[] body = whole.clone();
        int changes = 1 + random.nextInt(3);
        for (int i = 0; i < changes && body.length > 0; i++) {
            int at = random.nextInt(body.length);
            switch (random.nextInt(6)) {
                case 0 -> body[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> body[at] = (byte) random.nextInt(256);
                case 2 -> body = Arrays.copyOf(body, at);
                case 3 -> body[at] = (byte) "{}[],:\"0-9e.\\ntu".charAt(random.nextInt(16));
                case 4 -> body = spliced(body, at, random.nextInt(body.length));
                default -> {
                    int other = random.nextInt(body.length);
                    byte swapped = body[at];
                    body[at] = body[other];
                    body[other] = swapped;
                }
            }
        }
        return body;
    }

    /** A part repeated or left out. */
    private static byte[] spliced(byte[] body, int firstEnd, int secondStart) {
        byte[] spliced = Arrays.copyOf(body, firstEnd + body.length - secondStart);
        System.arraycopy(body, secondStart, spliced, firstEnd, body.length - secondStart);
        return spliced;
    }
}
