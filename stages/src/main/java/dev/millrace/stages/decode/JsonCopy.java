package dev.millrace.stages.decode;

import java.io.StringWriter;
import java.util.List;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** JSON written anew, without white space: what means the same reads the same. */
final class JsonCopy {
    private static final JsonFactory JSON = new JsonFactory();

    private JsonCopy() {}

    /** The value that a reader stands on; the reader then stands on its end. */
    static String of(JsonReader json) {
        int from = json.tokenOffset();
        json.skip();
        byte[] value = json.copy(from, json.endOffset());
        var text = new StringWriter();
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), value);
                JsonGenerator copy = JSON.createGenerator(ObjectWriteContext.empty(), text)) {
            parser.nextToken();
            copy.copyCurrentStructureExact(parser);
        }
        return text.toString();
    }

    /** Texts as an array. */
    static String array(List<String> texts) {
        var array = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), array)) {
            json.writeStartArray();
            texts.forEach(json::writeString);
            json.writeEndArray();
        }
        return array.toString();
    }
}
