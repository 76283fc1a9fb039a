package dev.millrace.tools.acceptance;

import dev.millrace.gpustage.DemoModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * A folder with a model of every kind: a text model that chats, a script, an embedder if shared.
 */
final class ManyModels {
    static final String CHAT = "emma";

    private ManyModels() {}

    static Path under(Path folder) throws IOException {
        Path models = Files.createDirectories(folder.resolve("models"));
        Path demo = DemoModel.extractTo(models);
        Path chat = DemoModel.extractTo(Files.createDirectories(folder.resolve("other")));
        Path emma = Files.move(chat, models.resolve(CHAT));
        Files.writeString(
                emma.resolve("tokenizer_config.json"),
                Json.with(
                        Files.readString(demo.resolve("tokenizer_config.json")),
                        Json.object(
                                Map.of(
                                        "chat_template",
                                        "{{ bos_token }}{% for message in messages %}"
                                                + "{{ message['content'] }}{% endfor %}"))));
        ScriptModels.simple(models);
        if (ClientModels.embeds()) {
            Files.createSymbolicLink(
                    models.resolve(ClientModels.EMBEDDER),
                    Shared.root().resolve("models").resolve(ClientModels.EMBEDDER));
        }
        return models;
    }
}
