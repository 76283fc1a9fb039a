package dev.millrace.tools.serve;

import dev.millrace.journal.EnvironmentRecord;
import dev.millrace.tools.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What can be said about the machine and a model's files for an environment record. */
public final class EnvironmentFacts {
    private static final Path CPU_INFO = Path.of("/proc/cpuinfo");
    private static final Path GPUS = Path.of("/proc/driver/nvidia/gpus");
    private static final Path DRIVER = Path.of("/proc/driver/nvidia/version");
    private static final String UNKNOWN = "unknown";

    /** What BLAS, oneDNN, OpenMP and CUDA read for themselves: some of it decides bits. */
    private static final List<String> VARIABLES =
            List.of(
                    "ATEN_",
                    "CUBLAS_",
                    "CUDA_VISIBLE_DEVICES",
                    "DNNL_",
                    "GOMP_",
                    "KMP_",
                    "MKL_",
                    "NVIDIA_TF32_OVERRIDE",
                    "OMP_",
                    "ONEDNN_",
                    "OPENBLAS_",
                    "TORCH_");

    private EnvironmentFacts() {}

    /** Processor, system, JVM, and the variables that natives read. */
    static void machine(EnvironmentRecord.Builder facts) {
        facts.put("cpu.model", processor())
                .put("cpu.count", String.valueOf(Runtime.getRuntime().availableProcessors()))
                .put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"))
                .put("java", Runtime.version().toString());
        new TreeMap<>(System.getenv())
                .forEach((name, value) -> {
                    if (VARIABLES.stream().anyMatch(name::startsWith)) {
                        facts.put("variable." + name, value);
                    }
                });
    }

    /** What the driver says of the devices, in the order of their bus addresses. */
    static void cuda(EnvironmentRecord.Builder facts) {
        facts.put("device.models", devices(GPUS)).put("device.driver", value(DRIVER, ""));
    }

    /** The models of all devices that have a folder in {@code gpus}. */
    static String devices(Path gpus) {
        try (Stream<Path> folders = Files.list(gpus)) {
            return folders.sorted()
                    .map(folder -> value(folder.resolve("information"), "Model:"))
                    .collect(Collectors.joining(", "));
        } catch (IOException e) {
            return UNKNOWN;
        }
    }

    private static String value(Path file, String key) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith(key))
                    .map(line -> line.substring(key.length()).strip())
                    .findFirst()
                    .orElse(UNKNOWN);
        } catch (IOException | UncheckedIOException e) {
            return UNKNOWN;
        }
    }

    private static String processor() {
        try (Stream<String> lines = Files.lines(CPU_INFO)) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse(UNKNOWN);
        } catch (IOException | UncheckedIOException e) {
            return UNKNOWN;
        }
    }

    /** SHA-256 of a model's {@code tokenizer.json}, hex; empty where it has none. */
    public static String tokenizer(Path folder) {
        Path file = folder.resolve("tokenizer.json");
        if (!Files.isRegularFile(file)) {
            return "";
        }
        try {
            return Sha256.hex(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
