package dev.millrace.journal;

import dev.millrace.config.ConfigException;
import dev.millrace.config.JournalConfig.RollCycle;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folder of a journal, held by one writing process at a time through a lock on {@code
 * journal.lock}. A folder made here has mode 0700, every file 0600. Control path: the thread that
 * opens and closes the journal.
 */
final class JournalFolder implements AutoCloseable {
    /** What the queue calls its files. */
    static final String FILE_SUFFIX = ".cq4";

    private static final Set<PosixFilePermission> OWNER_ONLY =
            PosixFilePermissions.fromString("rw-------");

    /** One of the queue's files, or what was set aside of one: {@code NAME.cq4.1}. */
    private static final Pattern FILE = Pattern.compile("(.*\\.cq4)(?:\\.(\\d{1,6}))?");

    private static final String OPEN = "open ";
    private static final String CLOSED = "shut";

    /** Differs after each start of the machine. */
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    private final Path path;
    private final FileChannel lockFile;
    private final FileLock lock;
    private boolean machineWentDown;

    private JournalFolder(Path path, FileChannel lockFile, FileLock lock) {
        this.path = path;
        this.lockFile = lockFile;
        this.lock = lock;
    }

    /**
     * Makes the folder where it is missing, and takes it.
     *
     * @param dir null makes a temporary folder, which is left behind for whoever wants to read it
     */
    static JournalFolder take(@Nullable String dir) {
        try {
            return take(dir == null ? Files.createTempDirectory("millrace-journal-") : make(dir));
        } catch (IOException e) {
            throw new ConfigException(
                    "journal.dir", dir == null ? "" : dir, "a folder that can be written: " + e);
        }
    }

    private static Path make(String dir) throws IOException {
        Path path = Path.of(dir).toAbsolutePath();
        if (!Files.isDirectory(path)) {
            Files.createDirectories(
                    path,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
        }
        return path;
    }

    private static JournalFolder take(Path path) throws IOException {
        FileChannel file =
                FileChannel.open(
                        path.resolve("journal.lock"),
                        Set.of(
                                StandardOpenOption.CREATE,
                                StandardOpenOption.READ,
                                StandardOpenOption.WRITE),
                        PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        FileLock lock = tryLock(file);
        if (lock == null) {
            file.close();
            throw new ConfigException(
                    "journal.dir", path, "a folder that no other server is writing to");
        }
        JournalFolder folder = new JournalFolder(path, file, lock);
        String boot = bootId();
        String mark = folder.mark();
        if (!mark.equals(CLOSED)) {
            folder.forgetDeadWriter();
            folder.machineWentDown =
                    !boot.isEmpty()
                            && mark.length() > OPEN.length()
                            && mark.startsWith(OPEN)
                            && !mark.equals(OPEN + boot);
        }
        folder.mark(OPEN + boot);
        return folder;
    }

    private static @Nullable FileLock tryLock(FileChannel file) throws IOException {
        try {
            return file.tryLock();
        } catch (OverlappingFileLockException sameProcess) {
            return null;
        }
    }

    private static String bootId() {
        try {
            return Files.readString(BOOT_ID).strip();
        } catch (IOException notLinux) {
            return "";
        }
    }

    private String mark() throws IOException {
        ByteBuffer mark = ByteBuffer.allocate(64);
        lockFile.read(mark, 0);
        return new String(mark.array(), 0, mark.position(), StandardCharsets.US_ASCII).strip();
    }

    /**
     * A writer that was killed may have left the queue's own lock taken under its process id. In a
     * container the next server has the same id, and would wait for itself. The file holds nothing
     * that the queue cannot find out again.
     */
    private void forgetDeadWriter() throws IOException {
        Files.deleteIfExists(path.resolve("metadata.cq4t"));
    }

    private void mark(String state) throws IOException {
        lockFile.truncate(0);
        lockFile.write(ByteBuffer.wrap((state + '\n').getBytes(StandardCharsets.US_ASCII)), 0);
    }

    /**
     * Whether the machine was started anew since a writer opened the journal that never closed it:
     * what the kernel had not brought to the disk is lost, in any order of its pages.
     */
    boolean machineWentDown() {
        return machineWentDown;
    }

    Path path() {
        return path;
    }

    /**
     * The queue files of a folder, oldest first; what was set aside stands before its successor.
     */
    static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> FILE.matcher(name(file)).matches())
                    .sorted(JournalFolder::compare)
                    .toList();
        }
    }

    private static String name(Path file) {
        return file.getFileName().toString();
    }

    /** The order in which the queue began them. */
    static int compare(Path file, Path other) {
        Matcher one = FILE.matcher(name(file));
        Matcher two = FILE.matcher(name(other));
        if (!one.matches() || !two.matches()) {
            return file.compareTo(other);
        }
        int names = one.group(1).compareTo(two.group(1));
        return names == 0 ? Integer.compare(number(one), number(two)) : names;
    }

    private static int number(Matcher file) {
        return file.group(2) == null ? Integer.MAX_VALUE : Integer.parseInt(file.group(2));
    }

    /** Whether nobody writes behind the last sound record of that file any more. */
    static boolean setAside(Path file) {
        return !name(file).endsWith(FILE_SUFFIX);
    }

    /**
     * Gives one of the queue's files a name that readers know and the queue does not.
     *
     * @return its new name
     */
    Path setAsideFile(Path file) throws IOException {
        int number = 1;
        Path aside = file.resolveSibling(name(file) + '.' + number);
        while (Files.exists(aside)) {
            aside = file.resolveSibling(name(file) + '.' + ++number);
        }
        Files.move(file, aside, StandardCopyOption.ATOMIC_MOVE);
        forgetDeadWriter();
        return aside;
    }

    /** A queue cannot change how its files are cut: refuses a folder of another roll cycle. */
    void checkRollCycle(RollCycle wanted) throws IOException {
        for (Path file : files(path)) {
            String name = file.getFileName().toString();
            for (RollCycle cycle : RollCycle.values()) {
                if (cycle != wanted && fileName(cycle).matcher(name).matches()) {
                    throw new ConfigException(
                            "journal.roll-cycle",
                            wanted.name().toLowerCase(Locale.ROOT),
                            cycle.name().toLowerCase(Locale.ROOT)
                                    + ", as the files in "
                                    + path
                                    + " have it, or another journal.dir");
                }
            }
        }
    }

    private static Pattern fileName(RollCycle cycle) {
        return Pattern.compile(
                switch (cycle) {
                    case MINUTELY -> "\\d{8}-\\d{4}\\.cq4.*";
                    case HOURLY -> "\\d{8}-\\d{2}F\\.cq4.*";
                    case DAILY -> "\\d{8}F\\.cq4.*";
                });
    }

    /** Mode 0600 for every queue file: the queue tells of a file it began a little later. */
    void ownerOnly() throws IOException {
        files(path).forEach(JournalFolder::ownerOnly);
    }

    /** Mode 0600, where the file system knows modes. */
    static void ownerOnly(Path file) {
        try {
            if (Files.exists(file)) {
                Files.setPosixFilePermissions(file, OWNER_ONLY);
            }
        } catch (IOException e) {
            throw new JournalException("mode 0600 refused for " + file + ": " + e, e);
        } catch (UnsupportedOperationException e) {
            return;
        }
    }

    @Override
    public void close() {
        try {
            mark(CLOSED);
            lock.release();
            lockFile.close();
        } catch (IOException e) {
            throw new JournalException("journal.lock in " + path + " not released: " + e, e);
        }
    }
}
