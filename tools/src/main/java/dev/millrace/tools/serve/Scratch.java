package dev.millrace.tools.serve;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A temporary folder, removed when it closes. */
public final class Scratch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Scratch.class);

    private final Path folder = Files.createTempDirectory("millrace-");

    public Scratch() throws IOException {}

    public Path folder() {
        return folder;
    }

    @Override
    public void close() {
        try (Stream<Path> entries = Files.walk(folder)) {
            List<Path> deepestFirst = entries.sorted(Comparator.reverseOrder()).toList();
            for (Path path : deepestFirst) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            LOG.warn("{} could not be removed: {}", folder, e.toString());
        }
    }
}
