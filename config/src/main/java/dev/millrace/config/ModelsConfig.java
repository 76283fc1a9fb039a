package dev.millrace.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where models come from. Keys {@code models.*}.
 *
 * @param dir each sub-folder is served under its own name; absent serves the embedded demo model
 * @param device {@code auto}, {@code cpu} or {@code cuda}
 * @param dtype how models that read text hold the weights of their linear layers: {@code auto} is
 *     float32 for embedding models; all other models hold what is stored
 * @param dtypes the same for single models, each {@code NAME=FORMAT}; the last one counts
 */
public record ModelsConfig(@Nullable String dir, Device device, Dtype dtype, List<String> dtypes) {
    private static final String DTYPES = "models.dtypes";

    public ModelsConfig {
        dtypes = List.copyOf(dtypes);
        dtypes.forEach(ModelsConfig::format);
    }

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
         * int8 changes answers too much to be chosen without being asked for. Embedding models are
         * not measured and stay float32, as vectors are compared with those of other machines.
         */
        AUTO
    }

    public static ModelsConfig defaults() {
        return new ModelsConfig(null, Device.AUTO, Dtype.FLOAT32, List.of());
    }

    /** How the model of this name holds its weights. */
    public Dtype dtype(String model) {
        return dtypes.stream()
                .filter(entry -> name(entry).equals(model))
                .reduce((_, last) -> last)
                .map(ModelsConfig::format)
                .orElse(dtype);
    }

    /** Whether {@link #dtypes} names the model. */
    public boolean namesDtypeOf(String model) {
        return dtypes.stream().anyMatch(entry -> name(entry).equals(model));
    }

    /**
     * Checks that all that {@link #dtypes} names is there.
     *
     * @throws ConfigException where a name is none of {@code models}
     */
    public void checkNames(Collection<String> models) {
        for (String entry : dtypes) {
            if (!models.contains(name(entry))) {
                throw new ConfigException(
                        DTYPES,
                        entry,
                        "the name of a model that is served: " + String.join(", ", models));
            }
        }
    }

    /** The same with another folder. */
    public ModelsConfig withDir(String other) {
        return new ModelsConfig(other, device, dtype, dtypes);
    }

    /** The same with another format for all that {@link #dtypes} does not name. */
    public ModelsConfig withDtype(Dtype other) {
        return new ModelsConfig(dir, device, other, dtypes);
    }

    /**
     * The same with a format for one model.
     *
     * @param format as in {@code models.dtype}
     * @throws ConfigException where there is no such format
     */
    public ModelsConfig withDtype(String model, String format) {
        var more = new ArrayList<>(dtypes);
        more.add(model + "=" + format);
        return new ModelsConfig(dir, device, dtype, more);
    }

    private static String name(String entry) {
        return entry.substring(0, entry.lastIndexOf('='));
    }

    private static Dtype format(String entry) {
        int equals = entry.lastIndexOf('=');
        String format = entry.substring(equals + 1);
        return Arrays.stream(Dtype.values())
                .filter(dtype -> equals > 0 && Check.dashed(dtype).equals(format))
                .findFirst()
                .orElseThrow(() ->
                        new ConfigException(
                                DTYPES,
                                entry,
                                "NAME=FORMAT, the format " + Check.names(Dtype.class)));
    }
}
