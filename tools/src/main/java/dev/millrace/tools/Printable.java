package dev.millrace.tools;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** What strangers sent, fit for a terminal: control characters would otherwise be obeyed by it. */
public final class Printable {
    private static final int HEX_COLUMNS = 16;

    private Printable() {}

    /** With control characters but tab and line feed written as {@code \}{@code u001b}. */
    public static String text(String raw) {
        StringBuilder out = new StringBuilder(raw.length());
        raw.codePoints()
                .forEach(c -> {
                    if (harmless(c)) {
                        out.appendCodePoint(c);
                    } else if (c != '\r') {
                        out.append("\\u%04x".formatted(c));
                    }
                });
        return out.toString();
    }

    private static boolean harmless(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL -> c == '\n' || c == '\t';
            case Character.FORMAT, Character.SURROGATE, Character.UNASSIGNED -> false;
            default -> true;
        };
    }

    /** The bytes as text, or null where they are none. */
    public static @Nullable String utf8(byte[] bytes) {
        try {
            String text =
                    StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            return text.indexOf('\0') < 0 ? text : null;
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    /** Offset, bytes and ASCII, 16 a line; says how many were left out beyond the limit. */
    public static String hexDump(byte[] bytes, int limit) {
        StringBuilder out = new StringBuilder();
        int shown = Math.min(bytes.length, limit);
        for (int line = 0; line < shown; line += HEX_COLUMNS) {
            out.append("%08x ".formatted(line));
            StringBuilder ascii = new StringBuilder();
            for (int i = line; i < line + HEX_COLUMNS; i++) {
                out.append(i < shown ? " %02x".formatted(bytes[i]) : "   ");
                if (i < shown) {
                    ascii.append(bytes[i] >= ' ' && bytes[i] < 0x7F ? (char) bytes[i] : '.');
                }
            }
            out.append("  ").append(ascii).append('\n');
        }
        if (shown < bytes.length) {
            out.append("… ").append(bytes.length - shown).append(" bytes more (--all)\n");
        }
        return out.toString();
    }
}
