package dev.millrace.tools.bench.ring;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What named threads of this process have used since a moment. */
public final class ThreadCosts {
    /** Threads of a thread plan, and the null lane. */
    public static final Set<String> STAGES =
            Set.of(
                    "front",
                    "journal",
                    "decode",
                    "rate-limit",
                    "batch",
                    "lane-null",
                    "back",
                    "reply-journal",
                    "reply",
                    "telemetry",
                    "stages");

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final Map<String, Long> ids = new TreeMap<>();
    private final Map<String, Cost> before = new LinkedHashMap<>();

    /**
     * What a thread used.
     *
     * @param allocatedBytes of the heap
     */
    public record Cost(long cpuNanos, long allocatedBytes) {
        private Cost minus(@Nullable Cost other) {
            return other == null
                    ? this
                    : new Cost(cpuNanos - other.cpuNanos, allocatedBytes - other.allocatedBytes);
        }
    }

    private ThreadCosts() {}

    /** From now on, of the live threads with those names. */
    public static ThreadCosts of(Set<String> names) {
        var costs = new ThreadCosts();
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (names.contains(thread.getName())) {
                costs.ids.put(thread.getName(), thread.threadId());
            }
        }
        // Once for the classes that reading itself loads.
        costs.ids.values().forEach(ThreadCosts::read);
        costs.ids.forEach((name, id) -> costs.before.put(name, read(id)));
        return costs;
    }

    private static Cost read(long id) {
        return new Cost(THREADS.getThreadCpuTime(id), THREADS.getThreadAllocatedBytes(id));
    }

    /** By thread. */
    public Map<String, Cost> since() {
        Map<String, Cost> used = new TreeMap<>();
        ids.forEach((name, id) -> used.put(name, read(id).minus(before.get(name))));
        return used;
    }
}
