package dev.millrace.config;

import org.jspecify.annotations.Nullable;

/**
 * Where models come from. Keys {@code models.*}.
 *
 * @param dir each sub-folder is served under its own name; absent serves the embedded demo model
 * @param device {@code auto}, {@code cpu} or {@code cuda}
 * @param dtype how Llama and its relatives hold the weights of their linear layers; arithmetic is
 *     fp32 either way, and all other models hold what they always hold
 */
public record ModelsConfig(@Nullable String dir, Device device, Dtype dtype) {

    /** Where tensors live. */
    public enum Device {
        AUTO,
        CPU,
        CUDA
    }

    /** The format of a weight. */
    public enum Dtype {
        FLOAT32,
        /** Half the bytes to read for every token, and 11 significant bits instead of 24. */
        FLOAT16
    }

    public static ModelsConfig defaults() {
        return new ModelsConfig(null, Device.AUTO, Dtype.FLOAT32);
    }
}
