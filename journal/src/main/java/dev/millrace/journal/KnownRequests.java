package dev.millrace.journal;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The newest requests that may be asked for again, by id and by key: as many as there is room for.
 * One thread: the one that opens the journal, then the {@code batch} stage's; whoever removes files
 * asks from a thread of its own which are needed.
 */
final class KnownRequests {
    private final int capacity;
    private final LinkedHashMap<Long, KnownRequest> byOrigin = new LinkedHashMap<>();
    private final Map<Digest128, KnownRequest> byKey = new HashMap<>();

    KnownRequests(int capacity) {
        this.capacity = capacity;
    }

    /** Remembers a request, in place of the one that it tries anew. */
    synchronized void put(KnownRequest request) {
        forget(byOrigin.get(request.originId));
        if (request.key != null) {
            forget(byKey.get(request.key));
            byKey.put(request.key, request);
        }
        byOrigin.put(request.originId, request);
        if (byOrigin.size() > capacity) {
            Iterator<KnownRequest> oldest = byOrigin.values().iterator();
            forget(oldest.next());
        }
    }

    private void forget(@Nullable KnownRequest request) {
        if (request != null) {
            byOrigin.remove(request.originId, request);
            if (request.key != null) {
                byKey.remove(request.key, request);
            }
        }
    }

    synchronized @Nullable KnownRequest byKey(Digest128 key) {
        return byKey.get(key);
    }

    /** By the id that its answer carries. */
    synchronized @Nullable KnownRequest byId(long originId) {
        return byOrigin.get(originId);
    }

    /** The oldest file that holds an answer which may be asked for again; null where none does. */
    synchronized @Nullable Path oldestFile() {
        Path oldest = null;
        for (KnownRequest request : byOrigin.values()) {
            if (request.state() == KnownRequest.State.ANSWERED) {
                Path file = request.file();
                oldest = oldest == null || JournalFolder.compare(file, oldest) < 0 ? file : oldest;
            }
        }
        return oldest;
    }

    int size() {
        return byOrigin.size();
    }

    /** Nothing runs yet: what has no last word on record will get none. */
    void endRuns() {
        for (KnownRequest request : byOrigin.values()) {
            if (request.state() == KnownRequest.State.RUNNING) {
                request.lost();
            }
        }
    }
}
