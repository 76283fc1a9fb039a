package dev.millrace.gpustage.model;

import dev.millrace.gpustage.ModelLoadException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The architectures that Hugging Face folders may hold. */
public enum Architecture {
    /** {@link LlamaModel}. */
    LLAMA("LlamaForCausalLM"),
    /** {@link LlamaModel} whose tokens see a window of the text. */
    MISTRAL("MistralForCausalLM"),
    /** {@link LlamaModel} with biases at q, k and v. */
    QWEN2("Qwen2ForCausalLM"),
    /** {@link LlamaModel} with each head's q and k normalised. */
    QWEN3("Qwen3ForCausalLM"),
    /** {@link Gpt2Model}. */
    GPT2("GPT2LMHeadModel"),
    /** {@link BertModel}. */
    BERT("BertModel");

    private final String className;

    Architecture(String className) {
        this.className = className;
    }

    /**
     * What {@code config.json} names.
     *
     * @throws ModelLoadException if it names none that is served
     */
    public static Architecture read(Path folder) {
        return of(ConfigJson.read(folder.resolve("config.json")));
    }

    /** The width of the residual stream that {@code config.json} names. */
    public int hidden(Path folder) {
        return ConfigJson.read(folder.resolve("config.json"))
                .integer(this == GPT2 ? "n_embd" : "hidden_size", 1, 1 << 24);
    }

    static Architecture of(ConfigJson config) {
        List<String> names = config.strings("architectures");
        for (Architecture architecture : values()) {
            if (names.equals(List.of(architecture.className))) {
                return architecture;
            }
        }
        String accepted =
                Arrays.stream(values())
                        .map(architecture -> "[\"" + architecture.className + "\"]")
                        .collect(Collectors.joining(", "));
        throw config.bad("architectures", "one of " + accepted + " is expected");
    }

    /** KServe's name for what serves it, such as {@code safetensors_llama}. */
    public String platform() {
        return "safetensors_" + name().toLowerCase(java.util.Locale.ROOT);
    }
}
