package dev.millrace.tools.acceptance;

import dev.millrace.gpustage.DemoModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the official clients are tried against: the demo model, and the embedder where it is. */
final class ClientModels {
    static final String EMBEDDER = "all-MiniLM-L6-v2";

    private ClientModels() {}

    static boolean embeds() {
        return Files.isDirectory(Shared.root().resolve("models").resolve(EMBEDDER));
    }

    static RunningServer start(Path folder) throws IOException {
        Path models = Files.createDirectories(folder.resolve("models"));
        DemoModel.extractTo(models);
        if (embeds()) {
            Files.createSymbolicLink(
                    models.resolve(EMBEDDER), Shared.root().resolve("models").resolve(EMBEDDER));
        }
        return Setup.recordingTo(folder.resolve("journal")).models(models).start();
    }
}
