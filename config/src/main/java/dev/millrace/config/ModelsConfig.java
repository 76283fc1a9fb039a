package dev.millrace.config;

import org.jspecify.annotations.Nullable;

/**
 * Where models come from. Keys {@code models.*}.
 *
 * @param dir each sub-folder is served under its own name; absent serves the embedded demo model
 * @param device {@code auto}, {@code cpu} or {@code cuda}
 * @param dtype how text models hold the weights of their linear layers; all other models hold what
 *     they always hold
 */
public record ModelsConfig(@Nullable String dir, Device device, Dtype dtype) {

    /** Where text models compute; all others compute on the CPU. */
    public enum Device {
        /** {@link #CUDA} where the build has it and there is a device, else {@link #CPU}. */
        AUTO,
        CPU,
        /** The first CUDA device that the process sees. */
        CUDA
    }

    /** The format of a weight. */
    public enum Dtype {
        /** As exact as the checkpoint. */
        FLOAT32,
        /** Half the bytes to read for every token, and 11 significant bits instead of 24. */
        FLOAT16,
        /**
         * Half the bytes, and 8 significant bits in weights and inputs: for processors that
         * multiply in it.
         */
        BFLOAT16,
        /**
         * A quarter of the bytes: 8-bit integers with one scale a row of weights, multiplied by
         * inputs rounded to 8 bits, one scale a token. Answers differ from those of the others.
         */
        INT8,
        /**
         * Whichever of these but int8 is fastest on this machine, measured when the model loads:
         * int8 changes answers too much to be chosen without being asked for.
         */
        AUTO
    }

    public static ModelsConfig defaults() {
        return new ModelsConfig(null, Device.AUTO, Dtype.FLOAT32);
    }
}
