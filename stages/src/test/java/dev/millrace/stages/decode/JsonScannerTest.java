package dev.millrace.stages.decode;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/** The same tokens as Jackson's, and the same texts refused. */
class JsonScannerTest {
    private static final long SEED = 20_261_123L;
    private static final int TEXTS = 30_000;

    private static final JsonFactory JACKSON =
            JsonFactory.builder()
                    .streamReadConstraints(
                            StreamReadConstraints.builder()
                                    .maxNestingDepth(DecodeLimits.MAX_JSON_DEPTH)
                                    .build())
                    .build();

    /**
     * Tokens of a text's first value, with their names and values, and whether the text was refused
     * behind them.
     */
    private record Seen(List<String> tokens, boolean refused) {}

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                " [ ] ",
                "{\"a\":1,\"b\":[true,false,null],\"c\":{\"d\":\"e\"}}",
                "[\"\\u0041\\n\\\"\\\\\\/\\b\\f\\r\\t\", \"\\ud83d\\ude00\", \"\\ud800\", \"é😀\"]",
                "[0,-0,-0.0,1e0,1E+2,1e-2,0.1,123456789012345678,9223372036854775807]",
                "[9223372036854775808,-9223372036854775808,-9223372036854775809,1e400,-1e400]",
                "{\"\":{\"\\u0061\":[[[]]]}}",
                "\uFEFF{\"marked\":true}",
                "[01]",
                "[-]",
                "[1.]",
                "[.1]",
                "[1e]",
                "[1 2]",
                "[1,]",
                "[,1]",
                "{\"a\"}",
                "{\"a\":}",
                "{\"a\":1,}",
                "{a:1}",
                "{\"a\":1 \"b\":2}",
                "[tru]",
                "[nul",
                "[\"\\x\"]",
                "[\"\\u12\"]",
                "[\"\t\"]",
                "[\"",
                "[}",
                "{]",
                "[NaN]",
                "[1]]",
                "[/**/1]",
                "['a']"
            })
    void shouldSeeWhatJacksonSees(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        assertSame(ours(bytes), jacksons(bytes), text);
    }

    @Test
    void shouldSeeWhatJacksonSeesInDamagedTexts() {
        var random = new SplittableRandom(SEED);
        int refused = 0;
        for (int i = 0; i < TEXTS; i++) {
            byte[] bytes = text(random).getBytes(StandardCharsets.UTF_8);
            if (i % 2 == 1) {
                damage(bytes, random);
            }
            if (Utf8.firstInvalid(bytes, bytes.length) >= 0) {
                continue;
            }
            Seen ours = ours(bytes);
            Seen theirs = jacksons(bytes);
            String text = new String(bytes, StandardCharsets.UTF_8);
            assertSame(ours, theirs, "text " + i + " of seed " + SEED + ": " + text);
            refused += ours.refused() ? 1 : 0;
        }
        assertThat(refused).isBetween(TEXTS / 4, TEXTS * 3 / 4);
    }

    /** Of a broken text Jackson may give less: it reads names and words a little ahead. */
    private static void assertSame(Seen ours, Seen theirs, String text) {
        assertThat(ours.refused()).as(text).isEqualTo(theirs.refused());
        if (ours.refused()) {
            assertThat(ours.tokens()).as(text).startsWith(theirs.tokens().toArray(String[]::new));
        } else {
            assertThat(ours.tokens()).as(text).isEqualTo(theirs.tokens());
        }
    }

    @Test
    void shouldAllocateNothingForKnownNamesAndPlainNumbers() {
        byte[] text =
                "{\"id\":null,\"data\":[1,2.5,-0.125,3e2,1234567890],\"deep\":{\"x\":[true,\"text\"]}}"
                        .getBytes(StandardCharsets.UTF_8);
        var scanner = new JsonScanner();
        var number = new JsonNumber();
        double sum = 0;
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = 0;
        for (int i = 0; i < 120_000; i++) {
            if (i == 20_000) {
                before = threads.getCurrentThreadAllocatedBytes();
            }
            scanner.open(text, 0, text.length);
            for (JsonToken token = scanner.next(); token != null; token = scanner.next()) {
                if (token.isNumeric()) {
                    sum += number.read(text, scanner.tokenFrom(), scanner.tokenTo()).doubleValue();
                }
            }
        }
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(100_000);
        assertThat(sum).isEqualTo(120_000 * (1 + 2.5 - 0.125 + 300 + 1234567890.0));
    }

    @Test
    void shouldReadNumbersAsJavaDoes() {
        var random = new SplittableRandom(SEED);
        var number = new JsonNumber();
        for (int i = 0; i < 200_000; i++) {
            String text = number(random);
            byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
            number.read(bytes, 0, bytes.length);
            // Java's own of an integer zero keep its sign.
            double more = text.equals("-0") ? 0.0 : Double.parseDouble(text);
            float less = text.equals("-0") ? 0.0f : Float.parseFloat(text);
            assertThat(Double.doubleToRawLongBits(number.doubleValue()))
                    .as(text)
                    .isEqualTo(Double.doubleToRawLongBits(more));
            assertThat(Float.floatToRawIntBits(number.floatValue()))
                    .as(text)
                    .isEqualTo(Float.floatToRawIntBits(less));
        }
    }

    private static String number(SplittableRandom random) {
        return switch (random.nextInt(8)) {
            case 0 -> Long.toString(random.nextLong() >> random.nextInt(64));
            case 1 -> Double.toString(Double.longBitsToDouble(random.nextLong(0x7FF0L << 48)));
            case 2 -> Float.toString(Float.intBitsToFloat(random.nextInt(0x7F80 << 16)));
            case 3 -> between(random);
            case 4 -> "-0." + "0".repeat(random.nextInt(30)) + random.nextInt(1000);
            case 5 -> random.nextInt(2000) - 1000 + "e" + (random.nextInt(90) - 45);
            case 6 -> random.nextInt(100) + "." + random.nextLong(1_000_000_000_000L);
            default -> Integer.toString(random.nextInt(200) - 100);
        };
    }

    /** In the middle between two floats, or next to it. */
    private static String between(SplittableRandom random) {
        int bits = (100 + random.nextInt(60)) << 23 | random.nextInt(1 << 23);
        double lower = Float.intBitsToFloat(bits);
        double middle = (lower + Float.intBitsToFloat(bits + 1)) / 2;
        return Double.toString(
                switch (random.nextInt(3)) {
                    case 0 -> Math.nextUp(middle);
                    case 1 -> Math.nextDown(middle);
                    default -> middle;
                });
    }

    private static Seen ours(byte[] text) {
        List<String> tokens = new ArrayList<>();
        var scanner = new JsonScanner();
        var number = new JsonNumber();
        scanner.open(text, 0, text.length);
        for (JsonToken token = scanner.next(); token != null; token = scanner.next()) {
            String value = token + " " + path(scanner);
            number.read(text, scanner.tokenFrom(), scanner.tokenTo());
            value +=
                    switch (token) {
                        case PROPERTY_NAME -> scanner.name();
                        case VALUE_STRING -> scanner.unescaped();
                        case VALUE_NUMBER_INT ->
                                number.isLong() ? "" + number.longValue() : number.bigInteger();
                        case VALUE_NUMBER_FLOAT -> number.doubleValue() + " " + number.floatValue();
                        default -> "";
                    };
            tokens.add(value);
            if (scanner.depth() == 0) {
                break;
            }
        }
        return new Seen(tokens, scanner.problem() != null);
    }

    private static String path(JsonScanner scanner) {
        var path = new StringBuilder();
        for (int depth = 1; depth <= scanner.depth(); depth++) {
            String name = scanner.name(depth);
            if (name != null || scanner.index(depth) >= 0) {
                path.append('/').append(name != null ? name : scanner.index(depth));
            }
        }
        return path + " ";
    }

    private static Seen jacksons(byte[] text) {
        List<String> tokens = new ArrayList<>();
        try (JsonParser parser = JACKSON.createParser(ObjectReadContext.empty(), text)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                var path = new StringBuilder();
                for (var at = parser.streamReadContext().pathAsPointer();
                        at != null && !at.matches();
                        at = at.tail()) {
                    path.append('/').append(at.getMatchingProperty());
                }
                String value = token + " " + path + " ";
                value +=
                        switch (token) {
                            case PROPERTY_NAME -> parser.currentName();
                            case VALUE_STRING -> parser.getString();
                            case VALUE_NUMBER_INT -> parser.getNumberValue();
                            case VALUE_NUMBER_FLOAT ->
                                    parser.getDoubleValue()
                                            + " "
                                            + Float.parseFloat(parser.getString());
                            default -> "";
                        };
                tokens.add(value);
                if (parser.streamReadContext().inRoot()) {
                    break;
                }
            }
            return new Seen(tokens, false);
        } catch (JacksonException e) {
            return new Seen(tokens, true);
        }
    }

    private static String text(SplittableRandom random) {
        var text = new StringBuilder();
        container(random, text, 0);
        return text.toString();
    }

    private static void container(SplittableRandom random, StringBuilder text, int depth) {
        boolean object = random.nextBoolean();
        text.append(object ? '{' : '[');
        int members = random.nextInt(5);
        for (int i = 0; i < members; i++) {
            text.append(i == 0 ? "" : ",").append(" \n".repeat(random.nextInt(2)));
            if (object) {
                string(random, text);
                text.append(':');
            }
            switch (random.nextInt(depth > 5 ? 4 : 6)) {
                case 0 -> string(random, text);
                case 1 -> text.append(number(random));
                case 2 -> text.append(random.nextBoolean());
                case 3 -> text.append("null");
                default -> container(random, text, depth + 1);
            }
        }
        text.append(object ? '}' : ']');
    }

    private static void string(SplittableRandom random, StringBuilder text) {
        String[] parts = {
            "a", "name", "é", "😀", "\\n", "\\\"", "\\u00e9", "\\uD800", "x y", "\\/"
        };
        text.append('"');
        for (int i = random.nextInt(4); i > 0; i--) {
            text.append(parts[random.nextInt(parts.length)]);
        }
        text.append('"');
    }

    /** But for the first: a body is an object. */
    private static void damage(byte[] text, SplittableRandom random) {
        byte[] other = "{}[],:\"\\0-9e.tn u\t/".getBytes(StandardCharsets.US_ASCII);
        for (int i = 1 + random.nextInt(2); i > 0; i--) {
            text[1 + random.nextInt(text.length - 1)] = other[random.nextInt(other.length)];
        }
    }
}
