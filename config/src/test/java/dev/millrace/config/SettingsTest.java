package dev.millrace.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** A configuration that is put on record comes back as it was. */
class SettingsTest {
    private static ServerConfig recorded(Map<String, String> settings) {
        return new ConfigLoader().recorded(settings).load().config();
    }

    @Test
    void shouldGiveBackTheDefaults() {
        ServerConfig config = ServerConfig.defaults();
        assertThat(recorded(Settings.of(config))).isEqualTo(config);
    }

    @Test
    void shouldGiveBackEveryKindOfValue() {
        ServerConfig config =
                new ConfigLoader()
                        .set("models.dir=/srv/it's: a #model, null")
                        .set("journal.dir=null")
                        .set("models.dtype=bfloat16")
                        .set("models.dtypes=it's a model=int8, b=float32")
                        .set("batch.preferred-rows=4,8,16")
                        .set("generation.slots=7")
                        .set("journal.enabled=false")
                        .load()
                        .config();
        assertThat(config.models().dir()).isEqualTo("/srv/it's: a #model, null");
        assertThat(config.journal().dir()).isEqualTo("null");
        assertThat(recorded(Settings.of(config))).isEqualTo(config);
    }

    @Test
    void shouldNameEveryKeyAsItIsPrinted() {
        LoadedConfig loaded = new ConfigLoader().load();
        assertThat(Settings.of(loaded.config()).keySet())
                .containsExactlyElementsOf(
                        loaded.print()
                                .lines()
                                .map(line -> line.substring(0, line.indexOf(": ")))
                                .toList());
    }

    @Test
    void shouldLeaveOutKeysOfAnotherBuildAndTakeAFlagOverARecord() {
        var settings = new TreeMap<>(Settings.of(ServerConfig.defaults()));
        settings.put("warp.factor", "9");
        settings.put("http.port", "1234");
        assertThat(recorded(settings).http().port()).isEqualTo(1234);
        ServerConfig config =
                new ConfigLoader()
                        .recorded(settings)
                        .flag("--port", "http.port", "0")
                        .load()
                        .config();
        assertThat(config.http().port()).isZero();
    }

    @Test
    void shouldNameARecordedValueThatCannotBe() {
        assertThatThrownBy(() -> recorded(Map.of("http.port", "many")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContainingAll("http.port", "many", "recorded settings:1");
        assertThatThrownBy(() -> recorded(Map.of("http.port", "{a: [")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("recorded settings:");
    }
}
