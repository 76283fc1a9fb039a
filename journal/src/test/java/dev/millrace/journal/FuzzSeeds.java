package dev.millrace.journal;

import dev.millrace.config.JournalConfig.Durability;
import dev.millrace.config.JournalConfig.OnFailure;
import dev.millrace.config.JournalConfig.RollCycle;
import dev.millrace.config.JournalConfig.Store;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import net.openhft.chronicle.core.time.SystemTimeProvider;

/** Writes the corpus of {@link FuzzedJournal}: records of every kind, as a journal has them. */
final class FuzzSeeds {
    private FuzzSeeds() {}

    /** Into the folder named. */
    public static void main(String[] args) throws Exception {
        Path corpus = Files.createDirectories(Path.of(args[0]));
        for (Store store : Store.values()) {
            Path folder = Files.createTempDirectory("millrace-seeds-");
            write(folder, store);
            save(folder, corpus, store.name().toLowerCase(Locale.ROOT));
        }
    }

    private static void write(Path folder, Store store) throws Exception {
        var config =
                Run.config(
                        folder,
                        RollCycle.HOURLY,
                        store,
                        Durability.PAGE_CACHE,
                        OnFailure.SERVE_UNJOURNALLED);
        try (Run run = new Run(config, SystemTimeProvider.INSTANCE)) {
            RequestContext context = run.request("a", "{\"prompt\":\"It is a truth\"}");
            context.model = Run.MODEL;
            run.decision(context, slot -> slot.lane = 0);
            run.step(0, context, 5);
            run.prompt(context, 1, 2);
            run.digested(context, 9, 0xC0FFEE);
            run.full = true;
            run.cancel(context);
            run.full = false;
            run.tokens(context, false, 1, 2, 3);
            run.reply(ReplySlot.Kind.EMBEDDING, context, 16, slot -> slot.count = 4);
            run.reply(ReplySlot.Kind.TENSOR, context, 8, slot -> slot.count = 8);
            run.cancel(context);
            run.failure(context, RequestStatus.CANCELLED, "gone");
            run.tokens(run.request("b", "{}"), true, 4);
        }
    }

    private static void save(Path folder, Path corpus, String name) throws Exception {
        List<byte[]> frames = new ArrayList<>();
        ByteArrayOutputStream composed = new ByteArrayOutputStream();
        composed.write(3);
        int number = 0;
        try (JournalReader reader = JournalReader.open(folder)) {
            while (reader.next()) {
                JournalRecord record = reader.record();
                byte[] bytes = record.copy(0, record.length());
                String kind = record.type().name().toLowerCase(Locale.ROOT);
                save(corpus.resolve("%s-%02d-%s".formatted(name, number++, kind)), 1, bytes);
                frames.add(Frames.read(reader.file(), reader.framePosition()));
                composed.write(record.type().ordinal());
                composed.write(record.flags());
                composed.write((int) record.requestId());
                composed.write(record.partBytes() >>> 8);
                composed.write(record.partBytes());
                composed.write(bytes, JournalRecord.HEADER_BYTES, record.partBytes());
            }
        }
        byte[] one = composed.toByteArray();
        Files.write(corpus.resolve(name + "-one-frame"), one);
        one[0] = 4;
        Files.write(corpus.resolve(name + "-frames"), one);
        one[0] = 6;
        Files.write(corpus.resolve(name + "-excerpt"), one);
        one[0] = 7;
        composed.reset();
        composed.writeBytes(one);
        stored(composed, 0, 3, 0);
        // 16 bytes, of which the first word is another: two records were missing.
        stored(composed, 4, 16 + (1 << 16), 2);
        Files.write(corpus.resolve(name + "-stored"), composed.toByteArray());
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        for (byte[] frame : frames) {
            byte[] word = new byte[4];
            Frames.fields(word).putInt(0, frame.length);
            file.write(word);
            file.write(frame);
        }
        save(corpus.resolve(name + "-file"), 2, file.toByteArray());
    }

    private static void stored(ByteArrayOutputStream to, int flags, long first, long second) {
        byte[] part = new byte[16];
        Frames.fields(part).putLong(first).putLong(second);
        to.write(RecordType.GAP.ordinal());
        to.write(flags);
        to.write(0);
        to.write(0);
        to.write(part.length);
        to.writeBytes(part);
    }

    private static void save(Path file, int way, byte[] bytes) throws Exception {
        byte[] seed = new byte[bytes.length + 1];
        seed[0] = (byte) way;
        System.arraycopy(bytes, 0, seed, 1, bytes.length);
        Files.write(file, seed);
    }
}
