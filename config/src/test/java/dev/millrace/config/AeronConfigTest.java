package dev.millrace.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every key of the Aeron door: a wrong value is named, with its source and what would be right. */
class AeronConfigTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            textBlock =
                    """
                    aeron.enabled      | maybe            | -              | true or false
                    aeron.driver       | mine             | -              | embedded, external
                    aeron.directory    | ' '              | -              | a folder, or null
                    aeron.endpoint     | 40123            | -              | host:port, with a port from 1 to 65535
                    aeron.endpoint     | localhost        | -              | host:port, with a port from 1 to 65535
                    aeron.endpoint     | localhost:0      | -              | host:port, with a port from 1 to 65535
                    aeron.endpoint     | localhost:70000  | -              | host:port, with a port from 1 to 65535
                    aeron.endpoint     | a?b=c:4          | -              | host:port, with a port from 1 to 65535
                    aeron.endpoint     | localhost:65535  | -              | a port below 65535, or aeron.control as well
                    aeron.control      | localhost        | localhost:4001 | host:port, with a port from 1 to 65535
                    aeron.control      | localhost:4002   | -              | null where aeron.endpoint is null
                    aeron.stream-id    | 0                | -              | 1 to 2147483646
                    aeron.stream-id    | one              | -              | number
                    aeron.term-bytes   | 65535            | -              | a power of two from 65536 to 134217728
                    aeron.term-bytes   | 268435456        | -              | a power of two from 65536 to 134217728
                    aeron.max-sessions | 0                | -              | 1 to 1024
                    aeron.max-sessions | 1025             | -              | 1 to 1024
                    aeron.idle         | sleeping         | -              | backoff, yielding, busy-spin
                    """)
    void shouldNameWhatCannotBeAccepted(
            String key, String value, String endpoint, String accepted) {
        var loader = new ConfigLoader();
        if (endpoint != null) {
            loader.set("aeron.endpoint=" + endpoint);
        }
        assertThatThrownBy(() -> loader.flag("--this", key, value).load())
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(key)
                .hasMessageContaining("'" + value + "'")
                .hasMessageContaining("--this")
                .hasMessageContaining(accepted);
    }

    @Test
    void shouldAskForAnswersAtTheNextPort() {
        AeronConfig config =
                new ConfigLoader().set("aeron.endpoint=[::1]:4001").load().config().aeron();
        assertThat(config.answersFrom()).isEqualTo("[::1]:4002");
        assertThat(AeronConfig.defaults().answersFrom()).isNull();
    }
}
