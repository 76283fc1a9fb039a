package dev.millrace.stages.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Python's methods of {@code str}, as far as chat templates call them. Pure functions. */
final class PythonStrings {
    private PythonStrings() {}

    /**
     * Calls {@code self.method(arguments)}.
     *
     * @throws IllegalArgumentException where there is no such method, or it takes other arguments
     */
    static Object call(String self, String method, @Nullable Object[] arguments) {
        return switch (method) {
            case "strip" -> strip(self, text(arguments, 0), true, true);
            case "lstrip" -> strip(self, text(arguments, 0), true, false);
            case "rstrip" -> strip(self, text(arguments, 0), false, true);
            case "startswith" -> self.startsWith(needed(method, arguments, 0));
            case "endswith" -> self.endsWith(needed(method, arguments, 0));
            case "upper" -> self.toUpperCase(Locale.ROOT);
            case "lower" -> self.toLowerCase(Locale.ROOT);
            case "capitalize" -> capitalize(self);
            case "title" -> title(self);
            case "replace" ->
                    self.replace(needed(method, arguments, 0), needed(method, arguments, 1));
            case "removeprefix" -> {
                String prefix = needed(method, arguments, 0);
                yield self.startsWith(prefix) ? self.substring(prefix.length()) : self;
            }
            case "removesuffix" -> {
                String suffix = needed(method, arguments, 0);
                yield self.endsWith(suffix)
                        ? self.substring(0, self.length() - suffix.length())
                        : self;
            }
            case "find" -> (long) self.indexOf(needed(method, arguments, 0));
            case "split" -> split(self, text(arguments, 0), limit(arguments));
            case "splitlines" -> self.lines().toList();
            case "join" -> join(self, arguments.length > 0 ? arguments[0] : null);
            default ->
                    throw new IllegalArgumentException(
                            "the template calls str." + method + ", which is not supported");
        };
    }

    static String strip(String self, @Nullable String chars, boolean left, boolean right) {
        int from = 0;
        int to = self.length();
        while (left && from < to && strips(self.charAt(from), chars)) {
            from++;
        }
        while (right && to > from && strips(self.charAt(to - 1), chars)) {
            to--;
        }
        return self.substring(from, to);
    }

    private static boolean strips(char c, @Nullable String chars) {
        return chars == null
                ? Character.isWhitespace(c) || Character.isSpaceChar(c) || c == 0x85
                : chars.indexOf(c) >= 0;
    }

    private static String capitalize(String self) {
        return self.isEmpty()
                ? self
                : self.substring(0, 1).toUpperCase(Locale.ROOT)
                        + self.substring(1).toLowerCase(Locale.ROOT);
    }

    private static String title(String self) {
        StringBuilder title = new StringBuilder(self.length());
        boolean inWord = false;
        for (int i = 0; i < self.length(); i++) {
            char c = self.charAt(i);
            title.append(inWord ? Character.toLowerCase(c) : Character.toUpperCase(c));
            inWord = Character.isLetter(c);
        }
        return title.toString();
    }

    private static List<Object> split(String self, @Nullable String separator, long limit) {
        List<Object> parts = new ArrayList<>();
        if (separator == null) {
            for (String part : strip(self, null, true, true).split("\\s+", -1)) {
                if (!part.isEmpty()) {
                    parts.add(part);
                }
            }
            return parts;
        }
        if (separator.isEmpty()) {
            throw new IllegalArgumentException("the template splits at an empty string");
        }
        int from = 0;
        int at = self.indexOf(separator);
        while (at >= 0 && (limit < 0 || parts.size() < limit)) {
            parts.add(self.substring(from, at));
            from = at + separator.length();
            at = self.indexOf(separator, from);
        }
        parts.add(self.substring(from));
        return parts;
    }

    private static String join(String self, @Nullable Object parts) {
        if (!(parts instanceof Iterable<?> each)) {
            throw new IllegalArgumentException("the template joins what is not a list");
        }
        List<String> texts = new ArrayList<>();
        for (Object part : each) {
            texts.add(String.valueOf(part));
        }
        return String.join(self, texts);
    }

    private static long limit(@Nullable Object[] arguments) {
        return arguments.length > 1 && arguments[1] instanceof Number number
                ? number.longValue()
                : -1;
    }

    private static @Nullable String text(@Nullable Object[] arguments, int index) {
        Object argument = index < arguments.length ? arguments[index] : null;
        return argument == null ? null : argument.toString();
    }

    private static String needed(String method, @Nullable Object[] arguments, int index) {
        String argument = text(arguments, index);
        if (argument == null) {
            throw new IllegalArgumentException(
                    "the template calls str." + method + " without an argument it needs");
        }
        return argument;
    }
}
