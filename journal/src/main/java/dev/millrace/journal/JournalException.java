package dev.millrace.journal;

/**
 * The journal cannot be opened, or a record cannot be appended; the message says which and why in
 * one line.
 */
public final class JournalException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public JournalException(String message) {
        super(message);
    }

    public JournalException(String message, Throwable cause) {
        super(message, cause);
    }
}
