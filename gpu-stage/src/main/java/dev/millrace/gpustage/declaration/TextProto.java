package dev.millrace.gpustage.declaration;

import dev.millrace.gpustage.ModelLoadException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One message of protocol buffers' text format, as far as configuration files use it: scalars,
 * strings, lists and nested messages, comments, repeated fields.
 *
 * <p>Every value is kept as text or as a message; whoever reads a field knows its type. The format:
 * <a href="https://protobuf.dev/reference/protobuf/textformat-spec/">textformat-spec</a>.
 */
final class TextProto {
    private static final int MAX_DEPTH = 32;

    private final Map<String, List<Object>> fields = new LinkedHashMap<>();

    private TextProto() {}

    static TextProto parse(Path file, String text) {
        Parser parser = new Parser(file, text);
        TextProto message = parser.message(0);
        if (!parser.atEnd()) {
            throw parser.bad("a field name is expected");
        }
        return message;
    }

    /** Texts of a scalar field, in order; empty where it is absent. */
    List<String> texts(String field) {
        return fields.getOrDefault(field, List.of()).stream()
                .filter(String.class::isInstance)
                .map(String.class::cast)
                .toList();
    }

    /** Messages of a field, in order; empty where it is absent. */
    List<TextProto> messages(String field) {
        return fields.getOrDefault(field, List.of()).stream()
                .filter(TextProto.class::isInstance)
                .map(TextProto.class::cast)
                .toList();
    }

    boolean has(String field) {
        return fields.containsKey(field);
    }

    private static final class Parser {
        private final Path file;
        private final String text;
        private int position;

        Parser(Path file, String text) {
            this.file = file;
            this.text = text;
        }

        TextProto message(int depth) {
            if (depth > MAX_DEPTH) {
                throw bad("messages nest at most " + MAX_DEPTH + " deep");
            }
            TextProto message = new TextProto();
            skipBlank();
            while (!atEnd() && peek() != '}' && peek() != '>') {
                List<Object> values =
                        message.fields.computeIfAbsent(word(), _ -> new ArrayList<>());
                boolean colon = accept(':');
                if (accept('[')) {
                    while (!accept(']')) {
                        values.add(value(depth, true));
                        accept(',');
                    }
                } else {
                    values.add(value(depth, colon));
                }
                if (!accept(',')) {
                    accept(';');
                }
            }
            return message;
        }

        private Object value(int depth, boolean scalarAllowed) {
            if (accept('{')) {
                return closed(depth, '}');
            }
            if (accept('<')) {
                return closed(depth, '>');
            }
            if (!scalarAllowed) {
                throw bad("':' or '{' is expected");
            }
            if (!atEnd() && (peek() == '"' || peek() == '\'')) {
                StringBuilder joined = new StringBuilder();
                while (!atEnd() && (peek() == '"' || peek() == '\'')) {
                    joined.append(quoted());
                }
                return joined.toString();
            }
            return word();
        }

        private TextProto closed(int depth, char end) {
            TextProto inner = message(depth + 1);
            if (!accept(end)) {
                throw bad("'" + end + "' is expected");
            }
            return inner;
        }

        private String quoted() {
            char quote = text.charAt(position++);
            StringBuilder out = new StringBuilder();
            while (true) {
                if (atEnd() || peek() == '\n') {
                    throw bad("a closing " + quote + " is expected");
                }
                char c = text.charAt(position++);
                if (c == quote) {
                    skipBlank();
                    return out.toString();
                }
                if (c == '\\' && !atEnd()) {
                    c = text.charAt(position++);
                    c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
                }
                out.append(c);
            }
        }

        private String word() {
            int start = position;
            while (!atEnd() && (Character.isLetterOrDigit(peek()) || "_.+-".indexOf(peek()) >= 0)) {
                position++;
            }
            if (position == start) {
                throw bad("a name or a value is expected");
            }
            String word = text.substring(start, position);
            skipBlank();
            return word;
        }

        private boolean accept(char c) {
            if (!atEnd() && peek() == c) {
                position++;
                skipBlank();
                return true;
            }
            return false;
        }

        private void skipBlank() {
            while (!atEnd()) {
                if (peek() == '#') {
                    int end = text.indexOf('\n', position);
                    position = end < 0 ? text.length() : end;
                } else if (Character.isWhitespace(peek())) {
                    position++;
                } else {
                    return;
                }
            }
        }

        private char peek() {
            return text.charAt(position);
        }

        boolean atEnd() {
            return position >= text.length();
        }

        ModelLoadException bad(String expected) {
            long line =
                    text.substring(0, Math.min(position, text.length()))
                                    .chars()
                                    .filter(c -> c == '\n')
                                    .count()
                            + 1;
            String found = atEnd() ? "the end of the file" : "'" + peek() + "'";
            return new ModelLoadException(file + ": line " + line + ": " + found + "; " + expected);
        }
    }
}
