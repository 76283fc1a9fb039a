package dev.millrace.stages.reply;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ringbuffer.Datatype;
import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.ringbuffer.ReplySink.ContentType;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.Route;
import dev.millrace.stages.contracts.Contract;
import dev.millrace.stages.contracts.ContractValidator;
import dev.millrace.stages.protocol.KServeExchange;
import dev.millrace.stages.protocol.KServeExchange.RequestedOutput;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class KServeReplyTest {
    private final Replies replies = new Replies(new ReplyHandler("fp"));
    private final RecordingReplySink sink = new RecordingReplySink();

    @AfterEach
    void close() {
        replies.close();
    }

    @Test
    void shouldAnswerAllOutputsInTheModelsOrder() throws Exception {
        RequestContext context = request(new KServeExchange("my \"id\"", List.of(), false));
        int32(context, 0, "OUTPUT__0", false, 1, -2, 3, 4);
        int32(context, 1, "OUTPUT__1", true, 5);

        assertThat(sink.type()).isEqualTo(ContentType.JSON);
        assertThat(sink.inferenceHeaderLength()).isEqualTo(-1);
        ContractValidator.check(Contract.KSERVE_INFER, sink.body());
        assertThat(sink.body())
                .isEqualTo(
                        "{\"id\":\"my \\\"id\\\"\",\"model_name\":\"tiny\",\"model_version\":\"3\","
                                + "\"outputs\":[{\"name\":\"OUTPUT__0\",\"datatype\":\"INT32\","
                                + "\"shape\":[1,4],\"data\":[1,-2,3,4]},{\"name\":\"OUTPUT__1\","
                                + "\"datatype\":\"INT32\",\"shape\":[1,1],\"data\":[5]}]}");
    }

    @Test
    void shouldAnswerTheOutputsAskedForInTheOrderAskedFor() throws Exception {
        RequestContext context =
                request(
                        new KServeExchange(
                                "",
                                List.of(
                                        new RequestedOutput("c", false),
                                        new RequestedOutput("a", false)),
                                false));
        int32(context, 0, "a", false, 1);
        int32(context, 1, "b", false, 2);
        int32(context, 2, "c", true, 3);

        JsonNode answer = ContractValidator.check(Contract.KSERVE_INFER, sink.body());
        assertThat(answer.has("id")).isFalse();
        assertThat(answer.at("/outputs").size()).isEqualTo(2);
        assertThat(answer.at("/outputs/0/data/0").asInt()).isEqualTo(3);
        assertThat(answer.at("/outputs/1/data/0").asInt()).isEqualTo(1);
    }

    @Test
    void shouldPutBinaryOutputsBehindTheJson() throws Exception {
        RequestContext context =
                request(
                        new KServeExchange(
                                "7",
                                List.of(
                                        new RequestedOutput("b", true),
                                        new RequestedOutput("text", false),
                                        new RequestedOutput("a", true)),
                                false));
        int32(context, 0, "a", false, 1, 2);
        int32(context, 1, "text", false, 9);
        int32(context, 2, "b", true, 0x04030201);

        assertThat(sink.type()).isEqualTo(ContentType.OCTET_STREAM);
        byte[] bytes = sink.bytes();
        int jsonLength = sink.inferenceHeaderLength();
        JsonNode answer =
                ContractValidator.check(
                        Contract.KSERVE_INFER_BINARY, new String(bytes, 0, jsonLength, UTF_8));
        assertThat(answer.at("/outputs/0/parameters/binary_data_size").asInt()).isEqualTo(4);
        assertThat(answer.at("/outputs/0").has("data")).isFalse();
        assertThat(answer.at("/outputs/1/data/0").asInt()).isEqualTo(9);
        assertThat(answer.at("/outputs/1").has("parameters")).isFalse();
        assertThat(answer.at("/outputs/2/parameters/binary_data_size").asInt()).isEqualTo(8);
        assertThat(Arrays.copyOfRange(bytes, jsonLength, bytes.length))
                .isEqualTo(HexFormat.of().parseHex("010203040100000002000000"));
    }

    @Test
    void shouldAnswerAllInBinaryWhereTheRequestSaysSo() throws Exception {
        RequestContext context = request(new KServeExchange("", List.of(), true));
        int32(context, 0, "a", true, 1, 2, 3);
        assertThat(sink.bytes()).hasSize(sink.inferenceHeaderLength() + 12);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "BOOL | 00 01 02 | [false,true,true]",
                "UINT8 | 00 FF | [0,255]",
                "INT8 | 7F 80 | [127,-128]",
                "UINT16 | FF FF 01 00 | [65535,1]",
                "INT16 | FF FF 00 80 | [-1,-32768]",
                "UINT32 | FF FF FF FF | [4294967295]",
                "INT32 | 00 00 00 80 | [-2147483648]",
                "UINT64 | FF FF FF FF FF FF FF FF | [18446744073709551615]",
                "INT64 | 00 00 00 00 00 00 00 80 | [-9223372036854775808]",
                "FP16 | 00 3C 01 00 FF 7B 00 80 | [1.0,5.9604645E-8,65504.0,-0.0]",
                "FP16 | 00 7C 00 FC 00 7E | [\"Infinity\",\"-Infinity\",\"NaN\"]",
                "BF16 | 80 3F 49 40 80 FF | [1.0,3.140625,\"-Infinity\"]",
                "FP32 | CD CC CC 3D FF FF 7F 7F | [0.1,3.4028235E38]",
                "FP32 | 00 00 C0 7F | [\"NaN\"]",
                "FP64 | 9A 99 99 99 99 99 B9 3F | [0.1]",
            })
    void shouldWriteEveryDatatypeAsJson(Datatype datatype, String hex, String expected)
            throws Exception {
        byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(hex);
        RequestContext context = request(new KServeExchange("", List.of(), false));
        replies.tensor(
                context,
                0,
                "o",
                datatype,
                new long[] {bytes.length / datatype.bytes()},
                true,
                into -> into.putBytes(0, bytes));

        ContractValidator.check(Contract.KSERVE_INFER, sink.body());
        assertThat(sink.body()).contains("\"data\":" + expected + "}");
    }

    @Test
    void shouldWriteScalarsAndEmptyTensors() throws Exception {
        RequestContext context = request(new KServeExchange("", List.of(), false));
        replies.tensor(
                context,
                0,
                "s",
                Datatype.INT8,
                new long[0],
                false,
                into -> into.putByte(0, (byte) 3));
        replies.tensor(context, 1, "e", Datatype.FP32, new long[] {0, 4}, true, into -> {});
        ContractValidator.check(Contract.KSERVE_INFER, sink.body());
        assertThat(sink.body())
                .contains("\"shape\":[],\"data\":[3]", "\"shape\":[0,4],\"data\":[]");
    }

    @Test
    void shouldSayWhichOutputNeverCame() throws Exception {
        RequestContext context =
                request(new KServeExchange("", List.of(new RequestedOutput("x", false)), false));
        int32(context, 0, "a", false, 1);
        int32(context, 1, "b", true, 1);
        assertThat(sink.status()).isEqualTo(500);
        assertThat(
                        ContractValidator.check(Contract.KSERVE_ERROR, sink.body())
                                .at("/error")
                                .asString())
                .isEqualTo("model 'tiny' returned no output 'x'; it returned 'a', 'b'");
    }

    private void int32(RequestContext context, int index, String name, boolean last, int... values)
            throws Exception {
        replies.tensor(
                context,
                index,
                name,
                Datatype.INT32,
                new long[] {1, values.length},
                last,
                into -> {
                    for (int i = 0; i < values.length; i++) {
                        into.putInt(i * Integer.BYTES, values[i]);
                    }
                });
    }

    private RequestContext request(KServeExchange exchange) {
        RequestContext context = replies.request(Route.KSERVE_INFER, ModelKind.TENSOR, exchange);
        context.sink = sink;
        return context;
    }
}
