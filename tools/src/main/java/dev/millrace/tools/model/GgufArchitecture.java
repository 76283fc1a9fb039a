package dev.millrace.tools.model;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The values of {@code general.architecture} that are read and written. */
enum GgufArchitecture {
    /** Mistral as well. */
    LLAMA("LlamaForCausalLM"),
    QWEN2("Qwen2ForCausalLM"),
    QWEN3("Qwen3ForCausalLM");

    private final String className;

    GgufArchitecture(String className) {
        this.className = className;
    }

    /** Hugging Face's name. */
    String className() {
        return className;
    }

    /** The value, and the prefix of the model's keys. */
    String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether GGUF keeps the rows of a tensor of {@link LlamaLayout} as {@link RotaryRows}. */
    boolean rotates(String name) {
        return this == LLAMA && (name.contains(".q_proj.") || name.contains(".k_proj."));
    }

    static @Nullable GgufArchitecture named(String key) {
        for (GgufArchitecture architecture : values()) {
            if (architecture.key().equals(key)) {
                return architecture;
            }
        }
        return null;
    }

    /**
     * @throws dev.millrace.config.ConfigException where {@code config} is of another family
     */
    static GgufArchitecture of(ModelConfig config) {
        String name = config.architecture();
        if (name.equals("MistralForCausalLM")) {
            refuseWindow(config);
            return LLAMA;
        }
        for (GgufArchitecture architecture : values()) {
            if (architecture.className.equals(name)) {
                return architecture;
            }
        }
        throw config.bad(
                "architectures",
                Arrays.stream(values())
                                .map(known -> "[\"" + known.className + "\"]")
                                .collect(Collectors.joining(", "))
                        + " or [\"MistralForCausalLM\"]");
    }

    /** Absent means 4096, null means none. */
    private static void refuseWindow(ModelConfig config) {
        boolean none = config.root().path("sliding_window").isNull();
        if (!none && config.size("sliding_window", 4096) < config.size("max_position_embeddings")) {
            throw config.bad(
                    "sliding_window", "null, as GGUF's architecture llama has no sliding window");
        }
    }
}
