package dev.millrace.journal;

import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How people name a request: its id in hex, alone or behind the prefix of a response id. */
public final class RequestIds {
    private static final Pattern NAME =
            Pattern.compile("(?:[a-z]{1,16}[-_])?(?:0x)?([0-9a-fA-F]{1,16})");

    private RequestIds() {}

    /** As this build writes request ids: 16 hex digits. */
    public static String hex(long requestId) {
        return String.format(Locale.ROOT, "%016x", requestId);
    }

    /** The id that {@code cmpl-17c0…}, {@code 17c0…} or {@code 0x17c0…} names; empty for others. */
    public static OptionalLong parse(String name) {
        Matcher matcher = NAME.matcher(name);
        return matcher.matches()
                ? OptionalLong.of(Long.parseUnsignedLong(matcher.group(1), 16))
                : OptionalLong.empty();
    }

    /** Whether a request with that id and that {@code x-request-id} is the one meant. */
    public static boolean matches(String name, long requestId, String clientRequestId) {
        if (name.equals(clientRequestId)) {
            return true;
        }
        OptionalLong id = parse(name);
        return id.isPresent() && id.getAsLong() == requestId;
    }
}
