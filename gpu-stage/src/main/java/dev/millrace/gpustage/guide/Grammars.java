package dev.millrace.gpustage.guide;

import dev.millrace.ringbuffer.StructuredOutput;
import java.nio.charset.StandardCharsets;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Writes what a request asked for as a net. */
final class Grammars {
    private static final JsonMapper JSON =
            JsonMapper.builder(
                            JsonFactory.builder()
                                    .streamReadConstraints(
                                            StreamReadConstraints.builder()
                                                    .maxNestingDepth(128)
                                                    .maxNumberLength(100)
                                                    .build())
                                    .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .build();

    private Grammars() {}

    /**
     * Writes all texts of that form.
     *
     * @throws GuideException saying what is wrong with the source
     */
    static void write(StructuredOutput wanted, Nfa nfa) {
        if (wanted.source().getBytes(StandardCharsets.UTF_8).length > GuideLimits.SOURCE_BYTES) {
            throw new GuideException("at most " + GuideLimits.SOURCE_BYTES + " bytes are accepted");
        }
        switch (wanted.kind()) {
            case REGEX ->
                    RegexParser.matching(wanted.source())
                            .write(nfa, nfa.start, CharacterEdges.PLAIN, nfa.end);
            case CHOICE ->
                    parse(wanted.source())
                            .forEach(choice -> nfa.literal(nfa.start, choice.asString(), nfa.end));
            case JSON_OBJECT -> {
                var json = new JsonText(nfa);
                json.object(begin(json), nfa.end);
            }
            case JSON_SCHEMA -> {
                var json = new JsonText(nfa);
                SchemaGrammar.write(parse(wanted.source()), json, begin(json), nfa.end);
            }
        }
    }

    /** Many models begin their answers with a space. */
    private static int begin(JsonText json) {
        int begin = json.nfa.state();
        json.space(json.nfa.start, begin);
        return begin;
    }

    private static JsonNode parse(String source) {
        try {
            return JSON.readTree(source);
        } catch (JacksonException e) {
            throw new GuideException("not valid JSON: " + e.getOriginalMessage());
        }
    }
}
