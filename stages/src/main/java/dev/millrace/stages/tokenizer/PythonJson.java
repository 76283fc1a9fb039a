package dev.millrace.stages.tokenizer;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * JSON as Python's {@code json.dumps(value, ensure_ascii=False, indent=…)} writes it, which is what
 * templates' {@code tojson} stands for and models were trained on.
 */
final class PythonJson {
    private final StringBuilder out = new StringBuilder();
    private final int indent;

    private PythonJson(int indent) {
        this.indent = indent;
    }

    /**
     * @param indent spaces per level; negative for one line
     */
    static String write(@Nullable Object value, int indent) {
        PythonJson json = new PythonJson(indent);
        json.value(value, 1);
        return json.out.toString();
    }

    private void value(@Nullable Object value, int level) {
        switch (value) {
            case null -> out.append("null");
            case Map<?, ?> map -> object(map, level);
            case Iterable<?> list -> array(list, level);
            case Boolean flag -> out.append(flag.booleanValue());
            case Number number -> out.append(number);
            default -> string(value.toString());
        }
    }

    private void object(Map<?, ?> map, int level) {
        out.append('{');
        boolean first = true;
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            separate(first, level);
            string(String.valueOf(entry.getKey()));
            out.append(": ");
            value(entry.getValue(), level + 1);
            first = false;
        }
        close(first, level, '}');
    }

    private void array(Iterable<?> list, int level) {
        out.append('[');
        boolean first = true;
        for (Object element : list) {
            separate(first, level);
            value(element, level + 1);
            first = false;
        }
        close(first, level, ']');
    }

    private void separate(boolean first, int level) {
        if (!first) {
            out.append(indent < 0 ? ", " : ",");
        }
        if (indent >= 0) {
            out.append('\n').repeat(' ', indent * level);
        }
    }

    private void close(boolean empty, int level, char bracket) {
        if (!empty && indent >= 0) {
            out.append('\n').repeat(' ', indent * (level - 1));
        }
        out.append(bracket);
    }

    private void string(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> {
                    if (c < 0x20) {
                        out.append("\\u00").append(c < 0x10 ? "0" : "");
                        out.append(Integer.toHexString(c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
