package dev.millrace.ringbuffer;

import org.jspecify.annotations.Nullable;

/**
 * The outcome a request carries down the ring. OpenAI's error {@code type} and {@code code} are
 * fixed here; KServe takes the HTTP status alone.
 */
public enum RequestStatus {
    OK(200, "", null),
    /** Malformed or contradictory input. */
    INVALID(400, "invalid_request_error", null),
    /** Prompt and answer do not fit the model's context. */
    CONTEXT_LENGTH(400, "invalid_request_error", "context_length_exceeded"),
    MODEL_NOT_FOUND(404, "invalid_request_error", "model_not_found"),
    UNKNOWN_PATH(404, "invalid_request_error", "unknown_url"),
    METHOD_NOT_ALLOWED(405, "invalid_request_error", "method_not_allowed"),
    BODY_TIMEOUT(408, "invalid_request_error", "request_timeout"),
    TOO_LARGE(413, "invalid_request_error", "request_too_large"),
    UNSUPPORTED_ENCODING(415, "invalid_request_error", "unsupported_content_encoding"),
    HEADERS_TOO_LARGE(431, "invalid_request_error", "request_header_fields_too_large"),
    /** What the request wants to go on from is not known here. */
    NOT_ON_RECORD(404, "invalid_request_error", "not_on_record"),
    /** The same request is still being answered. */
    IN_PROGRESS(409, "invalid_request_error", "request_in_progress"),
    /** The request repeats another one, but is not the same. */
    NOT_THE_SAME(422, "invalid_request_error", "not_the_same_request"),
    /** This caller is over its limit. */
    RATE_LIMITED(429, "rate_limit_error", "rate_limit_exceeded"),
    /** The client went away; never sent. */
    CANCELLED(499, "cancelled", "cancelled"),
    INTERNAL(500, "server_error", "internal_error"),
    /** The server is full. */
    OVERLOADED(503, "service_unavailable_error", "server_is_overloaded"),
    /** The server is shutting down. */
    DRAINING(503, "service_unavailable_error", "server_is_draining"),
    /** The request could not be put on record. */
    JOURNAL_FAILED(503, "service_unavailable_error", "journal_unavailable"),
    /** The caller's own deadline passed first. */
    DEADLINE(504, "timeout_error", "deadline_exceeded");

    private final int httpStatus;
    private final String type;
    private final @Nullable String code;

    RequestStatus(int httpStatus, String type, @Nullable String code) {
        this.httpStatus = httpStatus;
        this.type = type;
        this.code = code;
    }

    public int httpStatus() {
        return httpStatus;
    }

    /** OpenAI's {@code error.type}. */
    public String type() {
        return type;
    }

    /** OpenAI's {@code error.code}; null where OpenAI gives none. */
    public @Nullable String code() {
        return code;
    }

    /** Whether a later attempt may succeed: such answers carry Retry-After. */
    public boolean retryable() {
        return httpStatus == 409 || httpStatus == 429 || httpStatus == 503;
    }
}
