package dev.millrace.stages.tokenizer;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A model's text files cannot be used: one line that names the file and what is wrong with it. */
public final class TextModelException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public TextModelException(Path file, String reason, @Nullable Throwable cause) {
        super(file + ": " + oneLine(reason), cause);
    }

    private static String oneLine(String reason) {
        int end = reason.indexOf('\n');
        return end < 0 ? reason : reason.substring(0, end);
    }
}
