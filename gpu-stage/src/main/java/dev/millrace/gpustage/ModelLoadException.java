package dev.millrace.gpustage;

import java.io.Serial;

/**
 * A model folder or file cannot be served.
 *
 * <p>The message is one line that names the file, the value that is wrong and what would be
 * accepted.
 */
public final class ModelLoadException extends RuntimeException {
    @Serial private static final long serialVersionUID = 1L;

    /** Creates the refusal; {@code message} names file, value and what would be accepted. */
    public ModelLoadException(String message) {
        super(message);
    }

    /** Creates the refusal of a file that another library could not read. */
    public ModelLoadException(String message, Throwable cause) {
        super(message, cause);
    }
}
