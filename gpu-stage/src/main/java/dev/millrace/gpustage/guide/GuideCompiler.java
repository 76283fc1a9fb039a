package dev.millrace.gpustage.guide;

import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.StructuredOutput;
import dev.millrace.ringbuffer.TokenBytes;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.agrona.collections.IntHashSet;
import org.jspecify.annotations.Nullable;

/**
 * Makes the guides of one model, on a thread of its own, and keeps those used last.
 *
 * <p>Owned by the lane's thread, which alone may call it; nothing here waits. The thread starts
 * with the first request and ends with {@link #close}.
 */
public final class GuideCompiler implements AutoCloseable {
    private static final long CLOSE_MILLIS = 5_000;

    private record Key(StructuredOutput.Kind kind, String source) {}

    private record Job(StructuredOutput wanted, Guided guided) {}

    private final String modelName;
    private final TokenBytes text;
    private final int vocabularySize;
    private final IntHashSet endIds;

    /** In order of use, the oldest first. */
    private final Map<Key, Guided> known = new LinkedHashMap<>(16, 0.75f, true);

    private final BlockingQueue<Job> jobs = new ArrayBlockingQueue<>(GuideLimits.QUEUE);
    private @Nullable Thread thread;
    private volatile boolean closed;
    private volatile @Nullable Budget running;

    /**
     * A compiler that has not begun to work.
     *
     * @param text what tokens add to the text; ids without bytes are never allowed
     * @param endIds tokens that end a text, allowed exactly where it may end
     */
    public GuideCompiler(String modelName, TokenBytes text, int vocabularySize, IntHashSet endIds) {
        this.modelName = modelName;
        this.text = text;
        this.vocabularySize = vocabularySize;
        this.endIds = endIds;
    }

    /**
     * The guide for a form of text: at once where it is kept, else PENDING until it is compiled.
     * The same form asked for twice is compiled once.
     */
    public Guided request(StructuredOutput wanted) {
        var key = new Key(wanted.kind(), wanted.source());
        Guided guided = known.get(key);
        if (guided != null) {
            return guided;
        }
        guided = new Guided();
        if (closed) {
            return Guided.refused(RequestStatus.DRAINING, "the model is closing");
        }
        if (!jobs.offer(new Job(wanted, guided))) {
            return overloaded();
        }
        if (thread == null) {
            thread = Thread.ofPlatform().daemon().name("guide-" + modelName).start(this::run);
        }
        evict();
        known.put(key, guided);
        return guided;
    }

    /** What is refused because too many wait. */
    public static Guided overloaded() {
        return Guided.refused(
                RequestStatus.OVERLOADED,
                GuideLimits.QUEUE + " other forms of text wait to be compiled");
    }

    /** Makes room for one more: the guides used longest ago go first. */
    private void evict() {
        long bytes = 0;
        for (Guided guided : known.values()) {
            bytes += guided.state() == Guided.State.READY ? guided.bytes() : 0;
        }
        Iterator<Guided> oldest = known.values().iterator();
        int count = known.size();
        while (oldest.hasNext()
                && (count >= GuideLimits.CACHE_GUIDES || bytes > GuideLimits.CACHE_BYTES)) {
            Guided guided = oldest.next();
            if (guided.state() != Guided.State.PENDING) {
                bytes -= guided.bytes();
                count--;
                oldest.remove();
            }
        }
    }

    private void run() {
        TokenTrie vocabulary = null;
        while (!closed) {
            Job job;
            try {
                job = jobs.take();
            } catch (InterruptedException e) {
                return;
            }
            try {
                if (vocabulary == null) {
                    vocabulary = new TokenTrie(text, vocabularySize, endIds);
                }
                job.guided.ready(compile(job.wanted, vocabulary));
            } catch (GuideException e) {
                job.guided.fail(
                        closed ? RequestStatus.DRAINING : RequestStatus.INVALID,
                        String.valueOf(e.getMessage()));
            } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
                job.guided.fail(RequestStatus.INTERNAL, "the form could not be compiled: " + e);
            }
        }
    }

    private Guide compile(StructuredOutput wanted, TokenTrie vocabulary) {
        var budget = new Budget();
        running = budget;
        if (closed) {
            budget.cancel();
        }
        var nfa = new Nfa(vocabulary.usable(), budget);
        Grammars.write(wanted, nfa);
        return Guide.of(nfa, vocabulary, budget);
    }

    /** Ends the thread; what is not compiled by then FAILS or stays PENDING. */
    @Override
    public void close() {
        closed = true;
        Budget budget = running;
        if (budget != null) {
            budget.cancel();
        }
        Thread worker = thread;
        if (worker == null) {
            return;
        }
        worker.interrupt();
        try {
            worker.join(CLOSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
