package dev.millrace.journal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Removes whole files from the beginning of a journal, and leaves a {@link PruneNote}, so that the
 * chain of what is left can still be proved. The newest file stays. Control path.
 */
public final class JournalPruner {
    /** No bound. */
    public static final long UNBOUNDED = 0;

    /**
     * What was, or would be, removed.
     *
     * @param files oldest first
     * @param bytes that they hold
     * @param keptFiles how many are left
     * @param keptBytes that those hold
     */
    public record Report(List<Path> files, long bytes, int keptFiles, long keptBytes) {
        public Report {
            files = List.copyOf(files);
        }
    }

    private record Candidate(Path file, FileEnd end) {}

    private JournalPruner() {}

    /**
     * Prunes a journal that no server writes to.
     *
     * @param keepBytes the oldest files go until what is left holds no more; {@link #UNBOUNDED}
     * @param beforeNanos files whose last record is older go, since the epoch; {@link #UNBOUNDED}
     * @param dryRun removes nothing
     * @throws JournalException where there is no journal, a server is writing to it, or a file to
     *     be removed is damaged
     */
    public static Report prune(Path folder, long keepBytes, long beforeNanos, boolean dryRun) {
        // Says what is wrong with a folder that holds no journal.
        JournalReader.open(folder).close();
        Path lockFile = folder.resolve("journal.lock");
        try (FileChannel channel =
                        FileChannel.open(
                                lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = tryLock(channel)) {
            if (lock == null) {
                throw new JournalException(
                        "a server is writing to "
                                + folder
                                + " and prunes it by itself: journal.retain-bytes,"
                                + " journal.retain-hours");
            }
            return prune(folder, keepBytes, beforeNanos, null, dryRun);
        } catch (IOException e) {
            throw new JournalException(folder + " cannot be pruned: " + e, e);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel file) throws IOException {
        try {
            return file.tryLock();
        } catch (OverlappingFileLockException sameProcess) {
            return null;
        }
    }

    /**
     * @param needed the oldest file that somebody still reads; null for the newest
     */
    static Report prune(
            Path folder, long keepBytes, long beforeNanos, @Nullable Path needed, boolean dryRun)
            throws IOException {
        List<Candidate> candidates = new ArrayList<>();
        long total = 0;
        for (Path file : JournalFolder.files(folder)) {
            var candidate = new Candidate(file, FileEnd.of(file, false));
            candidates.add(candidate);
            total += candidate.end.bytes();
        }
        List<Path> removed = new ArrayList<>();
        long bytes = 0;
        for (Candidate candidate : candidates.subList(0, Math.max(0, candidates.size() - 1))) {
            boolean tooMany = keepBytes != UNBOUNDED && total - bytes > keepBytes;
            // A file without a record is as old as whatever it stands before.
            boolean tooOld = candidate.end.wallNanos() < beforeNanos;
            if ((!tooMany && !tooOld)
                    || (needed != null && JournalFolder.compare(candidate.file, needed) >= 0)) {
                break;
            }
            if (!dryRun) {
                remove(folder, candidate);
            }
            removed.add(candidate.file);
            bytes += candidate.end.bytes();
        }
        return new Report(removed, bytes, candidates.size() - removed.size(), total - bytes);
    }

    private static void remove(Path folder, Candidate oldest) throws IOException {
        FileEnd end = oldest.end;
        if (end.torn() != null && !JournalFolder.setAside(oldest.file)) {
            throw new JournalException(
                    "%s, byte %d: %s; what is damaged is not pruned"
                            .formatted(oldest.file, end.torn().position(), end.torn().what()));
        }
        PruneNote before = PruneNote.read(folder);
        String zeros = "0".repeat(2 * RecordChain.BYTES);
        String last = before == null ? zeros : before.chain();
        byte[] endChain = end.chain();
        String chain = endChain == null ? last : HexFormat.of().formatHex(endChain);
        keepEnvironment(folder, oldest.file, chain);
        new PruneNote(
                        (before == null ? 0 : before.files()) + 1,
                        (before == null ? 0 : before.bytes()) + end.bytes(),
                        end.chain() == null && before != null
                                ? before.untilNanos()
                                : end.wallNanos(),
                        end.chain() == null && before != null
                                ? before.nextRecord()
                                : end.nextRecord(),
                        last,
                        chain)
                .write(folder);
        Files.delete(oldest.file);
    }

    /** What executes the run that goes on behind the file. */
    private static void keepEnvironment(Path folder, Path removed, String chain)
            throws IOException {
        EnvironmentRecord facts = PrunedEnvironment.lastIn(removed);
        PrunedEnvironment before = facts == null ? PrunedEnvironment.read(folder) : null;
        if (facts == null && before != null) {
            facts = before.facts();
        }
        if (facts != null) {
            new PrunedEnvironment(chain, facts).write(folder);
        }
    }
}
