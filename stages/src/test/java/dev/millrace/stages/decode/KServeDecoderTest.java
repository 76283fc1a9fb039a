package dev.millrace.stages.decode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ringbuffer.Datatype;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Route;
import dev.millrace.ringbuffer.TensorRef;
import dev.millrace.stages.protocol.KServeExchange;
import dev.millrace.stages.protocol.KServeExchange.RequestedOutput;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KServeDecoderTest {
    private final DecodeFixture fixture = new DecodeFixture();

    @AfterEach
    void shouldHoldNoBuffer() {
        fixture.slot.decoded.release();
        assertThat(fixture.buffers.inUse()).isZero();
    }

    @AfterAll
    void close() {
        fixture.close();
    }

    private void accepted(RequestContext context) {
        assertThat(context.errorMessage).isEmpty();
        assertThat(context.status).isEqualTo(RequestStatus.OK);
    }

    private KServeExchange exchange() {
        return (KServeExchange) Objects.requireNonNull(fixture.context.protocol);
    }

    /** The tensor's bytes, wherever they lie. */
    private byte[] bytes(int input) {
        TensorRef tensor = fixture.slot.inputs[input];
        byte[] bytes = new byte[tensor.lengthBytes];
        (tensor.inBody ? fixture.slot.body : fixture.slot.decoded)
                .buffer()
                .getBytes(tensor.offset, bytes);
        return bytes;
    }

    private ByteBuffer little(int input) {
        return ByteBuffer.wrap(bytes(input)).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static String input(String name, String datatype, String shape, String data) {
        return "{\"name\":\"%s\",\"datatype\":\"%s\",\"shape\":%s,\"data\":%s}"
                .formatted(name, datatype, shape, data);
    }

    private static String inputs(String... inputs) {
        return "{\"inputs\":[" + String.join(",", inputs) + "]}";
    }

    @Test
    void shouldConvertFlatAndNestedData() {
        accepted(
                fixture.infer(
                        "add",
                        inputs(
                                input("INPUT0", "INT32", "[2,4]", "[1,2,3,4,5,6,7,-8]"),
                                input("INPUT1", "INT32", "[2,4]", "[[1,2,3,4],[5,6,7,8]]"))));

        assertThat(fixture.slot.rows).isEqualTo(2);
        assertThat(fixture.slot.lane).isEqualTo(3);
        assertThat(fixture.slot.inputCount).isEqualTo(2);
        assertThat(little(0).getInt(28)).isEqualTo(-8);
        assertThat(little(1).getInt(28)).isEqualTo(8);
        assertThat(fixture.slot.inputs[1].offset).isEqualTo(32);
        assertThat(fixture.slot.decoded.length()).isEqualTo(64);
        assertThat(exchange()).isEqualTo(new KServeExchange("", List.of(), false));
    }

    @Test
    void shouldPutInputsIntoTheModelsOrder() {
        accepted(
                fixture.infer(
                        "add",
                        inputs(
                                input("INPUT1", "INT32", "[1,4]", "[5,6,7,8]"),
                                input("INPUT0", "INT32", "[1,4]", "[1,2,3,4]"))));

        assertThat(fixture.slot.inputs[0].name).isEqualTo("INPUT0");
        assertThat(little(0).getInt()).isEqualTo(1);
        assertThat(fixture.slot.inputs[1].name).isEqualTo("INPUT1");
        assertThat(little(1).getInt()).isEqualTo(5);
    }

    @Test
    void shouldTakeFieldsInAnyOrder() {
        accepted(
                fixture.infer(
                        "free",
                        """
                        {"outputs": [{"parameters": {"binary_data": true}, "name": "OUTPUT__1"},
                                     {"name": "OUTPUT__0"}],
                         "inputs": [{"data" : [[1, 2.5], [3, 4]], "parameters": null,
                                     "shape": [2, 2], "unknown": [[]], "datatype": "FP32",
                                     "name": "INPUT__0"}],
                         "parameters": {"priority": 1, "binary_data_output": false}, "id": "é"}
                        """));

        assertThat(little(0).asFloatBuffer().get(1)).isEqualTo(2.5f);
        assertThat(little(0).asFloatBuffer().get(3)).isEqualTo(4f);
        assertThat(exchange().id()).isEqualTo("é");
        assertThat(exchange().outputs())
                .containsExactly(
                        new RequestedOutput("OUTPUT__1", true),
                        new RequestedOutput("OUTPUT__0", false));
    }

    @Test
    void shouldLetTheLastOfDoubledKeysWin() {
        accepted(
                fixture.infer(
                        "free",
                        """
                        {"inputs": [{"name": "INPUT__0", "data": [1], "data": [[5, 6], [7, 8]],
                                     "shape": [2, 2], "datatype": "INT16"}],
                         "inputs": [{"name": "X", "shape": [3], "datatype": "INT16",
                                     "data": [1, 2, 3], "shape": [1, 2], "data": [300, -4],
                                     "name": "INPUT__0"}]}
                        """));

        assertThat(fixture.slot.inputCount).isEqualTo(1);
        assertThat(fixture.slot.rows).isEqualTo(1);
        assertThat(little(0).getShort(0)).isEqualTo((short) 300);
        assertThat(little(0).getShort(2)).isEqualTo((short) -4);
        assertThat(fixture.slot.decoded.length()).isEqualTo(4);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "BOOL   | [true,0]                     | 0100",
                "UINT8  | [0,255]                      | 00ff",
                "INT8   | [-128,127]                   | 807f",
                "UINT16 | [1,65535]                    | 0100ffff",
                "INT16  | [-32768,32767]               | 0080ff7f",
                "UINT32 | [1,4294967295]               | 01000000ffffffff",
                "INT32  | [-2147483648,2]              | 0000008002000000",
                "UINT64 | [1,18446744073709551615]     | 0100000000000000ffffffffffffffff",
                "INT64  | [-9223372036854775808,1]     | 00000000000000800100000000000000",
                "FP16   | [1,-65504]                   | 003cfffb",
                "BF16   | [1.0,-2]                     | 803f00c0",
                "FP32   | [1.5,-0.0]                   | 0000c03f00000080",
                "FP64   | [1,1e300]                    | 000000000000f03f9c7500883ce4377e",
            })
    void shouldConvertEveryDatatype(String datatype, String data, String hex) {
        accepted(fixture.infer("free", inputs(input("INPUT__0", datatype, "[1,2]", data))));

        assertThat(fixture.slot.inputs[0].datatype).isEqualTo(Datatype.of(datatype));
        assertThat(HexFormat.of().formatHex(bytes(0))).isEqualTo(hex);
    }

    @Test
    void shouldRoundDecimalsToTheNearestFloatOnce() {
        // Just above halfway between 1 and the next float; through double it would fall to 1.
        String data = "[1.00000005960464477540]";
        accepted(fixture.infer("free", inputs(input("INPUT__0", "FP32", "[1,1]", data))));

        assertThat(little(0).getFloat()).isEqualTo(Math.nextUp(1f));
    }

    private RequestContext binary(
            String model, String json, byte[] behind, @Nullable Integer headerLength) {
        byte[] header = json.getBytes(StandardCharsets.UTF_8);
        byte[] body = new byte[header.length + behind.length];
        System.arraycopy(header, 0, body, 0, header.length);
        System.arraycopy(behind, 0, body, header.length, behind.length);
        return fixture.decode(
                Route.KSERVE_INFER,
                body,
                model,
                headerLength == null ? header.length : headerLength);
    }

    private static final String TWO_BINARY =
            """
            {"inputs": [{"name": "INPUT1", "datatype": "INT32", "shape": [1, 4],
                         "parameters": {"binary_data_size": 16}},
                        {"parameters": {"binary_data_size": 16}, "name": "INPUT0",
                         "datatype": "INT32", "shape": [1, 4]}],
             "outputs": [{"name": "DIFF"}, {"name": "SUM", "parameters": {"binary_data": false}}],
             "parameters": {"binary_data_output": true}}\
            """;

    @Test
    void shouldLeaveBinaryTensorsInTheBody() {
        ByteBuffer tensors = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 8; i++) {
            tensors.putInt(i);
        }
        accepted(binary("add", TWO_BINARY, tensors.array(), null));

        assertThat(fixture.slot.inputs[0].inBody).isTrue();
        assertThat(fixture.slot.inputs[0].name).isEqualTo("INPUT0");
        assertThat(little(0).getInt()).isEqualTo(4);
        assertThat(little(1).getInt()).isEqualTo(0);
        assertThat(exchange().binaryByDefault()).isTrue();
        assertThat(exchange().outputs())
                .containsExactly(
                        new RequestedOutput("DIFF", true), new RequestedOutput("SUM", false));
    }

    @Test
    void shouldMixBinaryAndJsonTensors() {
        String json =
                """
                {"inputs": [{"name": "INPUT__0", "datatype": "FP16", "shape": [1, 1],
                             "parameters": {"binary_data_size": 2}},
                            {"name": "INPUT__1", "datatype": "INT8", "shape": [1, 2], "data": [1, 2]},
                            {"name": "INPUT__2", "datatype": "INT8", "shape": [1, 1],
                             "parameters": {"binary_data_size": 1}}]}\
                """;
        accepted(binary("free", json, new byte[] {0, 0x3c, 9}, null));

        assertThat(little(0).getShort()).isEqualTo((short) 0x3c00);
        assertThat(bytes(1)).containsExactly(1, 2);
        assertThat(bytes(2)).containsExactly(9);
    }

    @Test
    void shouldRefuseBinarySizesThatDoNotAddUp() {
        for (int bytes : new int[] {0, 31, 33}) {
            RequestContext context = binary("add", TWO_BINARY, new byte[bytes], null);
            assertThat(context.status).as("%d bytes", bytes).isEqualTo(RequestStatus.INVALID);
            assertThat(context.errorMessage).contains("32 bytes", bytes + " follow");
        }
        RequestContext noHeader = binary("add", TWO_BINARY, new byte[0], -1);
        assertThat(noHeader.errorMessage).contains("Inference-Header-Content-Length is missing");
        RequestContext tooLong = binary("add", TWO_BINARY, new byte[32], 100_000);
        assertThat(tooLong.errorMessage).startsWith("Inference-Header-Content-Length");
    }

    @Test
    void shouldTakeOnlyZeroAndOneForBinaryBools() {
        String json =
                """
                {"inputs": [{"name": "INPUT__0", "datatype": "BOOL", "shape": [1, 3],
                             "parameters": {"binary_data_size": 3}}]}\
                """;
        accepted(binary("free", json, new byte[] {0, 1, 1}, null));

        RequestContext context = binary("free", json, new byte[] {0, 1, 2}, null);
        assertThat(context.status).isEqualTo(RequestStatus.INVALID);
        assertThat(context.errorMessage).contains("INPUT__0", "byte 2", "got 2");
    }

    @Test
    void shouldTakeARawTensorWhereTheModelSaysWhatItIs() {
        byte[] body = new byte[24];
        accepted(fixture.decode(Route.KSERVE_INFER, body, "fixed", 0));
        assertThat(fixture.slot.inputs[0].inBody).isTrue();
        assertThat(fixture.slot.inputs[0].elements()).isEqualTo(6);
        assertThat(fixture.slot.inputs[0].name).isEqualTo("X");
        assertThat(fixture.slot.rows).isEqualTo(1);
        assertThat(exchange().binaryByDefault()).isTrue();

        assertThat(fixture.decode(Route.KSERVE_INFER, new byte[23], "fixed", 0).errorMessage)
                .contains("23 bytes; expected 24");
        assertThat(fixture.decode(Route.KSERVE_INFER, body, "add", 0).status)
                .isEqualTo(RequestStatus.INVALID);
        assertThat(fixture.decode(Route.KSERVE_INFER, body, "free", 0).status)
                .isEqualTo(RequestStatus.INVALID);
    }

    @Test
    void shouldFindTheVersionOfThePath() {
        byte[] body =
                inputs(input("X", "FP32", "[2,3]", "[1,2,3,4,5,6]"))
                        .getBytes(StandardCharsets.UTF_8);
        accepted(fixture.decode(Route.KSERVE_INFER, body, "fixed", "3", -1));

        RequestContext wrong = fixture.decode(Route.KSERVE_INFER, body, "fixed", "7", -1);
        assertThat(wrong.status).isEqualTo(RequestStatus.MODEL_NOT_FOUND);
        assertThat(wrong.errorMessage).contains("fixed", "\"7\"", "3");
        RequestContext unknown = fixture.decode(Route.KSERVE_INFER, body, "nope", -1);
        assertThat(unknown.status).isEqualTo(RequestStatus.MODEL_NOT_FOUND);
        assertThat(unknown.errorMessage).contains("nope");
        RequestContext text = fixture.decode(Route.KSERVE_INFER, body, "plain", -1);
        assertThat(text.status).isEqualTo(RequestStatus.INVALID);
        assertThat(text.errorMessage).contains("/v1/completions");
    }

    @Test
    void shouldMoveTensorsToALargeBufferWhenTheSlotIsFull() {
        String row = "[" + "7,".repeat(99) + "7]";
        String wide = input("INPUT__1", "INT64", "[2,100]", "[" + row + "," + row + "]");
        accepted(fixture.infer("free", inputs(input("INPUT__0", "INT8", "[2,1]", "[3,4]"), wide)));

        assertThat(fixture.buffers.inUse()).isEqualTo(1);
        assertThat(bytes(0)).containsExactly(3, 4);
        assertThat(little(1).getLong(8 * 199)).isEqualTo(7);
    }

    @Test
    void shouldSayThatNoBufferIsFreeOrLargeEnough() {
        var first = Objects.requireNonNull(fixture.buffers.claim(1));
        var second = Objects.requireNonNull(fixture.buffers.claim(1));
        RequestContext context =
                fixture.infer("free", inputs(input("INPUT__0", "INT64", "[1,1000]", "[1]")));
        assertThat(context.status).isEqualTo(RequestStatus.OVERLOADED);
        first.release();
        second.release();

        RequestContext large =
                fixture.infer("free", inputs(input("INPUT__0", "INT64", "[1,10000]", "[1]")));
        assertThat(large.status).isEqualTo(RequestStatus.TOO_LARGE);
    }

    @Test
    void shouldSayWhereTheDataIsWrongWhereverItCame() {
        for (String object :
                new String[] {
                    "{\"name\":\"INPUT__0\",\"shape\":[1,2],\"datatype\":\"INT8\",\"data\":[[1,999]]}",
                    "{\"data\":[[1,999]],\"name\":\"INPUT__0\",\"shape\":[1,2],\"datatype\":\"INT8\"}"
                }) {
            RequestContext context = fixture.infer("free", "{\"inputs\":[" + object + "]}");
            assertThat(context.errorParam).isEqualTo("inputs[0].data[0][1]");
            assertThat(context.errorMessage)
                    .isEqualTo(
                            "inputs[0].data[0][1]: expected an integer from -128 to 127 (INT8),"
                                    + " got 999");
        }
    }
}
