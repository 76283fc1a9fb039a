package dev.millrace.tools.serve;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import jdk.jfr.FlightRecorder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What processes that were killed left in the folder for temporary files: their {@link Scratch},
 * and what the JVM's flight recorder kept beside it. The next server removes both.
 *
 * <p>Runs on the thread that starts the server, behind its ready line.
 */
final class Leftovers {
    private static final Logger LOG = LoggerFactory.getLogger(Leftovers.class);

    /** In a scratch folder: the name of the flight recorder's folder beside it. */
    private static final String RECORDER = ".flight-recorder";

    /** As the JVM names that: the time and the process's id. */
    private static final String RECORDER_FOLDER = "\\d{4}(_\\d\\d){5}_\\d+(_\\d+)?";

    private Leftovers() {}

    /**
     * Notes where the flight recorder keeps its files, unless somebody records with it: what a
     * killed process had recorded is somebody's evidence then.
     */
    static void note(Scratch scratch) {
        String repository = System.getProperty("jdk.jfr.repository");
        if (repository == null || FlightRecorder.getFlightRecorder().getRecordings().size() > 1) {
            return;
        }
        try {
            String name = Path.of(repository).getFileName().toString();
            Files.writeString(scratch.folder().resolve(RECORDER), name);
        } catch (IOException e) {
            LOG.info("{} stays if this process is killed: {}", repository, e.toString());
        }
    }

    /**
     * Removes what is left of processes that are gone, of the user's own alone. What cannot be
     * removed stays, and the log says so.
     *
     * @param own a folder in the folder that is looked through
     */
    static void remove(Scratch own) {
        String ours = Scratch.PREFIX + ProcessHandle.current().pid() + "-";
        for (Path scratch : scratchFolders(own.folder())) {
            try {
                if (!scratch.getFileName().toString().startsWith(ours)
                        && isOwnersOf(own.folder(), scratch)) {
                    removeUnlessLocked(scratch);
                }
            } catch (IOException | UncheckedIOException e) {
                LOG.info("{}, of a process that is gone, stays: {}", scratch, e.toString());
            }
        }
    }

    private static List<Path> scratchFolders(Path own) {
        try (Stream<Path> entries = Files.list(own.toAbsolutePath().getParent())) {
            return entries.filter(
                            entry -> entry.getFileName().toString().startsWith(Scratch.PREFIX))
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            return List.of();
        }
    }

    private static boolean isOwnersOf(Path own, Path folder) throws IOException {
        return Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
                && Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(own));
    }

    private static void removeUnlessLocked(Path scratch) throws IOException {
        Path lock = scratch.resolve(Scratch.LOCK);
        if (!Files.isRegularFile(lock, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE);
                FileLock taken = channel.tryLock()) {
            if (taken != null) {
                removeRecorder(scratch);
                Scratch.remove(scratch);
            }
        }
    }

    private static void removeRecorder(Path scratch) throws IOException {
        Path note = scratch.resolve(RECORDER);
        if (Files.isRegularFile(note, LinkOption.NOFOLLOW_LINKS)) {
            String name = Files.readString(note);
            if (name.matches(RECORDER_FOLDER)
                    && isOwnersOf(scratch, scratch.resolveSibling(name))) {
                Scratch.remove(scratch.resolveSibling(name));
            }
        }
    }
}
