package dev.millrace.config;

import org.jspecify.annotations.Nullable;

/**
 * Where models come from. Keys {@code models.*}.
 *
 * @param dir each sub-folder is served under its own name; absent serves the embedded demo model
 * @param device {@code auto}, {@code cpu} or {@code cuda}
 */
public record ModelsConfig(@Nullable String dir, Device device) {

    /** Where tensors live. */
    public enum Device {
        AUTO,
        CPU,
        CUDA
    }

    public static ModelsConfig defaults() {
        return new ModelsConfig(null, Device.AUTO);
    }
}
