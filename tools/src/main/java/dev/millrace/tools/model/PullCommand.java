package dev.millrace.tools.model;

import dev.millrace.config.ConfigException;
import dev.millrace.gpustage.gguf.GgmlType;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code model pull}: a model folder from a Hugging Face hub, or one file from a URL. */
@Command(
        name = "pull",
        description = {
            "Downloads a model folder from a Hugging Face hub, or one file from a URL.",
            "Goes on where an earlier pull ended. A token is read from HF_TOKEN."
        },
        mixinStandardHelpOptions = true)
final class PullCommand implements Callable<Integer> {
    private static final String HUB = "https://huggingface.co";
    private static final int SHOWN = 8;

    /** What a model is read from: weights, what they mean, tokenizer, how texts begin and end. */
    private static final List<String> READ =
            List.of(
                    "{config,generation_config,modules,tokenizer,tokenizer_config}.json",
                    "*.safetensors",
                    "*.safetensors.index.json",
                    "chat_template*",
                    "1_Pooling/config.json",
                    "*.pt",
                    "[0-9]*/*.pt",
                    "config.pbtxt",
                    "model.yaml");

    @Spec private @Nullable CommandSpec spec;

    @Parameters(
            index = "0",
            paramLabel = "REPO|URL",
            description = "owner/name on the hub, or the http or https address of one file")
    private String from = "";

    @Option(
            names = "--out",
            required = true,
            paramLabel = "DIR",
            description = "the folder to write")
    private Path out = Path.of("");

    @Option(
            names = "--revision",
            paramLabel = "R",
            defaultValue = "main",
            description = "a branch, tag or commit of the repository (${DEFAULT-VALUE})")
    private String revision = "main";

    @Option(
            names = "--include",
            paramLabel = "GLOB",
            description = "files of the repository, instead of those that Millrace reads")
    private List<String> include = new ArrayList<>();

    @Option(names = "--convert", description = "make DIR of the one .gguf file that is downloaded")
    private boolean convert;

    @Option(
            names = "--endpoint",
            paramLabel = "URL",
            description = "the hub (HF_ENDPOINT, else " + HUB + ")")
    private @Nullable String endpoint;

    @Override
    public Integer call() throws IOException {
        URI hub = hub();
        String token = System.getenv("HF_TOKEN");
        try (var client =
                new HubClient(hub, token == null || token.isBlank() ? null : token.strip())) {
            boolean single = from.startsWith("http://") || from.startsWith("https://");
            List<RemoteFile> files =
                    single ? List.of(single(from)) : chosen(new HubListing(client, hub));
            if (convert) {
                pullAndConvert(client, files);
            } else {
                pull(client, files);
            }
        }
        return 0;
    }

    private URI hub() {
        String set = System.getenv("HF_ENDPOINT");
        String value = endpoint != null ? endpoint : set == null || set.isBlank() ? HUB : set;
        return web(endpoint != null ? "--endpoint" : "HF_ENDPOINT", value);
    }

    private static URI web(String name, String value) {
        try {
            URI uri = URI.create(value);
            if (uri.getHost() != null && String.valueOf(uri.getScheme()).matches("https?")) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            // The same as an address of another kind.
        }
        throw new ConfigException(name, value, "an http or https URL");
    }

    private static RemoteFile single(String url) {
        URI uri = web("URL", url);
        String path = uri.getPath();
        return new RemoteFile(
                path.substring(path.lastIndexOf('/') + 1), uri, RemoteFile.UNKNOWN, null);
    }

    private List<RemoteFile> chosen(HubListing listing) throws IOException {
        List<RemoteFile> all = listing.files(from, revision);
        List<String> globs = !include.isEmpty() ? include : convert ? List.of("*.gguf") : READ;
        List<PathMatcher> matchers =
                globs.stream()
                        .map(glob -> FileSystems.getDefault().getPathMatcher("glob:" + glob))
                        .toList();
        List<RemoteFile> files = new ArrayList<>();
        for (RemoteFile file : all) {
            // Before a path is made of it.
            boolean plain = file.path().indexOf('\0') < 0;
            if (plain && matchers.stream().anyMatch(m -> m.matches(Path.of(file.path())))) {
                files.add(file);
            }
        }
        if (files.isEmpty()) {
            List<String> names = all.stream().map(RemoteFile::path).limit(SHOWN).toList();
            throw new PullException(
                    from + ": has no file like " + String.join(", ", globs) + "; it has " + names);
        }
        return files;
    }

    private void pull(HubClient client, List<RemoteFile> files) throws IOException {
        var folder = new ModelFolder(out);
        // All names first: where one is hostile, nothing is written.
        List<Path> places = new ArrayList<>();
        for (RemoteFile file : files) {
            places.add(folder.place(file.path()));
        }
        List<Download> downloads = new ArrayList<>();
        long bytes = 0;
        for (int i = 0; i < files.size(); i++) {
            RemoteFile file = files.get(i);
            var download = new Download(client, file, places.get(i), progress(file));
            if (download.isThere()) {
                say("%s: there".formatted(file.path()));
            } else {
                bytes += Math.max(0, file.size());
                downloads.add(download);
            }
        }
        refuseWhatDoesNotFit(bytes);
        for (Download download : downloads) {
            download.run();
        }
        say("%s: %d files".formatted(out, files.size()));
    }

    private void refuseWhatDoesNotFit(long bytes) throws IOException {
        long room = Files.getFileStore(out).getUsableSpace();
        if (bytes > room) {
            throw new PullException(
                    "%s: %,d bytes are to come, the disk has room for %,d"
                            .formatted(out, bytes, room));
        }
    }

    private void pullAndConvert(HubClient client, List<RemoteFile> files) throws IOException {
        if (files.size() != 1 || !files.getFirst().path().endsWith(".gguf")) {
            throw new ConfigException(
                    "--convert",
                    files.stream().map(RemoteFile::path).limit(SHOWN).toList(),
                    "one .gguf file; --include says which");
        }
        if (Files.exists(out)) {
            throw new ConfigException("--out", out, "a folder that is not there yet");
        }
        RemoteFile file = files.getFirst();
        Path whole = out.toAbsolutePath();
        Path gguf =
                new ModelFolder(Objects.requireNonNull(whole.getParent()))
                        .place(whole.getFileName() + ".gguf");
        var download = new Download(client, file, gguf, progress(file));
        if (!download.isThere()) {
            download.run();
        }
        GgufImport.write(gguf, GgufImport.dequantised(GgmlType.F16), out);
        Files.delete(gguf);
        say("%s: made of %s".formatted(out, file.path()));
    }

    /** A line at the end of a file, and one every few seconds before. */
    private LongConsumer progress(RemoteFile file) {
        long[] last = {System.nanoTime()};
        return at -> {
            long now = System.nanoTime();
            if (at == file.size() || now - last[0] > TimeUnit.SECONDS.toNanos(2)) {
                last[0] = now;
                String of = file.size() > 0 ? " of %,d".formatted(file.size()) : "";
                say(String.format(Locale.ROOT, "%s: %,d%s bytes", file.path(), at, of));
            }
        };
    }

    private void say(String line) {
        PrintWriter print = Objects.requireNonNull(spec).commandLine().getOut();
        print.println(line);
        print.flush();
    }
}
