package dev.millrace.gpustage.guide;

/** A source cannot be made a guide; the message says what is wrong and what is accepted. */
final class GuideException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    GuideException(String message) {
        super(message, null, false, false);
    }
}
