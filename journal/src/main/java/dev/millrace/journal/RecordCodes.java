package dev.millrace.journal;

import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.Route;
import org.jspecify.annotations.Nullable;

/**
 * Bytes on disk for constants of other modules. Written out, since an ordinal would change its
 * meaning when somebody inserts a constant; a missing one does not compile.
 */
final class RecordCodes {
    private RecordCodes() {}

    static int of(Route route) {
        return switch (route) {
            case OPENAI_COMPLETIONS -> 1;
            case OPENAI_CHAT -> 2;
            case OPENAI_EMBEDDINGS -> 3;
            case KSERVE_INFER -> 4;
        };
    }

    static @Nullable Route route(int code) {
        return switch (code) {
            case 1 -> Route.OPENAI_COMPLETIONS;
            case 2 -> Route.OPENAI_CHAT;
            case 3 -> Route.OPENAI_EMBEDDINGS;
            case 4 -> Route.KSERVE_INFER;
            default -> null;
        };
    }

    static int of(FinishReason finish) {
        return switch (finish) {
            case NONE -> 0;
            case STOP -> 1;
            case LENGTH -> 2;
            case CANCELLED -> 3;
        };
    }

    static @Nullable FinishReason finish(int code) {
        return switch (code) {
            case 0 -> FinishReason.NONE;
            case 1 -> FinishReason.STOP;
            case 2 -> FinishReason.LENGTH;
            case 3 -> FinishReason.CANCELLED;
            default -> null;
        };
    }
}
