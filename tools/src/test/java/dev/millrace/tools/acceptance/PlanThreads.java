package dev.millrace.tools.acceptance;

import dev.millrace.config.ThreadsConfig.Plan;

/** The threads that stages have, by name. */
public final class PlanThreads {
    private PlanThreads() {}

    /**
     * @param together the one that has them all under run-to-completion
     */
    public static String[] of(Plan plan, String together) {
        return switch (plan) {
            case COMPACT -> new String[] {"front", "back"};
            case RUN_TO_COMPLETION -> new String[] {together};
            default ->
                    new String[] {
                        "journal",
                        "decode",
                        "rate-limit",
                        "batch",
                        "reply-journal",
                        "reply",
                        "telemetry"
                    };
        };
    }
}
