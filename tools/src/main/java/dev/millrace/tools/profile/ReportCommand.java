package dev.millrace.tools.profile;

import dev.millrace.config.ConfigException;
import dev.millrace.journal.JournalException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code profile report}: of a flight recording or a journal. */
@Command(
        name = "report",
        description = "Reads a flight recording or a journal and says where the time went.",
        mixinStandardHelpOptions = true)
final class ReportCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "a .jfr file, or the folder of a journal")
    private Path file = Path.of("");

    @Option(names = "--html", paramLabel = "OUT", description = "write it as a page, too")
    private @Nullable Path html;

    @Option(names = "--json", description = "print JSON instead of text")
    private boolean json;

    @Spec private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        Profile profile = read();
        if (profile.requests() == 0) {
            throw new ConfigException(
                    "FILE", file.toString(), "a recording or a journal in which a request ended");
        }
        if (html != null) {
            Files.writeString(html, ProfileHtml.of(profile));
        }
        if (spec != null) {
            PrintWriter out = spec.commandLine().getOut();
            if (json) {
                out.println(ProfileJson.of(profile));
            } else {
                ProfileText.print(profile, out);
            }
            out.flush();
        }
        return 0;
    }

    private Profile read() {
        if (Files.isDirectory(file)) {
            try {
                return JournalProfile.read(file);
            } catch (JournalException e) {
                throw new ConfigException("FILE", file.toString(), "a journal: " + e.getMessage());
            }
        }
        try {
            return FlightProfile.read(file);
        } catch (IOException e) {
            throw new ConfigException(
                    "FILE",
                    file.toString(),
                    "a flight recording (.jfr) or the folder of a journal: " + e.getMessage());
        }
    }
}
