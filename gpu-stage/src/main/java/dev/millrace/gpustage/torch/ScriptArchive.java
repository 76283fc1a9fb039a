package dev.millrace.gpustage.torch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * A TorchScript archive of methods, made of their source, which may declare one list.
 *
 * <p>Source that a module compiles at run time reaches the {@code aten} operators alone; source in
 * an archive reaches every namespace by {@code ops.NAME}, oneDNN's among them. The layout is the
 * one that {@code torch.jit.save} writes: a pickled object, and the code of its class.
 */
final class ScriptArchive {
    private static final String CLASS =
            "class Methods(Module):\n  __parameters__ = []\n  __buffers__ = []\n";

    /** Pickle, protocol 2: an object of that class whose state is the dictionary in between. */
    private static final String OBJECT = "\u0080\u0002c__torch__\nMethods\n)\u0081}";

    private static final String END = "b.";

    /** Pickle, protocol 2: an empty tuple. */
    private static final byte[] NO_CONSTANTS =
            "\u0080\u0002).".getBytes(StandardCharsets.ISO_8859_1);

    private ScriptArchive() {}

    /**
     * Writes the archive of {@code source}, whose methods stand at the left margin.
     *
     * @param list an attribute whose type the source declares, and which begins empty; null for
     *     none
     */
    static void write(Path file, String source, @Nullable String list) throws IOException {
        StringBuilder code = new StringBuilder(CLASS);
        source.lines().forEach(line -> code.append("  ").append(line).append('\n'));
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            record(
                    zip,
                    "data.pkl",
                    (OBJECT + state(list) + END).getBytes(StandardCharsets.ISO_8859_1));
            record(zip, "code/__torch__.py", code.toString().getBytes(StandardCharsets.UTF_8));
            record(zip, "constants.pkl", NO_CONSTANTS);
            record(zip, "version", "3\n".getBytes(StandardCharsets.US_ASCII));
            record(zip, "byteorder", "little".getBytes(StandardCharsets.US_ASCII));
        }
        Files.write(file, bytes.toByteArray());
    }

    /** Pickle, protocol 2: the dictionary's one item, a name of under 256 letters and a list. */
    private static String state(@Nullable String list) {
        return list == null ? "" : "X" + (char) list.length() + "\0\0\0" + list + "]s";
    }

    private static void record(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
        zip.putNextEntry(new ZipEntry("methods/" + name));
        zip.write(bytes);
        zip.closeEntry();
    }
}
