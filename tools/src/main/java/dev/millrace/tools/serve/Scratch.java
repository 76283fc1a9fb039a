package dev.millrace.tools.serve;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A temporary folder, removed when it closes. Where its process is killed {@link Leftovers} of a
 * later one do that: a file in it is locked as long as the process lives.
 */
public final class Scratch implements AutoCloseable {
    /** What its folder's name begins with; the process's id and other digits follow. */
    static final String PREFIX = "millrace-scratch-";

    /** The file that is locked. */
    static final String LOCK = ".lock";

    private static final Logger LOG = LoggerFactory.getLogger(Scratch.class);

    private final Path folder;
    private final FileChannel lock;

    public Scratch() throws IOException {
        folder = Files.createTempDirectory(PREFIX + ProcessHandle.current().pid() + "-");
        Path unlocked = folder.resolve(".unlocked");
        lock = FileChannel.open(unlocked, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        lock.lock();
        // It gets its name when it is locked: nobody finds it otherwise while the process lives.
        Files.move(unlocked, folder.resolve(LOCK));
    }

    public Path folder() {
        return folder;
    }

    @Override
    public void close() {
        try (lock) {
            remove(folder);
        } catch (IOException e) {
            LOG.warn("{} could not be removed: {}", folder, e.toString());
        }
    }

    /** Removes a folder with all that is in it; links are not followed. */
    static void remove(Path folder) throws IOException {
        try (Stream<Path> entries = Files.walk(folder)) {
            List<Path> deepestFirst = entries.sorted(Comparator.reverseOrder()).toList();
            for (Path path : deepestFirst) {
                Files.deleteIfExists(path);
            }
        }
    }
}
