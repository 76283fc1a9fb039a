package dev.millrace.stages.decode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Route;
import dev.millrace.ringbuffer.StructuredOutput;
import dev.millrace.ringbuffer.StructuredOutput.Kind;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The shape of what a text's form is asked with; schemas and patterns are the lane's to judge. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StructuredFieldsTest {
    private final DecodeFixture fixture = new DecodeFixture();

    @AfterAll
    void close() {
        fixture.close();
    }

    private RequestContext completion(String fields) {
        return fixture.decode(
                Route.OPENAI_COMPLETIONS, "{\"model\":\"plain\",\"prompt\":\"x\"," + fields + "}");
    }

    private RequestContext chat(String fields) {
        return fixture.decode(
                Route.OPENAI_CHAT,
                "{\"model\":\"chatty\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],"
                        + fields
                        + "}");
    }

    /** What both routes make of the fields. */
    private @Nullable StructuredOutput read(String fields) {
        assertThat(completion(fields).errorMessage).isEmpty();
        StructuredOutput ofCompletion = fixture.slot.sampling.structured;
        assertThat(chat(fields).errorMessage).isEmpty();
        assertThat(fixture.slot.sampling.structured).isEqualTo(ofCompletion);
        return ofCompletion;
    }

    @Test
    void shouldReadResponseFormats() {
        assertThat(read("\"response_format\":{\"type\":\"text\"}")).isNull();
        assertThat(read("\"response_format\":null")).isNull();
        assertThat(read("\"response_format\":{\"type\":\"json_object\"}"))
                .isEqualTo(new StructuredOutput(Kind.JSON_OBJECT, "", "response_format"));
        assertThat(
                        read(
                                "\"response_format\":{\"json_schema\":{\"name\":\"n\",\"strict\":true,"
                                        + "\"description\":\"d\",\"schema\":{ \"type\": \"object\","
                                        + " \"x\":[1.50,\"é\\n\"] }},\"type\":\"json_schema\"}"))
                .isEqualTo(
                        new StructuredOutput(
                                Kind.JSON_SCHEMA,
                                "{\"type\":\"object\",\"x\":[1.50,\"é\\n\"]}",
                                "response_format.json_schema.schema"));
    }

    @Test
    void shouldReadStructuredOutputs() {
        assertThat(read("\"structured_outputs\":{\"regex\":\"a|b\",\"json\":null}"))
                .isEqualTo(new StructuredOutput(Kind.REGEX, "a|b", "structured_outputs.regex"));
        assertThat(read("\"structured_outputs\":{\"choice\":[\"a\",\"\\\"\",\"\"]}"))
                .isEqualTo(
                        new StructuredOutput(
                                Kind.CHOICE, "[\"a\",\"\\\"\",\"\"]", "structured_outputs.choice"));
        assertThat(read("\"structured_outputs\":{\"json\":{\"a\":1}}"))
                .isEqualTo(
                        new StructuredOutput(
                                Kind.JSON_SCHEMA, "{\"a\":1}", "structured_outputs.json"));
        assertThat(read("\"structured_outputs\":{\"json\":\"{}\",\"json_object\":false}"))
                .isEqualTo(new StructuredOutput(Kind.JSON_SCHEMA, "{}", "structured_outputs.json"));
        assertThat(read("\"structured_outputs\":{\"json_object\":true}"))
                .isEqualTo(
                        new StructuredOutput(
                                Kind.JSON_OBJECT, "", "structured_outputs.json_object"));
    }

    @Test
    void shouldReadTheOlderNames() {
        assertThat(read("\"guided_json\":{}"))
                .isEqualTo(new StructuredOutput(Kind.JSON_SCHEMA, "{}", "guided_json"));
        assertThat(read("\"guided_regex\":\"a\""))
                .isEqualTo(new StructuredOutput(Kind.REGEX, "a", "guided_regex"));
        assertThat(read("\"guided_choice\":[\"a\"]"))
                .isEqualTo(new StructuredOutput(Kind.CHOICE, "[\"a\"]", "guided_choice"));
    }

    @Test
    void shouldTakeTheLastWhereAFieldComesTwice() {
        assertThat(
                        read(
                                "\"response_format\":{\"type\":\"json_object\"},"
                                        + "\"response_format\":{\"type\":\"text\"}"))
                .isNull();
        assertThat(read("\"guided_regex\":\"a\",\"response_format\":{\"type\":\"text\"}"))
                .isEqualTo(new StructuredOutput(Kind.REGEX, "a", "guided_regex"));
    }

    @Test
    void shouldForgetTheLastRequest() {
        assertThat(read("\"guided_regex\":\"a\"")).isNotNull();
        assertThat(read("\"seed\":1")).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '¦',
            quoteCharacter = '`',
            textBlock =
                    """
                    "response_format":"json"                              ¦ response_format                    ¦ expected {"type": "text"}, "json_object" or "json_schema", got "json"
                    "response_format":{}                                  ¦ response_format.type               ¦ missing
                    "response_format":{"type":5}                          ¦ response_format.type               ¦ got 5
                    "response_format":{"type":"json"}                     ¦ response_format.type               ¦ got "json"
                    "response_format":{"type":"json_schema"}              ¦ response_format.json_schema        ¦ missing
                    "response_format":{"type":"json_schema","json_schema":null} ¦ response_format.json_schema  ¦ missing
                    "response_format":{"type":"json_schema","json_schema":[]} ¦ response_format.json_schema    ¦ got an array
                    "response_format":{"type":"json_schema","json_schema":{"name":"n"}} ¦ response_format.json_schema.schema ¦ missing
                    "response_format":{"type":"json_schema","json_schema":{"schema":true}} ¦ response_format.json_schema.schema ¦ got true
                    "response_format":{"type":"json_schema","json_schema":{"name":1,"schema":{}}} ¦ response_format.json_schema.name ¦ got 1
                    "response_format":{"type":"json_schema","json_schema":{"strict":1,"schema":{}}} ¦ response_format.json_schema.strict ¦ true or false
                    "structured_outputs":"a"                              ¦ structured_outputs                 ¦ exactly one of json, regex, choice and json_object
                    "structured_outputs":{}                               ¦ structured_outputs                 ¦ got none
                    "structured_outputs":{"json_object":false}            ¦ structured_outputs                 ¦ got none
                    "structured_outputs":{"regex":"a","choice":["b"]}     ¦ structured_outputs                 ¦ got 2
                    "structured_outputs":{"regex":""}                     ¦ structured_outputs.regex           ¦ not empty
                    "structured_outputs":{"regex":1}                      ¦ structured_outputs.regex           ¦ got 1
                    "structured_outputs":{"json":1}                       ¦ structured_outputs.json            ¦ a JSON Schema
                    "structured_outputs":{"choice":[]}                    ¦ structured_outputs.choice          ¦ got []
                    "structured_outputs":{"choice":"a"}                   ¦ structured_outputs.choice          ¦ an array of strings
                    "structured_outputs":{"choice":["a",1]}               ¦ structured_outputs.choice[1]       ¦ got 1
                    "structured_outputs":{"grammar":"root ::= a"}         ¦ structured_outputs.grammar         ¦ not supported
                    "guided_grammar":"root ::= a"                         ¦ guided_grammar                     ¦ not supported
                    "guided_regex":"a","response_format":{"type":"json_object"} ¦ response_format              ¦ not accepted together with guided_regex
                    "structured_outputs":{"regex":"a"},"guided_json":{}   ¦ guided_json                        ¦ not accepted together with structured_outputs
                    """)
    void shouldRefuseAWrongShape(String fields, String param, String words) {
        for (RequestContext context : new RequestContext[] {completion(fields), chat(fields)}) {
            assertThat(context.status).isEqualTo(RequestStatus.INVALID);
            assertThat(context.errorParam).isEqualTo(param);
            assertThat(context.errorMessage).contains(param).contains(words);
        }
        assertThat(read("\"guided_regex\":\"a\"")).as("the next request").isNotNull();
    }

    @Test
    void shouldRefuseWhatIsTooLarge() {
        String most = "a".repeat(DecodeLimits.MAX_STRUCTURED_BYTES);
        assertThat(completion("\"guided_regex\":\"" + most + "\"").errorMessage).isEmpty();
        for (String field :
                new String[] {
                    "\"guided_regex\":\"" + most + "a\"",
                    "\"guided_choice\":[\"" + most + "\"]",
                    "\"guided_json\":{\"title\":\"" + most + "\"}"
                }) {
            RequestContext context = completion(field);
            assertThat(context.status).isEqualTo(RequestStatus.INVALID);
            assertThat(context.errorMessage).contains("at most 65536 bytes");
        }
    }
}
