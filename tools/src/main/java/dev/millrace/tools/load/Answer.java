package dev.millrace.tools.load;

import dev.millrace.ringbuffer.Datatype;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a server answered. Immutable.
 *
 * @param status of HTTP; that of the error where one ended a stream; 0 where no whole answer came
 * @param choices of a text request, by index
 * @param usage null where the answer does not say
 * @param tensors of a KServe request in their order, or the vectors of an embedding request by
 *     index
 * @param problem what was said instead of an answer, or what went wrong; empty where all is well
 */
public record Answer(
        int status,
        Map<Integer, Choice> choices,
        @Nullable Usage usage,
        List<Tensor> tensors,
        String problem) {
    /** HTTP's status of a whole answer. */
    public static final int OK = 200;

    public Answer {
        choices = new TreeMap<>(choices);
        tensors = List.copyOf(tensors);
    }

    /** No text, no tensors. */
    public static Answer failed(int status, String problem) {
        return new Answer(status, Map.of(), null, List.of(), problem);
    }

    /** Whether a whole answer came, be it a refusal. */
    public boolean came() {
        return status != 0;
    }

    /**
     * One text.
     *
     * @param text null where it is not known
     * @param ids null where they are not known
     * @param finish OpenAI's {@code finish_reason}; empty where it is not known
     */
    public record Choice(@Nullable String text, @Nullable List<Integer> ids, String finish) {}

    /**
     * Tokens that were used.
     *
     * @param cached tokens of the prompt that were found in a cache; 0 where the answer does not
     *     say
     */
    public record Usage(int prompt, int completion, int cached) {}

    /**
     * One tensor or vector.
     *
     * @param name empty for a vector
     * @param bytes little-endian, row-major; null where they are not known
     * @param sha256 of the bytes
     */
    public record Tensor(
            String name, Datatype datatype, @Nullable ByteBuffer bytes, ByteBuffer sha256) {}
}
