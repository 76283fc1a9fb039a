package dev.millrace.gpustage.declaration;

import dev.millrace.ringbuffer.Datatype;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Names of element types in declarations: {@code FP32} and Triton's {@code TYPE_FP32}, in any case.
 */
final class Datatypes {
    private Datatypes() {}

    static @Nullable Datatype of(String name) {
        String upper = name.toUpperCase(Locale.ROOT);
        return Datatype.of(upper.startsWith("TYPE_") ? upper.substring("TYPE_".length()) : upper);
    }

    /** What a refusal says would be accepted. */
    static String accepted() {
        return "one of " + Arrays.toString(Datatype.values()) + " is expected";
    }
}
