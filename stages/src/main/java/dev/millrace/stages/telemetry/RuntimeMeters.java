package dev.millrace.stages.telemetry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingStream;

/**
 * What the JVM does beside requests, from its own flight recorder: pauses for collections and other
 * operations, CPU, and the bytes that each thread allocates. Recorded by: the stream's thread;
 * scraped on any.
 */
public final class RuntimeMeters implements AutoCloseable {
    private static final Duration CPU_PERIOD = Duration.ofSeconds(1);
    private static final Duration ALLOCATION_PERIOD = Duration.ofSeconds(5);

    private final RecordingStream stream = new RecordingStream();
    private final OwnEvents ownEvents;
    private final MeterRegistry registry;
    private final Timer collections;
    private final Timer safepoints;

    /** By thread's id, the bytes that it had allocated when last seen. */
    private final Map<Long, Long> allocated = new HashMap<>();

    private volatile double cpu;
    private volatile double machineCpu;

    /**
     * Begins; costs some 0.2 s of CPU, and next to nothing later.
     *
     * @param metrics what they are added to
     */
    public RuntimeMeters(Metrics metrics) {
        registry = metrics.registry();
        collections =
                Buckets.fine(
                        registry,
                        "millrace_gc_pause",
                        "Pauses of every thread for a collection",
                        Tags.empty());
        safepoints =
                Buckets.fine(
                        registry,
                        "millrace_safepoint_pause",
                        "Pauses of every thread for another operation of the JVM",
                        Tags.empty());
        gauge("millrace_cpu", "Share of the machine's CPU that this process used, 0 to 1", true);
        gauge("millrace_machine_cpu", "Share of the machine's CPU that was used, 0 to 1", false);
        stream.enable("jdk.GCPhasePause").withoutThreshold().withoutStackTrace();
        stream.enable("jdk.ExecuteVMOperation").withoutThreshold().withoutStackTrace();
        stream.enable("jdk.CPULoad").withPeriod(CPU_PERIOD);
        stream.enable("jdk.ThreadAllocationStatistics").withPeriod(ALLOCATION_PERIOD);
        stream.onEvent("jdk.GCPhasePause", event -> collections.record(event.getDuration()));
        stream.onEvent("jdk.ExecuteVMOperation", this::operation);
        stream.onEvent("jdk.CPULoad", this::load);
        stream.onEvent("jdk.ThreadAllocationStatistics", this::allocation);
        ownEvents = new OwnEvents(stream);
        stream.setReuse(true);
        stream.setOrdered(false);
        stream.startAsync();
    }

    private void gauge(String name, String help, boolean own) {
        Gauge.builder(name, this, meters -> own ? meters.cpu : meters.machineCpu)
                .description(help)
                .strongReference(true)
                .register(registry);
    }

    private void operation(RecordedEvent event) {
        // A collection is an operation, too, and has an event of its own.
        if (event.getBoolean("safepoint") && !event.getString("operation").contains("Collect")) {
            safepoints.record(event.getDuration());
        }
    }

    private void load(RecordedEvent event) {
        cpu = event.getFloat("jvmUser") + event.getFloat("jvmSystem");
        machineCpu = event.getFloat("machineTotal");
    }

    private void allocation(RecordedEvent event) {
        RecordedThread thread = event.getThread("thread");
        if (thread == null || thread.getJavaName() == null) {
            return;
        }
        long bytes = event.getLong("allocated");
        Long before = allocated.put(thread.getJavaThreadId(), bytes);
        counter(family(thread.getJavaName()))
                .increment((double) Math.max(0, bytes - (before == null ? 0 : before)));
    }

    private Counter counter(String thread) {
        return Counter.builder("millrace_allocated_bytes")
                .description("Bytes of heap that a thread allocated")
                .tags(Tags.of("thread", thread))
                .register(registry);
    }

    /** Threads come and go under numbers: as labels they would grow without a bound. */
    private static String family(String thread) {
        int end = thread.length();
        while (end > 0 && Character.isDigit(thread.charAt(end - 1))) {
            end--;
        }
        return thread.substring(0, end).strip();
    }

    @Override
    public void close() {
        ownEvents.close();
        stream.close();
    }
}
