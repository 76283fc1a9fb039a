package dev.millrace.ingress.http;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A path with {@code {model}} and {@code {version}} in it. Matched against the path as sent, so
 * that a percent-encoded slash belongs to a name. A {@code {model...}}, at the end only, may span
 * slashes, as names of published models do. Immutable.
 */
final class PathPattern {
    private static final String NAME = "{";
    private static final String MODEL = "{model}";
    private static final String OPEN_MODEL = "{model...}";
    private static final String VERSION = "{version}";

    private final String text;
    private final List<String> segments;

    /** What stands before the first name; all of a path without names. */
    private final String prefix;

    PathPattern(String text) {
        this.text = text;
        this.prefix = text.contains(NAME) ? text.substring(0, text.indexOf(NAME)) : text;
        this.segments = List.of(text.split("/", -1));
    }

    /** The names in a path. */
    record Names(@Nullable String model, @Nullable String version) {
        static final Names NONE = new Names(null, null);
    }

    /** The names in that path, or null where it is another one. */
    @Nullable Names match(String path) {
        if (prefix.length() == text.length()) {
            return path.equals(text) ? Names.NONE : null;
        }
        if (!path.startsWith(prefix)) {
            return null;
        }
        String model = null;
        String version = null;
        String[] parts = path.split("/", -1);
        boolean open = segments.getLast().equals(OPEN_MODEL);
        if (parts.length < segments.size() || (!open && parts.length > segments.size())) {
            return null;
        }
        for (int i = 0; i < segments.size(); i++) {
            String segment = segments.get(i);
            boolean tail = open && i == segments.size() - 1;
            String part =
                    tail ? String.join("/", List.of(parts).subList(i, parts.length)) : parts[i];
            if ((tail || segment.equals(MODEL)) && !part.isEmpty()) {
                model = decode(part);
            } else if (segment.equals(VERSION) && !part.isEmpty()) {
                version = decode(part);
            } else if (!segment.equals(part)) {
                return null;
            }
        }
        return new Names(model, version);
    }

    private static String decode(String part) {
        if (part.indexOf('%') < 0) {
            return part;
        }
        try {
            // In a path, unlike in a form, a plus sign is itself.
            return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException brokenEscape) {
            return part;
        }
    }
}
