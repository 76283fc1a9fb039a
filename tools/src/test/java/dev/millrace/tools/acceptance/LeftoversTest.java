package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Temporary files of a server that was killed go when another starts, and no others. */
class LeftoversTest {
    private static final String NOTE = ".flight-recorder";

    @TempDir Path folder;

    private List<String> temporaryFolders() throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(Files::isDirectory)
                    .map(entry -> entry.getFileName().toString())
                    .toList();
        }
    }

    /**
     * Waits for a server to have both of its folders, behind its ready line, and to have noted in
     * the one which the other is.
     */
    private void awaitFolders(ChildServer server, int count) {
        Awaitility.await()
                .untilAsserted(() -> {
                    List<String> folders = temporaryFolders();
                    assertThat(folders).hasSize(count);
                    assertThat(folders).anyMatch(name -> name.endsWith("_" + server.pid()));
                    assertThat(folders)
                            .filteredOn(name -> name.contains("-" + server.pid() + "-"))
                            .allMatch(name -> Files.exists(folder.resolve(name, NOTE)))
                            .hasSize(1);
                });
    }

    @Test
    void shouldGoWithTheNextServerAndNotWhileTheirsLives() throws Exception {
        Path stranger = Files.createDirectory(folder.resolve("2026_01_01_00_00_00_1"));
        try (var killed = ChildServer.start(folder, "--no-journal")) {
            awaitFolders(killed, 3);
            killed.kill();
        }
        assertThat(temporaryFolders()).hasSize(3);
        try (var first = ChildServer.start(folder, "--no-journal")) {
            awaitFolders(first, 3);
            try (var second = ChildServer.start(folder, "--no-journal")) {
                awaitFolders(second, 5);
                second.terminate();
                assertThat(second.exitCode()).isZero();
            }
            awaitFolders(first, 3);
            first.terminate();
            assertThat(first.exitCode()).isZero();
        }
        assertThat(temporaryFolders()).containsExactly(stranger.getFileName().toString());
    }
}
