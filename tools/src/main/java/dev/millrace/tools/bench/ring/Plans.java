package dev.millrace.tools.bench.ring;

import dev.millrace.config.ConfigException;
import dev.millrace.config.ThreadsConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Thread plans by the names they have in the configuration; {@code auto} is none to measure. */
public final class Plans {
    private Plans() {}

    /**
     * As {@code --plan} is given.
     *
     * @param others what else is accepted, which the caller has looked for
     */
    public static ThreadsConfig.Plan parse(String name, String... others) {
        List<String> accepted = new ArrayList<>();
        for (ThreadsConfig.Plan plan : all()) {
            if (name(plan).equals(name)) {
                return plan;
            }
            accepted.add(name(plan));
        }
        accepted.addAll(List.of(others));
        String last = accepted.removeLast();
        throw new ConfigException("--plan", name, String.join(", ", accepted) + " or " + last);
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
