package dev.millrace.tools.replay;

import dev.millrace.config.ConfigException;
import dev.millrace.config.ServerConfig;
import dev.millrace.gpustage.DemoModel;
import dev.millrace.journal.EnvironmentRecord;
import dev.millrace.tools.serve.Scratch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Answers the requests of a journal under another policy or with other models.
 *
 * <p>One thread: the one that calls.
 */
final class WhatIf {
    private static final long WARM_UP_NANOS = 2_000_000_000L;

    /** What a setting must begin with to have a part in what is computed. */
    private static final List<String> SETTINGS =
            List.of(
                    "generation.",
                    "cache.",
                    "batch.",
                    "rate-limit.",
                    "models.dtype=",
                    "models.dtypes=",
                    "threads.engine-threads=");

    private static final Comparator<WhatIfReport.Different> FARTHEST_FIRST =
            Comparator.comparingDouble(
                            (WhatIfReport.Different different) -> different.compared().distance())
                    .reversed();

    private final Path journal;
    private final @Nullable Path models;
    private final List<String> changes;
    private final boolean baseline;
    private final Consumer<String> progress;
    private final long began = System.nanoTime();
    private final List<Compared> requests = new ArrayList<>();
    private final List<Compared> same = new ArrayList<>();
    private final List<WhatIfReport.Different> different = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private boolean warm;
    private long executions;
    private long tokens;

    /**
     * @param models a folder with models that take the places of recorded ones of the same name; or
     *     null
     * @param changes {@code key=value}
     * @param baseline whether the recorded policy is simulated too
     * @param progress told what is being done
     * @throws ConfigException where a change has no part in what is computed
     */
    WhatIf(
            Path journal,
            @Nullable Path models,
            List<String> changes,
            boolean baseline,
            Consumer<String> progress) {
        this.journal = journal;
        this.models = models;
        this.changes = List.copyOf(changes);
        this.baseline = baseline;
        this.progress = progress;
        for (String change : changes) {
            if (change.indexOf('=') > 0 && SETTINGS.stream().noneMatch(change::startsWith)) {
                throw new ConfigException(
                        "--set",
                        change,
                        "a setting with a part in what is computed: generation.*, cache.*,"
                                + " batch.*, rate-limit.*, models.dtype, models.dtypes,"
                                + " threads.engine-threads");
            }
        }
    }

    /** Simulates every run of the journal. */
    WhatIfReport report() throws IOException {
        try (var scratch = new Scratch()) {
            var finder = new RecordedModels(null, DemoModel.extractTo(scratch.folder()));
            for (RecordedRun run : RecordedRun.of(journal)) {
                if (run.pruned()) {
                    notes.add("the beginning of the first run was pruned: it is left out");
                } else if (!run.requests().isEmpty()) {
                    simulate(run, finder.folders(run.environment()));
                }
            }
        }
        different.sort(FARTHEST_FIRST);
        return new WhatIfReport(
                journal.toString(),
                change(),
                requests,
                same,
                different.subList(0, Math.min(WhatIfReport.SHOWN, different.size())),
                notes.stream().distinct().toList(),
                executions,
                tokens,
                (System.nanoTime() - began) / 1_000_000);
    }

    private String change() {
        var parts = new ArrayList<String>();
        if (models != null) {
            parts.add("models of " + models);
        }
        parts.addAll(changes);
        return String.join(", ", parts);
    }

    private void simulate(RecordedRun recorded, Map<String, Path> found) throws IOException {
        ServerConfig config = recorded.config(changes);
        Map<String, Path> folders = replaced(recorded.environment(), found);
        var run = new WhatIfRun(journal, recorded);
        if (!warm) {
            progress.accept("warming up");
            run.warmUp(found.isEmpty() ? folders : found, WARM_UP_NANOS);
            warm = true;
        }
        if (baseline) {
            baseline(run, recorded, found);
        }
        progress.accept(
                "run %d, %s: %d requests"
                        .formatted(recorded.number(), change(), recorded.requests().size()));
        WhatIfRun.Outcomes outcomes = run.changed(config, folders);
        requests.addAll(outcomes.requests());
        executions += outcomes.executions();
        tokens += outcomes.tokens();
        outcomes.requests().stream()
                .filter(request -> request.outcome() == Outcome.DIVERGED)
                .sorted(Comparator.comparingDouble(Compared::distance).reversed())
                .limit(WhatIfReport.SHOWN)
                .forEach(request -> different.add(different(run, request)));
    }

    private void baseline(WhatIfRun run, RecordedRun recorded, Map<String, Path> found) {
        for (EnvironmentRecord.Model model : recorded.environment().models()) {
            if (!found.containsKey(model.name())) {
                notes.add(
                        "no baseline: "
                                + Environments.missing(recorded.environment(), model.name()));
                return;
            }
        }
        progress.accept(
                "run %d, as recorded: %d requests"
                        .formatted(recorded.number(), recorded.requests().size()));
        same.addAll(run.baseline(found).requests());
    }

    /** The folder of the same name, whatever it holds. */
    private Map<String, Path> replaced(EnvironmentRecord environment, Map<String, Path> found)
            throws IOException {
        if (models == null) {
            return found;
        }
        var folders = new LinkedHashMap<String, Path>();
        boolean any = false;
        for (EnvironmentRecord.Model model : environment.models()) {
            Path here = models.resolve(model.name());
            boolean present = Files.isDirectory(here);
            any |= present;
            if (present || found.containsKey(model.name())) {
                Path then = found.getOrDefault(model.name(), here);
                folders.put(model.name(), present ? here : Objects.requireNonNull(then));
            }
        }
        if (!any) {
            throw new ConfigException(
                    "--models",
                    models.toString(),
                    "a folder with a folder of a recorded model's name: "
                            + String.join(
                                    ", ",
                                    environment.models().stream()
                                            .map(EnvironmentRecord.Model::name)
                                            .toList()));
        }
        return folders;
    }

    private static WhatIfReport.Different different(WhatIfRun run, Compared compared) {
        RecordedRequest request = compared.request();
        Spelling spelling = run.spelling(request.model);
        return new WhatIfReport.Different(
                compared,
                spelling.recordedText(request.recorded),
                spelling.replayedText(request.replayed));
    }
}
