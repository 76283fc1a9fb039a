package dev.millrace.stages.decode;

import java.io.StringWriter;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** JSON written anew, without white space: what means the same reads the same. */
final class JsonCopy {
    private static final JsonFactory WRITER = new JsonFactory();

    private JsonCopy() {}

    /** The value that a reader stands on; the reader then stands on its end. */
    static String of(JsonReader json) {
        var text = new StringWriter();
        try (JsonGenerator copy = WRITER.createGenerator(ObjectWriteContext.empty(), text)) {
            copy.copyCurrentStructureExact(json.parser());
        } catch (JacksonException e) {
            throw json.broken(e);
        }
        return text.toString();
    }

    /** Texts as an array. */
    static String array(List<String> texts) {
        var array = new StringWriter();
        try (JsonGenerator json = WRITER.createGenerator(ObjectWriteContext.empty(), array)) {
            json.writeStartArray();
            texts.forEach(json::writeString);
            json.writeEndArray();
        }
        return array.toString();
    }
}
