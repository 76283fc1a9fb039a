package dev.millrace.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.JournalConfig;
import dev.millrace.config.RingConfig;
import dev.millrace.ringbuffer.Rings;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What executes a run, and how two of them differ. */
class EnvironmentRecordTest {
    private static final EnvironmentRecord.Model EMMA =
            new EnvironmentRecord.Model("emma two", "1", "ab12", "generate", "float16", "cd34");
    private static final EnvironmentRecord.Model MINILM =
            new EnvironmentRecord.Model("minilm", "", "ef56", "embed", "as stored", "");

    @TempDir Path folder;

    private static EnvironmentRecord.Builder facts() {
        return EnvironmentRecord.builder()
                .put("build", "0.1.0")
                .put("engine-threads", "2")
                .put("models.folder", "/srv/größe\nmodels")
                .model(EMMA)
                .model(MINILM)
                .settings(Map.of("http.port", "8080", "models.dtype", "float16"));
    }

    private EnvironmentRecord recorded(EnvironmentRecord environment) {
        var config =
                new JournalConfig(
                        true,
                        folder.toString(),
                        JournalConfig.RollCycle.HOURLY,
                        1 << 20,
                        1024,
                        JournalConfig.Store.FULL,
                        JournalConfig.Durability.PAGE_CACHE,
                        JournalConfig.OnFailure.REFUSE);
        try (Rings rings = new Rings(new RingConfig(8, 512, 2, 4096, 8, 256, 8), 1)) {
            Journal.open(config, 4096, () -> environment, rings.counters(), System::nanoTime)
                    .close();
        }
        try (JournalReader reader = JournalReader.open(folder)) {
            assertThat(reader.next()).isTrue();
            return EnvironmentRecord.of(reader.record());
        }
    }

    @Test
    void shouldComeBackFromTheDisk() {
        EnvironmentRecord environment = recorded(facts().build());

        assertThat(environment).isEqualTo(facts().build());
        assertThat(environment.build()).isEqualTo("0.1.0");
        assertThat(environment.engineThreads()).isEqualTo(2);
        assertThat(environment.device()).isEmpty();
        assertThat(environment.modelsFolder()).isEqualTo("/srv/größe models");
        assertThat(environment.models()).containsExactly(EMMA, MINILM);
        assertThat(environment.settings())
                .isEqualTo(Map.of("http.port", "8080", "models.dtype", "float16"));
    }

    @Test
    void shouldSayHowManyLinesDidNotFit() {
        EnvironmentRecord.Builder facts = facts();
        for (int i = 0; i < 2000; i++) {
            facts.put("fact." + i, "é".repeat(50));
        }
        EnvironmentRecord environment = recorded(facts.build());
        assertThat(facts.build().text()).hasSizeLessThan(EnvironmentRecord.MAX_TEXT_BYTES);
        assertThat(environment.models()).containsExactly(EMMA, MINILM);
        int left = Integer.parseInt(environment.facts().get("lines-left-out"));
        assertThat(environment.facts()).hasSize(facts.build().facts().size() - left + 1);
        assertThat(new String(facts.build().text(), StandardCharsets.UTF_8)).endsWith(left + "\n");
    }

    @Test
    void shouldNameEveryDifferenceAndWhetherItDecides() {
        EnvironmentRecord there = facts().put("variable.OMP_DYNAMIC", "true").build();
        EnvironmentRecord here =
                facts().put("models.folder", "/opt")
                        .put("model.0.digest", "ff00")
                        .settings(Map.of("http.port", "0"))
                        .build();

        assertThat(there.differences(there)).isEmpty();
        assertThat(there.differences(here))
                .extracting(EnvironmentRecord.Difference::toString)
                .containsExactly(
                        "model.0.digest: recorded ab12, here ff00",
                        "models.folder: recorded /srv/größe models, here /opt",
                        "setting.http.port: recorded 8080, here 0",
                        "variable.OMP_DYNAMIC: recorded true, here nothing");
        assertThat(there.differences(here))
                .extracting(EnvironmentRecord.Difference::decides)
                .containsExactly(true, false, false, true);
    }
}
