package dev.millrace.gpustage;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The files of a model folder that hold weights.
 *
 * @param torchScript the TorchScript file, or null for a Hugging Face folder
 * @param version Triton's version folder, or 1
 * @param weights all files with weights, in order of their names
 */
record ModelFiles(@Nullable Path torchScript, String version, List<Path> weights) {
    private static final int CHUNK_BYTES = 1 << 20;

    /** Finds them; a TorchScript file with the name {@code model.pt} comes before any other. */
    static ModelFiles find(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new ModelLoadException(folder + ": no such folder");
        }
        if (Files.exists(folder.resolve("config.json"))) {
            return new ModelFiles(null, "1", list(folder, ".safetensors"));
        }
        String version = version(folder);
        Path inside = version.isEmpty() ? folder : folder.resolve(version);
        List<Path> scripts = list(inside, ".pt");
        Path named = inside.resolve("model.pt");
        if (scripts.size() != 1 && !scripts.contains(named)) {
            throw new ModelLoadException(
                    inside
                            + ": holds "
                            + scripts.stream().map(Path::getFileName).toList()
                            + "; config.json with *.safetensors, or one TorchScript file"
                            + " (model.pt or *.pt) is expected");
        }
        Path script = scripts.contains(named) ? named : scripts.getFirst();
        return new ModelFiles(script, version.isEmpty() ? "1" : version, List.of(script));
    }

    /** SHA-256 over all weights, hex. */
    String digest() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] chunk = new byte[CHUNK_BYTES];
            for (Path file : weights) {
                try (InputStream in = Files.newInputStream(file)) {
                    for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
                        digest.update(chunk, 0, read);
                    }
                }
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException e) {
            throw new ModelLoadException(weights + ": cannot be read: " + e.getMessage(), e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** The highest numbered sub-folder, Triton's default policy; empty where there is none. */
    private static String version(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(Files::isDirectory)
                    .map(path -> path.getFileName().toString())
                    .filter(name -> name.matches("[1-9]\\d{0,8}"))
                    .max(Comparator.comparingInt(Integer::parseInt))
                    .orElse("");
        } catch (IOException e) {
            throw new ModelLoadException(folder + ": cannot be listed: " + e.getMessage(), e);
        }
    }

    private static List<Path> list(Path folder, String suffix) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(path -> path.getFileName().toString().endsWith(suffix))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new ModelLoadException(folder + ": cannot be listed: " + e.getMessage(), e);
        }
    }
}
