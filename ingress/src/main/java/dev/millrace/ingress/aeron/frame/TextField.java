package dev.millrace.ingress.aeron.frame;

/**
 * The texts of a {@link RequestFrame}, in their order there. The names are those that refusals say.
 */
public enum TextField {
    /**
     * Model of a KServe request, UTF-8. Other routes name theirs in the body, and have none here.
     */
    MODEL("model", 255, false),
    /** Version of that model. */
    MODEL_VERSION("model version", 64, true),
    /** As {@code Authorization: Bearer} over HTTP; never recorded. */
    API_KEY("api key", 1024, true),
    /** W3C trace context. */
    TRACEPARENT("traceparent", 128, true),
    /** As {@code x-request-id} over HTTP. */
    REQUEST_ID("request id", 128, true),
    /** As {@code Idempotency-Key} over HTTP. */
    IDEMPOTENCY_KEY("idempotency key", 255, true),
    /** As {@code Last-Event-ID} over HTTP. */
    LAST_EVENT_ID("last event id", 255, true);

    private static final TextField[] ALL = values();

    /** How many there are. */
    public static final int COUNT = 7;

    private final String label;
    private final int maxBytes;
    private final boolean visible;

    TextField(String label, int maxBytes, boolean visible) {
        this.label = label;
        this.maxBytes = maxBytes;
        this.visible = visible;
    }

    /** The field at that place, without the copy that {@code values()} makes. */
    public static TextField at(int index) {
        return ALL[index];
    }

    public String label() {
        return label;
    }

    public int maxBytes() {
        return maxBytes;
    }

    /** Whether it is visible ASCII, without blanks. */
    public boolean visible() {
        return visible;
    }
}
