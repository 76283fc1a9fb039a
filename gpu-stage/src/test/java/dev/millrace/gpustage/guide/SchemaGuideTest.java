package dev.millrace.gpustage.guide;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.millrace.ringbuffer.StructuredOutput.Kind;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a schema's guide leads to is valid; what is valid and spelled so is let through. */
class SchemaGuideTest {
    private static final Vocabulary BYTES = Vocabulary.bytesAndSome();

    private static final JsonMapper STRICT =
            JsonMapper.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                    .build();

    private static final String PERSON =
            """
            {"type":"object","title":"Person","description":"x","properties":{"name":{"type":"string"},
            "age":{"type":"integer","minimum":0,"maximum":150},"tags":{"type":"array","items":{"enum":["a","b","ç"]}},
            "home":{"type":"object","properties":{"zip":{"type":"string","pattern":"^\\\\d{5}$"}},"required":["zip"],
            "additionalProperties":false},"mail":{"type":["string","null"]}},"required":["name","home"],
            "additionalProperties":false}\
            """;
    private static final String TREE =
            """
            {"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{
            "v":{"type":"integer"},"kids":{"type":"array","items":{"$ref":"#/$defs/node"}}},
            "required":["kids"]}}}\
            """;
    private static final String EXPRESSION =
            """
            {"anyOf":[{"$ref":"#/definitions/leaf"},{"$ref":"#/definitions/sum"}],"definitions":{
            "leaf":{"type":"object","properties":{"kind":{"const":"leaf"},"v":{"type":"number"}},"required":["kind","v"]},
            "sum":{"type":"object","properties":{"kind":{"const":"sum"},"of":{"type":"array","minItems":1,"items":
            {"oneOf":[{"$ref":"#/definitions/sum"},{"$ref":"#/definitions/leaf"}]}}},"required":["kind","of"]}}}\
            """;

    /** A schema, instances its guide lets through, and texts it does not. */
    private record Case(String schema, List<String> valid, List<String> invalid) {}

    private static final List<Case> CASES =
            List.of(
                    new Case(
                            PERSON,
                            List.of(
                                    "{\"name\":\"x\",\"home\":{\"zip\":\"01234\"}}",
                                    "{\n  \"name\": \"a\\n\\u00e9\\ud83d\\ude00é\",\n  \"age\": 150,\n  \"tags\": [\n    \"a\",\n    \"ç\"\n  ],\n  \"home\": {\n    \"zip\": \"99999\"\n  },\n  \"mail\": null\n}",
                                    " {\"name\": \"\", \"tags\": [], \"home\": {\"zip\": \"00000\"}, \"mail\": \"\"}"),
                            List.of(
                                    "{\"home\":{\"zip\":\"01234\"}}",
                                    "{\"name\":\"x\",\"home\":{\"zip\":\"0123\"}}",
                                    "{\"name\":\"x\",\"age\":151,\"home\":{\"zip\":\"01234\"}}",
                                    "{\"name\":\"x\",\"age\":-1,\"home\":{\"zip\":\"01234\"}}",
                                    "{\"name\":\"x\",\"home\":{\"zip\":\"01234\"},\"y\":1}",
                                    "{\"name\":\"\\ud83d\",\"home\":{\"zip\":\"01234\"}}",
                                    "{\"name\":\"x\",\"home\":{\"zip\":\"01234\"}},",
                                    "{\"name\":\"x\",   \"home\":{\"zip\":\"01234\"}}")),
                    new Case(
                            TREE,
                            List.of(
                                    "{\"kids\":[]}",
                                    "{\"v\":1,\"kids\":[{\"kids\":[{\"v\":-2,\"kids\":[]}]},{\"kids\":[]}]}"),
                            List.of("{}", "[]", "{\"kids\":[{\"v\":1}]}", "{\"kids\":[}]")),
                    new Case(
                            EXPRESSION,
                            List.of(
                                    "{\"kind\":\"leaf\",\"v\":-1.5e3}",
                                    "{\"kind\":\"sum\",\"of\":[{\"kind\":\"sum\",\"of\":[{\"kind\":\"leaf\",\"v\":0}]},{\"kind\":\"leaf\",\"v\":1}]}"),
                            List.of("{\"kind\":\"sum\",\"of\":[]}", "{\"kind\":\"sum\",\"v\":1}")),
                    new Case(
                            "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}},\"additionalProperties\":{\"type\":\"boolean\"}}",
                            List.of(
                                    "{}",
                                    "{\"a\":1}",
                                    "{\"a\":1,\"b\":true,\"aa\":false,\"\":true}",
                                    "{\"é\":true}"),
                            List.of(
                                    "{\"a\":true}",
                                    "{\"\\u0061\":true}",
                                    "{\"b\":true,\"a\":1}",
                                    "{\"b\":1}")),
                    new Case(
                            "{\"required\":[\"b\",\"a\"]}",
                            List.of(
                                    "{\"b\":[{\"c\":null}],\"a\":1}",
                                    "{\"b\":\"\",\"a\":{},\"c\":1}"),
                            List.of("{}", "{\"a\":1}")),
                    new Case(
                            "{\"type\":\"string\",\"minLength\":2,\"maxLength\":3}",
                            List.of("\"ab\"", "\"é😀\\n\"", "\"\\\"\\\"\""),
                            List.of("\"a\"", "\"abcd\"", "\"\"", "ab")),
                    new Case(
                            "{\"type\":\"string\",\"pattern\":\"a\\\"|^\\\\s+$\"}",
                            List.of("\"xa\\\"y\"", "\"\\n\\t \\u000b\"", "\"a\\\"\""),
                            List.of("\"a\"", "\"\"", "\"\n\"", "\" x\"")),
                    new Case(
                            "{\"type\":\"integer\",\"minimum\":-12,\"exclusiveMaximum\":105}",
                            List.of("-12", "-3", "0", "9", "104", "99", "10"),
                            List.of("-13", "105", "110", "-20", "1.0", "007", "1000")),
                    new Case(
                            "{\"type\":\"number\",\"exclusiveMinimum\":0,\"maximum\":1.25}",
                            List.of("0.001", "1", "1.25", "1.250", "0.9", "1.2"),
                            List.of("0", "0.000", "1.26", "1.3", "-1", "1.2501", "2", "10")),
                    new Case(
                            "{\"type\":\"number\",\"minimum\":-10.5,\"maximum\":-0.25}",
                            List.of("-10.5", "-10", "-1", "-0.25", "-0.3", "-9.99"),
                            List.of("-10.51", "0", "-0.2", "-11", "-0.249", "1")),
                    new Case(
                            "{\"prefixItems\":[{\"type\":\"boolean\"},{\"type\":\"null\"}],\"items\":{\"type\":\"integer\"},\"maxItems\":4}",
                            List.of("[true,null]", "[false,null,1]", "[false, null, 1, 2]"),
                            List.of("[]", "[true]", "[true,null,true]", "[true,null,1,2,3]")),
                    new Case(
                            "{\"type\":\"array\",\"minItems\":1,\"maxItems\":2}",
                            List.of("[1]", "[[],{}]", "[ \"a\"]"),
                            List.of("[]", "[1,2,3]", "[1,]", "[,1]")),
                    new Case(
                            "{\"enum\":[1,\"a\\\"é\",null,{\"k\":[1.5,true]},[]]}",
                            List.of(
                                    "1",
                                    "\"a\\\"é\"",
                                    "null",
                                    "{\"k\":[1.5,true]}",
                                    "{ \"k\": [ 1.5, true ] }",
                                    "[]"),
                            List.of("2", "{\"k\":[]}", "[1]")),
                    new Case(
                            "{\"allOf\":[{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"null\"}}},{\"properties\":{\"b\":{\"const\":1}},\"required\":[\"b\"]}],\"default\":{}}",
                            List.of("{\"a\":null,\"b\":1}", "{\"b\":1}"),
                            List.of("{\"a\":null}", "{}")),
                    new Case(
                            "{\"type\":\"object\",\"properties\":{\"a\":{},\"b\":{}},\"anyOf\":[{\"required\":[\"a\"]},{\"required\":[\"b\"]}]}",
                            List.of("{\"a\":1}", "{\"b\":2}", "{\"a\":[],\"b\":{}}"),
                            List.of("{}")),
                    new Case(
                            "{\"type\":[\"integer\",\"number\",\"boolean\"]}",
                            List.of("1", "1.5", "true", "-0", "1e9", "12E-07"),
                            List.of("null", "01", "1.", ".5", "+1", "1e999")),
                    format(
                            "date",
                            List.of("2024-02-28", "1999-12-31"),
                            List.of("2024-02-30", "2024-13-01", "24-01-01")),
                    format(
                            "time",
                            List.of("23:59:59Z", "00:00:00.123+01:00"),
                            List.of("24:00:00Z", "10:00")),
                    format(
                            "date-time",
                            List.of("2024-04-30T12:00:00Z"),
                            List.of("2024-04-31T12:00:00Z", "2024-04-30")),
                    format(
                            "uuid",
                            List.of("123e4567-e89b-12d3-a456-426614174000"),
                            List.of("123e4567")),
                    format(
                            "ipv4",
                            List.of("0.0.0.0", "255.249.99.1"),
                            List.of("256.1.1.1", "1.1.1", "01.1.1.1")),
                    format(
                            "email",
                            List.of("a.b+c@ex-ample.org"),
                            List.of("a@b", "a..b@c.d", "@c.d", "a@-c.d")),
                    format(
                            "uri",
                            List.of("https://a.b/c/~d.e", "http://x:80/"),
                            List.of("ftp://x", "https://", "x")));

    private static Case format(String name, List<String> valid, List<String> invalid) {
        return new Case(
                "{\"type\":\"string\",\"format\":\"" + name + "\"}",
                valid.stream().map(text -> '"' + text + '"').toList(),
                invalid.stream().map(text -> '"' + text + '"').toList());
    }

    static Stream<Arguments> cases() {
        return CASES.stream().map(c -> Arguments.of(c.schema, c.valid, c.invalid));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldLetThroughWhatIsValidAndNothingElse(
            String schema, List<String> valid, List<String> invalid) {
        Guide guide = BYTES.compile(Kind.JSON_SCHEMA, schema);
        for (String text : valid) {
            assertThat(accepts(guide, text)).as(text).isTrue();
        }
        for (String text : invalid) {
            assertThat(accepts(guide, text)).as(text).isFalse();
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldLeadToValidTextsOnly(String schema, List<String> valid, List<String> invalid) {
        Schema validator = validator(schema);
        Random random = new Random(schema.hashCode());
        for (Vocabulary vocabulary : List.of(BYTES, Vocabulary.austen())) {
            Guide guide = vocabulary.compile(Kind.JSON_SCHEMA, schema);
            for (int i = 0; i < 25; i++) {
                String text = new Driver(vocabulary, random, Driver.JSON).write(guide, 10 + 2 * i);
                JsonNode value = new JsonMapper().readTree(text);
                assertThat(validator.validate(value)).as(text).isEmpty();
            }
        }
    }

    @Test
    void shouldServeSentencePieceVocabularies() {
        Vocabulary stories = Vocabulary.stories();
        Random random = new Random(11);
        Guide guide = stories.compile(Kind.JSON_SCHEMA, PERSON);
        for (int i = 0; i < 50; i++) {
            String text = new Driver(stories, random, Driver.JSON).write(guide, 40);
            assertThat(validator(PERSON).validate(STRICT.readTree(text))).as(text).isEmpty();
        }
    }

    @Test
    void shouldLeadToObjectsWhereAnyObjectWillDo() {
        Random random = new Random(5);
        for (Vocabulary vocabulary : List.of(BYTES, Vocabulary.austen())) {
            Guide guide = vocabulary.compile(Kind.JSON_OBJECT, "");
            for (int i = 0; i < 100; i++) {
                String text = new Driver(vocabulary, random, Driver.JSON).write(guide, i);
                assertThat(new JsonMapper().readTree(text).isObject()).as(text).isTrue();
            }
        }
    }

    @Test
    void shouldNestUpToTheLimitAndNeverBeStuckThere() {
        Guide any = BYTES.compile(Kind.JSON_SCHEMA, "true");
        int most = GuideLimits.DEPTH;
        assertThat(accepts(any, "[".repeat(most) + "]".repeat(most))).isTrue();
        assertThat(accepts(any, "[".repeat(most + 1) + "]".repeat(most + 1))).isFalse();

        Guide tree = BYTES.compile(Kind.JSON_SCHEMA, TREE);
        GuideState state = tree.start();
        String opening = "{\"kids\":[";
        for (int depth = 2; depth <= most; depth += 2) {
            for (int token : BYTES.encode(opening, false)) {
                assertThat(state.accept(token)).as("depth %s", depth).isTrue();
            }
        }
        assertThat(state.allows('{')).as("its kids would need one more").isFalse();
        assertThat(Driver.ids(state.allowed())).doesNotContain((int) '{').contains((int) ']');
        for (int depth = most; depth >= 2; depth -= 2) {
            assertThat(state.accept(']')).isTrue();
            assertThat(state.accept('}')).isTrue();
        }
        assertThat(state.isFinished()).isTrue();
    }

    @Test
    void shouldCloseAContainerAndGoOnBehindItInOneToken() {
        Guide guide =
                BYTES.compile(
                        Kind.JSON_SCHEMA, "{\"items\":{\"type\":\"object\"},\"type\":\"array\"}");
        assertThat(accepts(guide, "[{\"a\":{\"b\":1}},{}]")).isTrue();
        GuideState state = guide.start();
        BYTES.encode("[{\"a\":{\"b\":", false).forEach(state::accept);
        int closesThree = BYTES.encode("1}}}", true).getFirst();
        assertThat(BYTES.tokens()[closesThree]).hasSize(4);
        assertThat(state.allows(closesThree)).as("there is an array around two objects").isFalse();
        GuideState deeper = guide.start();
        BYTES.encode("[{\"a\":{\"b\":{\"c\":", false).forEach(deeper::accept);
        assertThat(deeper.allows(closesThree)).isTrue();
        assertThat(deeper.accept(closesThree)).isTrue();
        assertThat(deeper.allows(']')).isTrue();
    }

    private static Schema validator(String schema) {
        return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(STRICT.readTree(schema));
    }

    private static boolean accepts(Guide guide, String text) {
        boolean single = Driver.accepts(guide, BYTES.encode(text, false));
        assertThat(Driver.accepts(guide, BYTES.encode(text, true)))
                .as("however %s is cut into tokens", text)
                .isEqualTo(single);
        return single;
    }
}
