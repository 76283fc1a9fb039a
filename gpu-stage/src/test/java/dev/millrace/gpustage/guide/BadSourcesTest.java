package dev.millrace.gpustage.guide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.ringbuffer.StructuredOutput.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A source that cannot be followed is refused, with what is wrong and what is accepted. */
class BadSourcesTest {
    private static final Vocabulary BYTES = Vocabulary.bytesAndSome();

    @ParameterizedTest
    @CsvSource(
            delimiter = '¦',
            quoteCharacter = '`',
            textBlock =
                    """
                    {                                       ¦ not valid JSON
                    {"type":"object"} x                     ¦ not valid JSON
                    {"type":"null","type":"null"}           ¦ not valid JSON
                    1                                       ¦ #: a schema is an object, true or false
                    {"type":"text"}                         ¦ #: type is "text"; one or a list of [string, number
                    {"type":[]}                             ¦ #: type is []
                    {"not":{}}                              ¦ #: not is not supported; accepted are $ref, additionalProperties
                    {"items":{"if":true}}                   ¦ #/items: if is not supported
                    {"properties":{"a":{"multipleOf":2}}}   ¦ #/properties/a: multipleOf is not supported
                    {"patternProperties":{}}                ¦ patternProperties is not supported
                    {"type":"array","uniqueItems":true}     ¦ uniqueItems is not supported; false is accepted
                    {"properties":[]}                       ¦ #: properties is []; an object of schemas
                    {"required":"a"}                        ¦ #: required is "a"; a list of names
                    {"required":["a"],"additionalProperties":false} ¦ required is "a"; a name among the properties
                    {"items":[{}]}                          ¦ #/items: a schema is an object
                    {"minItems":-1}                         ¦ minItems is -1; an integer of at least 0
                    {"maxLength":"3"}                       ¦ maxLength is "3"; an integer
                    {"maxLength":1000000}                   ¦ fewer or shorter repetitions
                    {"items":{"maxLength":2000},"maxItems":100} ¦ fewer or shorter repetitions
                    {"minimum":"1","type":"integer"}        ¦ minimum is "1"; a number of at most 18 digits
                    {"minimum":1e30,"type":"integer"}       ¦ minimum is
                    {"minimum":3,"maximum":2,"type":"integer"} ¦ no text fits it
                    {"minLength":3,"maxLength":2}           ¦ no text fits it
                    {"pattern":"(?=a)"}                     ¦ #: pattern: at character 3: lookaround, flags and back references
                    {"pattern":"a","minLength":1}           ¦ pattern, format and bounds on the length are not supported together
                    {"format":"hostname"}                   ¦ format hostname is not supported; accepted are date, date-time
                    {"format":1}                            ¦ format is 1; a string
                    {"enum":[]}                             ¦ no text fits it
                    {"enum":"a"}                            ¦ enum is "a"; a list of values
                    {"enum":["a"],"minLength":2}            ¦ minLength beside enum or const is not supported
                    {"enum":["a"],"type":"integer"}         ¦ no text fits it
                    {"anyOf":[]}                            ¦ anyOf is []; a list of schemas
                    {"$ref":"other.json"}                   ¦ $ref is "other.json"; a place in the same schema
                    {"$ref":"#/$defs/a"}                    ¦ $ref is "#/$defs/a"
                    {"$ref":"#"}                            ¦ refers to itself without an object or array between
                    {"properties":{"a":{"$ref":"#"}},"required":["a"]} ¦ no text fits it
                    {"allOf":[{"minLength":1},{"minLength":2}]} ¦ minLength is said twice
                    {"allOf":[{"properties":{"a":{}},"additionalProperties":false},{"properties":{"b":{}}}]} ¦ all properties in one place
                    false                                   ¦ no text fits it
                    """)
    void shouldRefuseASchema(String schema, String message) {
        assertThatThrownBy(() -> BYTES.compile(Kind.JSON_SCHEMA, schema))
                .isInstanceOf(GuideException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '¦',
            quoteCharacter = '`',
            textBlock =
                    """
                    a(b             ¦ at character 4: a group that is not closed
                    a)b             ¦ at character 2: a closing parenthesis
                    [a              ¦ at character 3: a class that is not closed
                    []              ¦ an empty class
                    [z-a]           ¦ first character is behind its last
                    [a-\\d]         ¦ a range needs one character on each side
                    *a              ¦ at character 1: nothing to repeat
                    a{2}{3}         ¦ nothing to repeat
                    a**             ¦ a repetition of a repetition
                    a++             ¦ a repetition of a repetition
                    a{3,2}          ¦ a repetition whose most is below its least
                    a{999999}       ¦ at most 100000 repetitions
                    a\\             ¦ a backslash at the end
                    (a)\\1          ¦ \\1 is not supported; \\d \\w
                    \\bword         ¦ \\b is not supported
                    \\p{L}          ¦ \\p is not supported
                    \\x1            ¦ 2 hexadecimal digits are expected
                    \\ud83d         ¦ half a surrogate pair
                    (?!a)b          ¦ lookaround, flags and back references are not supported
                    (?<=a)b         ¦ lookaround
                    (?i)a           ¦ lookaround, flags
                    a^b             ¦ ^ is only accepted at the beginning
                    (a$)b           ¦ $ is only accepted at the end
                    a$b             ¦ $ is only accepted at the end
                    (a|b)*a(a|b){20} ¦ fewer or shorter repetitions
                    ((a{1000}){1000}){1000} ¦ fewer or shorter repetitions
                    """)
    void shouldRefuseAPattern(String pattern, String message) {
        assertThatThrownBy(() -> BYTES.compile(Kind.REGEX, pattern))
                .isInstanceOf(GuideException.class)
                .hasMessageContaining(message);
    }

    @Test
    void shouldRefuseWhatIsTooLargeOrTooDeep() {
        assertThatThrownBy(() -> BYTES.compile(Kind.REGEX, "a".repeat(70_000)))
                .hasMessage("at most 65536 bytes are accepted");
        assertThatThrownBy(() -> BYTES.compile(Kind.REGEX, "(".repeat(65) + ")".repeat(65)))
                .hasMessageContaining("at most 64 groups inside each other");
        assertThatThrownBy(() -> BYTES.compile(Kind.JSON_SCHEMA, nested(65)))
                .hasMessageContaining("too deep; at most 64 levels");
        assertThat(BYTES.compile(Kind.JSON_SCHEMA, nested(60)).bytes()).isPositive();
        assertThatThrownBy(() -> BYTES.compile(Kind.JSON_SCHEMA, "[".repeat(200)))
                .hasMessageContaining("not valid JSON");
    }

    @Test
    void shouldRefuseWhatTheVocabularyCannotSpell() {
        var digits = new Vocabulary("digits", new byte[][] {{'1'}, {'2'}, {}}, 2);
        assertThat(Driver.accepts(digits.compile(Kind.REGEX, "[a-z0-9]"), java.util.List.of(1)))
                .isTrue();
        assertThatThrownBy(() -> digits.compile(Kind.REGEX, "[a-z]"))
                .hasMessageContaining("no text fits it");
        assertThatThrownBy(() -> digits.compile(Kind.JSON_OBJECT, ""))
                .hasMessageContaining("no text fits it");
    }

    private static String nested(int depth) {
        return "{\"items\":".repeat(depth) + "true" + "}".repeat(depth);
    }
}
