package dev.millrace.stages.tokenizer;

import org.jspecify.annotations.Nullable;

/** A chat template's own {@code raise_exception}, or a bound it ran into. */
final class TemplateRefusal extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final int MAX_WORDS = 300;

    TemplateRefusal(String message) {
        super(message, null, false, false);
    }

    /** {@code raise_exception(message)} in a template. */
    @SuppressWarnings("DoNotCallSuggester") // Jinjava calls it, by reflection.
    static String raise(@Nullable Object message) {
        throw new TemplateRefusal(String.valueOf(message));
    }

    /** The innermost reason: the template's words if it refused, else Jinjava's. */
    static String words(Throwable thrown) {
        Throwable reason = thrown;
        for (Throwable t = thrown; t != null; t = t.getCause()) {
            reason = t;
            if (t instanceof TemplateRefusal) {
                break;
            }
        }
        String message = reason.getMessage();
        String words = message == null ? reason.getClass().getSimpleName() : message;
        return words.length() <= MAX_WORDS ? words : words.substring(0, MAX_WORDS);
    }
}
