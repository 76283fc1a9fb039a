package dev.millrace.tools.bench.ring;

import dev.millrace.config.ConfigException;
import dev.millrace.config.ThreadsConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Thread plans by the names they have in the configuration; {@code auto} is none to measure. */
public final class Plans {
    static final String NAMES = "compact, pipelined";

    private Plans() {}

    /** As {@code --plan} is given. */
    public static ThreadsConfig.Plan parse(String name) {
        return parse(name, NAMES + " or run-to-completion");
    }

    static ThreadsConfig.Plan parse(String name, String accepted) {
        for (ThreadsConfig.Plan plan : all()) {
            if (name(plan).equals(name)) {
                return plan;
            }
        }
        throw new ConfigException("--plan", name, accepted);
    }

    static List<ThreadsConfig.Plan> all() {
        var plans = new ArrayList<>(List.of(ThreadsConfig.Plan.values()));
        plans.remove(ThreadsConfig.Plan.AUTO);
        return plans;
    }

    static String name(ThreadsConfig.Plan plan) {
        return plan.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
