package dev.millrace.tools.replay;

import dev.millrace.config.ConfigException;
import dev.millrace.journal.EnvironmentRecord;
import dev.millrace.journal.IngressRecord;
import dev.millrace.journal.JournalDamage;
import dev.millrace.journal.JournalException;
import dev.millrace.journal.JournalReader;
import dev.millrace.journal.JournalRecord;
import dev.millrace.journal.RecordType;
import dev.millrace.tools.journal.RecordedRange;
import dev.millrace.tools.journal.RecordedTexts;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The requests of a part of a journal, whole and in the order of their arrival; the first is at
 * offset 0.
 *
 * @param withoutBody requests that are left out: of their bodies, a digest alone is on record
 * @param damage where the journal stops being readable, or null
 */
record RecordedTraffic(
        List<PastRequest> requests, int withoutBody, @Nullable JournalDamage damage) {
    /**
     * Reads them into memory.
     *
     * @throws JournalException where there is no journal
     * @throws ConfigException where they take more than half of the heap
     */
    static RecordedTraffic read(Path journal, RecordedRange range, RecordedTexts texts) {
        range.check();
        var reading = new Reading(range, Runtime.getRuntime().maxMemory() / 2);
        try (JournalReader reader = JournalReader.open(journal)) {
            while (reader.next()) {
                reading.accept(reader.record());
            }
            return new RecordedTraffic(
                    reading.requests(texts), reading.withoutBody, reader.damage());
        }
    }

    /** Says what of the journal is not among the requests. */
    void warn(PrintWriter err) {
        if (damage != null) {
            err.println("millrace replay: read up to where the journal is damaged: " + damage);
        }
        if (withoutBody > 0) {
            err.println(
                    "millrace replay: %d requests are left out: their bodies are not on record"
                                    .formatted(withoutBody)
                            + " (journal.store: hash)");
        }
        err.flush();
    }

    /** From the first request to the last, as recorded. */
    double seconds() {
        return requests.isEmpty() ? 0 : requests.getLast().outgoing().offsetNanos() / 1e9;
    }

    private static final class Reading {
        private final RecordedRange range;
        private final long mostBytes;
        private final List<RecordedLife> lives = new ArrayList<>();
        private final Map<Long, RecordedLife> open = new HashMap<>();
        private @Nullable Long firstWallNanos;
        private @Nullable Long wallMinusClock;
        private @Nullable EnvironmentRecord environment;
        private int withoutBody;
        private long bytes;

        Reading(RecordedRange range, long mostBytes) {
            this.range = range;
            this.mostBytes = mostBytes;
        }

        void accept(JournalRecord record) {
            if (record.type() == RecordType.ENVIRONMENT) {
                // Another process: what was open stays so, and its monotonic clock is another.
                open.clear();
                wallMinusClock = null;
                environment = EnvironmentRecord.of(record);
            } else if (record.type() == RecordType.INGRESS) {
                arrival(record, IngressRecord.of(record));
            } else {
                RecordedLife life =
                        record.last()
                                ? open.remove(record.requestId())
                                : open.get(record.requestId());
                if (life != null) {
                    long before = life.bytes();
                    life.accept(record);
                    hold(life.bytes() - before);
                }
            }
        }

        private void arrival(JournalRecord record, IngressRecord ingress) {
            if (!ingress.bodyStored()) {
                withoutBody++;
                return;
            }
            long wall = ingress.arrivalWallNanos();
            long first = firstWallNanos == null ? wall : firstWallNanos;
            long difference =
                    wallMinusClock == null ? wall - ingress.arrivalClockNanos() : wallMinusClock;
            firstWallNanos = first;
            wallMinusClock = difference;
            if (range.contains(wall, first)) {
                // Within a run by the clock that nobody sets, between runs by the wall's.
                var life =
                        new RecordedLife(
                                record, environment, ingress.arrivalClockNanos() + difference);
                lives.add(life);
                open.put(record.requestId(), life);
                hold(life.bytes());
            }
        }

        private void hold(long more) {
            bytes += more;
            if (bytes > mostBytes) {
                throw new ConfigException(
                        "the requests take more than "
                                + (mostBytes >> 20)
                                + " MiB, half of the heap; name a part of them with --from and"
                                + " --to, or give more heap (MILLRACE_JAVA_OPTS=-Xmx…)");
            }
        }

        List<PastRequest> requests(RecordedTexts texts) {
            lives.sort(Comparator.comparingLong(RecordedLife::scheduleNanos));
            long first = lives.isEmpty() ? 0 : lives.getFirst().scheduleNanos();
            return lives.stream().map(life -> life.end(first, texts)).toList();
        }
    }
}
