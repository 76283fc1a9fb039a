package dev.millrace.tools;

import java.io.FileNotFoundException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;

/** Exceptions as one line for the person at the terminal. */
public final class Failures {
    private Failures() {}

    /** The message where it says enough by itself, else with the kind of the exception in front. */
    public static String oneLine(Throwable failure) {
        Throwable cause = failure.getCause();
        Throwable told = failure instanceof UncheckedIOException && cause != null ? cause : failure;
        String message = told.getMessage();
        // A file system's message is the file's name alone.
        boolean bare =
                message == null
                        || told instanceof FileSystemException
                        || told instanceof FileNotFoundException
                        || told instanceof NullPointerException;
        String line = bare ? told.getClass().getSimpleName() + ": " + message : message;
        return line == null ? "" : line.lines().findFirst().orElse(line);
    }
}
