package dev.millrace.tools.bench.http;

import dev.millrace.config.ConfigException;
import dev.millrace.journal.IngressRecord;
import dev.millrace.journal.JournalReader;
import dev.millrace.journal.RecordType;
import java.nio.file.Files;
import java.nio.file.Path;
import org.agrona.collections.LongArrayList;

/** The distances between the requests of a journal. */
final class RecordedGaps {
    private RecordedGaps() {}

    /**
     * In nanoseconds, in their order.
     *
     * @throws ConfigException where the folder holds fewer than two requests
     */
    static long[] of(String option, Path journal) {
        if (!Files.isDirectory(journal)) {
            throw new ConfigException(
                    option, journal, "constant, poisson, or the folder of a journal");
        }
        var gaps = new LongArrayList();
        long last = Long.MIN_VALUE;
        long sum = 0;
        try (JournalReader reader = JournalReader.open(journal)) {
            while (reader.next()) {
                if (reader.record().type() == RecordType.INGRESS) {
                    long now = IngressRecord.of(reader.record()).arrivalWallNanos();
                    if (last != Long.MIN_VALUE) {
                        gaps.addLong(Math.max(0, now - last));
                        sum += Math.max(0, now - last);
                    }
                    last = now;
                }
            }
        }
        if (sum == 0) {
            throw new ConfigException(
                    option, journal, "a journal with requests at two times or more");
        }
        return gaps.toLongArray();
    }
}
