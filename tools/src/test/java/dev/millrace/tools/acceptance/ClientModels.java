package dev.millrace.tools.acceptance;

import dev.millrace.gpustage.DemoModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the official clients are tried against: the shared models, or the demo model alone. */
final class ClientModels {
    static final String EMBEDDER = "all-MiniLM-L6-v2";

    private ClientModels() {}

    static boolean embeds() {
        return Files.isDirectory(Shared.root().resolve("models").resolve(EMBEDDER));
    }

    static RunningServer start(Path folder) throws IOException {
        Path models = folder.resolve("models");
        if (embeds()) {
            models = Shared.models();
        } else {
            DemoModel.extractTo(Files.createDirectories(models));
        }
        return Setup.recordingTo(folder.resolve("journal")).models(models).start();
    }
}
