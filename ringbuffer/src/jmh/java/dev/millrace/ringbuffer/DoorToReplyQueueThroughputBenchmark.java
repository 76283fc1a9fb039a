package dev.millrace.ringbuffer;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The twin of {@link DoorToReplyThroughputBenchmark}: the same threads with an {@link
 * ArrayBlockingQueue} between each two, and one for the free contexts.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class DoorToReplyQueueThroughputBenchmark {
    private static final int IN_FLIGHT = 1024;

    /** Threads a request passes: front, lane, back; or one for each stage and the lane. */
    @Param({"3", "8"})
    public int threads;

    private final List<ArrayBlockingQueue<RequestContext>> queues = new ArrayList<>();
    private final List<Thread> running = new ArrayList<>();

    @Setup(Level.Trial)
    public void start() {
        for (int i = 0; i <= threads; i++) {
            queues.add(new ArrayBlockingQueue<>(IN_FLIGHT));
        }
        for (int i = 0; i < IN_FLIGHT; i++) {
            queues.getLast().add(new RequestContext(i));
        }
        for (int i = 0; i < threads; i++) {
            int from = i;
            var thread = new Thread(() -> pass(queues.get(from), queues.get(from + 1)));
            thread.start();
            running.add(thread);
        }
    }

    private static void pass(
            ArrayBlockingQueue<RequestContext> from, ArrayBlockingQueue<RequestContext> to) {
        try {
            while (true) {
                to.put(from.take());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @TearDown(Level.Trial)
    public void stop() throws InterruptedException {
        for (Thread thread : running) {
            thread.interrupt();
            thread.join();
        }
    }

    /** One request. */
    @Benchmark
    public void request() throws InterruptedException {
        RequestContext context = queues.getLast().take();
        context.reset(1, Route.OPENAI_COMPLETIONS);
        queues.getFirst().put(context);
    }
}
