package dev.millrace.tools.model;

/** Why something cannot be downloaded, however often one tries. The message is for the user. */
final class PullException extends RuntimeException {
    private static final long serialVersionUID = 1;

    PullException(String message) {
        super(message);
    }
}
