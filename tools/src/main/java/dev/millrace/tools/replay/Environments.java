package dev.millrace.tools.replay;

import dev.millrace.journal.EnvironmentRecord;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What executed a recording beside what is here: where they differ, exactness is not claimed. */
final class Environments {
    private static final String MODEL = "model.";

    private Environments() {}

    /** All that may change any answer, in one line; empty where there is nothing. */
    static String differences(EnvironmentRecord recorded, EnvironmentRecord here) {
        List<String> differences =
                recorded.differences(here).stream()
                        .filter(EnvironmentRecord.Difference::decides)
                        .filter(difference -> !difference.key().startsWith(MODEL))
                        .map(EnvironmentRecord.Difference::toString)
                        .toList();
        return differences.isEmpty()
                ? ""
                : "environment differs: " + String.join("; ", differences);
    }

    /** What may change the answers of one model; empty where there is nothing. */
    static String modelDifference(EnvironmentRecord recorded, EnvironmentRecord here, String name) {
        EnvironmentRecord.Model then = model(recorded, name);
        EnvironmentRecord.Model now = model(here, name);
        return Objects.equals(then, now)
                ? ""
                : "model differs: recorded %s, here %s".formatted(then, now);
    }

    /** What is said where a model's folder cannot be found. */
    static String missing(EnvironmentRecord recorded, String name) {
        EnvironmentRecord.Model model = model(recorded, name);
        return model == null
                ? ""
                : "no folder holds the weights of model %s, whose digest is %s; %s"
                        .formatted(
                                name,
                                model.digest(),
                                "--models DIR names a folder of model folders");
    }

    private static EnvironmentRecord.@Nullable Model model(
            EnvironmentRecord environment, String name) {
        return environment.models().stream()
                .filter(model -> model.name().equals(name))
                .findFirst()
                .orElse(null);
    }
}
