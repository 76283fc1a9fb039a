package dev.millrace.gpustage.torch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A TorchScript archive of methods without attributes, made of their source.
 *
 * <p>Source that a module compiles at run time reaches the {@code aten} operators alone; source in
 * an archive reaches every namespace by {@code ops.NAME}, oneDNN's among them. The layout is the
 * one that {@code torch.jit.save} writes: a pickled object, and the code of its class.
 */
final class ScriptArchive {
    private static final String CLASS =
            "class Methods(Module):\n  __parameters__ = []\n  __buffers__ = []\n";

    /** Pickle, protocol 2: an object of that class whose state is an empty dictionary. */
    private static final byte[] STATELESS_OBJECT =
            "\u0080\u0002c__torch__\nMethods\n)\u0081}b.".getBytes(StandardCharsets.ISO_8859_1);

    /** Pickle, protocol 2: an empty tuple. */
    private static final byte[] NO_CONSTANTS =
            "\u0080\u0002).".getBytes(StandardCharsets.ISO_8859_1);

    private ScriptArchive() {}

    /** Writes the archive of {@code source}, whose methods stand at the left margin. */
    static void write(Path file, String source) throws IOException {
        StringBuilder code = new StringBuilder(CLASS);
        source.lines().forEach(line -> code.append("  ").append(line).append('\n'));
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            record(zip, "data.pkl", STATELESS_OBJECT);
            record(zip, "code/__torch__.py", code.toString().getBytes(StandardCharsets.UTF_8));
            record(zip, "constants.pkl", NO_CONSTANTS);
            record(zip, "version", "3\n".getBytes(StandardCharsets.US_ASCII));
            record(zip, "byteorder", "little".getBytes(StandardCharsets.US_ASCII));
        }
        Files.write(file, bytes.toByteArray());
    }

    private static void record(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
        zip.putNextEntry(new ZipEntry("methods/" + name));
        zip.write(bytes);
        zip.closeEntry();
    }
}
