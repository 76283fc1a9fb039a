package dev.millrace.stages.reply;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.Base64;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

class JsonWriterTest {
    private static final JsonMapper MAPPER = new JsonMapper();

    private final GrowingBytes out = new GrowingBytes(1);
    private final JsonWriter json = new JsonWriter(out);

    @Test
    void shouldPutCommasBetweenMembersAndElements() {
        json.begin().beginObject().name("a").beginArray().number(1).number(-2).endArray();
        json.name("b").beginObject().endObject().name("c").beginArray().beginObject().endObject();
        json.beginArray().endArray().endArray().name("d").bool(true).name("e").nullValue();
        json.endObject();
        assertThat(written())
                .isEqualTo("{\"a\":[1,-2],\"b\":{},\"c\":[{},[]],\"d\":true,\"e\":null}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "plain",
                "\"quoted\\\" \\ /",
                "\u0000\u0001\b\t\n\f\r\u001f\u007f\u0080",
                "\u2028\u2029",
                "é 日本語 🙂 \uFFFD",
            })
    void shouldWriteStringsThatReadBackTheSame(String value) {
        json.begin().string(value);
        assertThat(MAPPER.readTree(written()).asString()).isEqualTo(value);

        out.clear();
        var utf8 = new GrowingBytes(1);
        utf8.add(value.getBytes(UTF_8), 0, value.getBytes(UTF_8).length);
        json.begin().string(utf8);
        assertThat(MAPPER.readTree(written()).asString()).isEqualTo(value);
    }

    @Test
    void shouldReplaceHalfASurrogatePair() {
        json.begin().string("a\uD83Db\uDE42");
        assertThat(MAPPER.readTree(written()).asString()).isEqualTo("a\uFFFDb\uFFFD");
    }

    @Test
    void shouldWriteFloatsWithTheFewestDigitsThatReadBackTheSame() {
        var random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            float value = Float.intBitsToFloat(random.nextInt());
            if (!Float.isFinite(value)) {
                continue;
            }
            out.clear();
            json.begin().number(value);
            String text = written();
            assertThat(Float.parseFloat(text)).isEqualTo(value);
            assertThat(MAPPER.readTree(text).isNumber()).isTrue();
            var decimal = new BigDecimal(text).stripTrailingZeros();
            if (decimal.precision() > 2) {
                var shorter =
                        new BigDecimal(value)
                                .round(
                                        new MathContext(
                                                decimal.precision() - 1, RoundingMode.HALF_EVEN));
                assertThat(shorter.floatValue()).as(text).isNotEqualTo(value);
            }
        }
    }

    @Test
    void shouldSayWhatIsNotFiniteAsProtobufDoes() {
        json.begin().beginArray().number(Float.NaN).number(Float.POSITIVE_INFINITY);
        json.number(Double.NEGATIVE_INFINITY).endArray();
        assertThat(written()).isEqualTo("[\"NaN\",\"Infinity\",\"-Infinity\"]");
    }

    @Test
    void shouldWriteIntegersToTheirEnds() {
        json.begin().beginArray().number(Long.MIN_VALUE).number(Long.MAX_VALUE).number(0);
        json.unsigned(-1).unsigned(10).endArray();
        assertThat(written())
                .isEqualTo("[-9223372036854775808,9223372036854775807,0,18446744073709551615,10]");
    }

    @Test
    void shouldWriteBase64AsTheJdkDoes() {
        var random = new Random(3);
        for (int length = 0; length < 50; length++) {
            byte[] bytes = new byte[length + 2];
            random.nextBytes(bytes);
            out.clear();
            json.begin().base64(new UnsafeBuffer(bytes), 2, length);
            byte[] part = Arrays.copyOfRange(bytes, 2, length + 2);
            assertThat(written()).isEqualTo('"' + Base64.getEncoder().encodeToString(part) + '"');
        }
    }

    private String written() {
        byte[] copy = new byte[out.length()];
        out.copyTo(copy, 0, copy.length);
        return new String(copy, UTF_8);
    }
}
