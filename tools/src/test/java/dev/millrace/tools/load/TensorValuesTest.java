package dev.millrace.tools.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.ringbuffer.Datatype;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

/** Numbers in JSON are the bytes that a binary answer would hold. */
class TensorValuesTest {
    private static ByteBuffer bytes(Datatype datatype, String json) {
        return TensorValues.bytes(datatype, JsonMapper.shared().readTree(json));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    BOOL   | [true,[false]]         | 0100
                    UINT8  | [255]                  | ff
                    INT16  | [-2,1]                 | feff0100
                    UINT32 | [4294967295]           | ffffffff
                    INT64  | [-9007199254740993]    | ffffffffffffdfff
                    UINT64 | [18446744073709551615] | ffffffffffffffff
                    FP16   | [[1.5],["-Infinity"]]  | 003e00fc
                    BF16   | [1.5]                  | c03f
                    FP32   | [0.1]                  | cdcccc3d
                    FP64   | [0.1]                  | 9a9999999999b93f
                    """)
    void shouldReadNumbersHoweverTheyAreNested(Datatype datatype, String json, String hex) {
        assertThat(HexFormat.of().formatHex(bytes(datatype, json).array())).isEqualTo(hex);
    }

    @Test
    void shouldFindTheLargestDifference() {
        assertThat(difference(Datatype.FP32, "[1,2,3]", "[1,2.5,2]")).isEqualTo(1);
        assertThat(difference(Datatype.FP32, "[\"NaN\",1]", "[\"NaN\",1]")).isZero();
        assertThat(difference(Datatype.FP32, "[\"NaN\"]", "[1]")).isInfinite();
        assertThat(difference(Datatype.UINT8, "[255]", "[0]")).isEqualTo(255);
        assertThat(difference(Datatype.INT64, "[9007199254740993]", "[9007199254740992]"))
                .isPositive();
    }

    private static double difference(Datatype datatype, String a, String b) {
        return TensorValues.maxDifference(datatype, bytes(datatype, a), bytes(datatype, b));
    }

    @Test
    void shouldRefuseWhatIsNoNumber() {
        assertThatThrownBy(() -> bytes(Datatype.FP32, "[null]")).hasMessageContaining("null");
        assertThatThrownBy(() -> bytes(Datatype.INT32, "[0.5]")).hasMessageContaining("0.5");
    }
}
