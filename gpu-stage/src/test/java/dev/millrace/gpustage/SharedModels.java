package dev.millrace.gpustage;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The real models beside the checkout, with what other programs computed from them. */
public final class SharedModels {
    private SharedModels() {}

    /** The folder of a model; skips the test where there is none. */
    public static Path folder(String model) {
        String named =
                Optional.ofNullable(System.getProperty("millrace.shared"))
                        .orElse(System.getenv("MILLRACE_SHARED"));
        Path shared = named == null ? Path.of("../../shared") : Path.of(named);
        Path folder = shared.resolve("models").resolve(model).toAbsolutePath().normalize();
        assumeTrue(Files.isDirectory(folder), () -> "skipped: " + folder + " is absent");
        return folder;
    }

    /** The golden file of a model. */
    public static JsonNode golden(String model) {
        try {
            return new JsonMapper()
                    .readTree(Files.readAllBytes(folder(model).resolve("golden.json")));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** The prompts of a text model's golden file, each with its ids. */
    public static List<JsonNode> prompts(JsonNode golden) {
        List<JsonNode> prompts = new ArrayList<>();
        prompts.add(golden);
        golden.path("more").forEach(prompts::add);
        return prompts;
    }

    /** A list of whole numbers. */
    public static int[] ints(JsonNode list) {
        int[] values = new int[list.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = list.get(i).asInt();
        }
        return values;
    }
}
