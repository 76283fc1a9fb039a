package dev.millrace.tools.replay;

import dev.millrace.config.ConfigException;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** A file of {@link TraceLine}s. */
final class TraceFile {
    private TraceFile() {}

    /**
     * All lines, by time; empty ones are passed over.
     *
     * @throws ConfigException where there is no such file or a line is none of a trace
     */
    static List<TraceLine> read(Path file) throws IOException {
        List<TraceLine> lines = new ArrayList<>();
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            int number = 0;
            for (String text = reader.readLine(); text != null; text = reader.readLine()) {
                number++;
                if (!text.isBlank()) {
                    lines.add(TraceLine.parse(file.getFileName() + ", line " + number, text));
                }
            }
        } catch (NoSuchFileException e) {
            throw new ConfigException("FILE", file, "a trace, one JSON object a line");
        }
        lines.sort(Comparator.comparingLong(TraceLine::timestamp));
        return lines;
    }

    static void write(Path file, List<TraceLine> lines) throws IOException {
        try (BufferedWriter writer = Files.newBufferedWriter(file)) {
            for (TraceLine line : lines) {
                writer.write(line.json());
                writer.write('\n');
            }
        }
    }
}
