package dev.millrace.stages.tokenizer.compiled;

import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Fields of a tokenizer.json of which none may be overlooked. */
final class Fields {
    private Fields() {}

    /** Refuses an object with other fields than these. */
    static void only(JsonNode object, String what, String... known) throws Unsupported {
        Set<String> names = Set.of(known);
        for (String name : object.propertyNames()) {
            if (!names.contains(name)) {
                throw new Unsupported(what + " with \"" + name + "\"");
            }
        }
    }

    /** The object's {@code type}. */
    static String type(JsonNode object) {
        return object.path("type").asString("");
    }

    static boolean absent(JsonNode value) {
        return value.isMissingNode() || value.isNull();
    }

    static String text(JsonNode object, String name) throws Unsupported {
        if (!object.path(name).isString()) {
            throw new Unsupported(name + " " + object.path(name));
        }
        String text = object.path(name).asString();
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                if (!Character.isSurrogatePair(
                        text.charAt(i), i + 1 < text.length() ? text.charAt(i + 1) : 0)) {
                    throw new Unsupported(name + " that is no text");
                }
                i++;
            }
        }
        return text;
    }

    static int integer(JsonNode object, String name) throws Unsupported {
        if (!object.path(name).isInt() || object.path(name).intValue() < 0) {
            throw new Unsupported(name + " " + object.path(name));
        }
        return object.path(name).intValue();
    }

    static int integer(JsonNode array, int index) throws Unsupported {
        if (!array.path(index).isInt() || array.path(index).intValue() < 0) {
            throw new Unsupported("id " + array.path(index));
        }
        return array.path(index).intValue();
    }

    static boolean flag(JsonNode object, String name, boolean absent) throws Unsupported {
        JsonNode value = object.path(name);
        if (absent(value)) {
            return absent;
        }
        if (!value.isBoolean()) {
            throw new Unsupported(name + " " + value);
        }
        return value.booleanValue();
    }
}
