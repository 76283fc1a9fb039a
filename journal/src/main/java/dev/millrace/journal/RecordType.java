package dev.millrace.journal;

import org.jspecify.annotations.Nullable;

/** What a record holds. The codes are on disk and never change their meaning. */
public enum RecordType {
    /** The first record of a run: what executes its requests. */
    ENVIRONMENT(1),
    /** A request as the door received it. */
    INGRESS(2),
    /** The client of a request went away. */
    CANCEL(3),
    /** One turn of a lane: what it noticed, and what it executes together. */
    STEP(4),
    /** What the stages decided about a request. */
    DECISION(5),
    /** Records that could not be written are missing before this one. */
    GAP(6),
    /** A run of token ids. */
    OUTPUT_TOKENS(16),
    /** The vector of one text. */
    OUTPUT_EMBEDDING(17),
    /** One output tensor. */
    OUTPUT_TENSOR(18),
    /** The end of a request that was refused, failed or cancelled. */
    OUTPUT_FAILURE(19);

    /** More than the largest code. */
    static final int CODES = 20;

    private static final RecordType[] VALUES = values();

    private final int code;

    RecordType(int code) {
        this.code = code;
    }

    /** The byte on disk. */
    public int code() {
        return code;
    }

    /** Whether records of this type answer a request and may carry {@link JournalRecord#LAST}. */
    public boolean output() {
        return code >= OUTPUT_TOKENS.code;
    }

    /** Whether records of this type belong to one request, whose id their header holds. */
    public boolean ofRequest() {
        return this != ENVIRONMENT && this != STEP && this != GAP;
    }

    /** The flags that a record of this type may carry. */
    int flags() {
        return output()
                ? JournalRecord.LAST | JournalRecord.HASHED
                : this == INGRESS || this == DECISION ? JournalRecord.HASHED : 0;
    }

    /** The type with that code, or null. */
    public static @Nullable RecordType of(int code) {
        for (RecordType type : VALUES) {
            if (type.code == code) {
                return type;
            }
        }
        return null;
    }
}
