package dev.millrace.gpustage.model;

import dev.millrace.gpustage.ModelLoadException;
import java.nio.file.Path;
import java.util.List;

/** The architectures that Hugging Face folders may hold. */
public enum Architecture {
    /** {@link LlamaModel}. */
    LLAMA,
    /** {@link BertModel}. */
    BERT;

    /**
     * What {@code config.json} names.
     *
     * @throws ModelLoadException if it names none that is served
     */
    public static Architecture read(Path folder) {
        ConfigJson config = ConfigJson.read(folder.resolve("config.json"));
        List<String> names = config.strings("architectures");
        return switch (names.size() == 1 ? names.getFirst() : "") {
            case "LlamaForCausalLM" -> LLAMA;
            case "BertModel" -> BERT;
            default ->
                    throw config.bad(
                            "architectures",
                            "[\"LlamaForCausalLM\"] or [\"BertModel\"] is expected");
        };
    }
}
