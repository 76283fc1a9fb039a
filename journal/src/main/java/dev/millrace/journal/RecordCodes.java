package dev.millrace.journal;

import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.LaneTurn;
import dev.millrace.ringbuffer.RequestStatus;
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

    static int of(LaneTurn.Event event) {
        return switch (event) {
            case TAKEN -> 1;
            case CANCELLED -> 2;
            case EXPIRED -> 3;
            case FORM_READY -> 4;
            case FORM_REFUSED -> 5;
        };
    }

    static LaneTurn.@Nullable Event event(int code) {
        return switch (code) {
            case 1 -> LaneTurn.Event.TAKEN;
            case 2 -> LaneTurn.Event.CANCELLED;
            case 3 -> LaneTurn.Event.EXPIRED;
            case 4 -> LaneTurn.Event.FORM_READY;
            case 5 -> LaneTurn.Event.FORM_REFUSED;
            default -> null;
        };
    }

    static int of(RequestStatus status) {
        return switch (status) {
            case OK -> 0;
            case INVALID -> 1;
            case CONTEXT_LENGTH -> 2;
            case MODEL_NOT_FOUND -> 3;
            case UNKNOWN_PATH -> 4;
            case METHOD_NOT_ALLOWED -> 5;
            case BODY_TIMEOUT -> 6;
            case TOO_LARGE -> 7;
            case UNSUPPORTED_ENCODING -> 8;
            case HEADERS_TOO_LARGE -> 9;
            case RATE_LIMITED -> 10;
            case CANCELLED -> 11;
            case INTERNAL -> 12;
            case OVERLOADED -> 13;
            case DRAINING -> 14;
            case JOURNAL_FAILED -> 15;
            case DEADLINE -> 16;
            case NOT_ON_RECORD -> 17;
            case IN_PROGRESS -> 18;
            case NOT_THE_SAME -> 19;
        };
    }

    static @Nullable RequestStatus status(int code) {
        return switch (code) {
            case 0 -> RequestStatus.OK;
            case 1 -> RequestStatus.INVALID;
            case 2 -> RequestStatus.CONTEXT_LENGTH;
            case 3 -> RequestStatus.MODEL_NOT_FOUND;
            case 4 -> RequestStatus.UNKNOWN_PATH;
            case 5 -> RequestStatus.METHOD_NOT_ALLOWED;
            case 6 -> RequestStatus.BODY_TIMEOUT;
            case 7 -> RequestStatus.TOO_LARGE;
            case 8 -> RequestStatus.UNSUPPORTED_ENCODING;
            case 9 -> RequestStatus.HEADERS_TOO_LARGE;
            case 10 -> RequestStatus.RATE_LIMITED;
            case 11 -> RequestStatus.CANCELLED;
            case 12 -> RequestStatus.INTERNAL;
            case 13 -> RequestStatus.OVERLOADED;
            case 14 -> RequestStatus.DRAINING;
            case 15 -> RequestStatus.JOURNAL_FAILED;
            case 16 -> RequestStatus.DEADLINE;
            case 17 -> RequestStatus.NOT_ON_RECORD;
            case 18 -> RequestStatus.IN_PROGRESS;
            case 19 -> RequestStatus.NOT_THE_SAME;
            default -> null;
        };
    }
}
