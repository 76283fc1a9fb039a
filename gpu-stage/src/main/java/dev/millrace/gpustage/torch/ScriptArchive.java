package dev.millrace.gpustage.torch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A TorchScript archive of methods, made of their source, which may declare attributes.
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

    static final String NO_STATE = "";

    private static final String END = "b.";

    /** Pickle, protocol 2: an empty tuple. */
    private static final byte[] NO_CONSTANTS =
            "\u0080\u0002).".getBytes(StandardCharsets.ISO_8859_1);

    private ScriptArchive() {}

    /**
     * Writes the archive of {@code source}, whose methods stand at the left margin.
     *
     * @param state its attributes, whose types the source declares: {@link #NO_STATE} or {@link
     *     #state}
     */
    static void write(Path file, String source, String state) throws IOException {
        StringBuilder code = new StringBuilder(CLASS);
        source.lines().forEach(line -> code.append("  ").append(line).append('\n'));
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            record(zip, "data.pkl", (OBJECT + state + END).getBytes(StandardCharsets.ISO_8859_1));
            record(zip, "code/__torch__.py", code.toString().getBytes(StandardCharsets.UTF_8));
            record(zip, "constants.pkl", NO_CONSTANTS);
            record(zip, "version", "3\n".getBytes(StandardCharsets.US_ASCII));
            record(zip, "byteorder", "little".getBytes(StandardCharsets.US_ASCII));
        }
        Files.write(file, bytes.toByteArray());
    }

    /**
     * An empty list and a number from 0 to 255, by names of under 128 letters.
     *
     * @return pickle, protocol 2: the dictionary's two items
     */
    static String state(String list, String number, int value) {
        return name(list) + "]s" + name(number) + "K" + (char) value + "s";
    }

    private static String name(String name) {
        return "X" + (char) name.length() + "\0\0\0" + name;
    }

    private static void record(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
        zip.putNextEntry(new ZipEntry("methods/" + name));
        zip.write(bytes);
        zip.closeEntry();
    }
}
