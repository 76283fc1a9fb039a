package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.RequestStatus;
import org.jspecify.annotations.Nullable;

/**
 * A request that a decoder refuses: the short way out of nested parsing, caught by {@link
 * DecodeHandler}, which writes it into the context.
 *
 * <p>It never leaves this package and has no stack trace, so a refusal costs one small object.
 */
final class BadRequest extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final RequestStatus status;
    private final String reason;
    private final @Nullable String param;

    BadRequest(RequestStatus status, String reason, @Nullable String param) {
        super(null, null, false, false);
        this.status = status;
        this.reason = reason;
        this.param = param;
    }

    /** Status {@link RequestStatus#INVALID}. */
    static BadRequest invalid(String reason, @Nullable String param) {
        return new BadRequest(RequestStatus.INVALID, reason, param);
    }

    RequestStatus status() {
        return status;
    }

    @Override
    public String getMessage() {
        return reason;
    }

    @Nullable String param() {
        return param;
    }
}
