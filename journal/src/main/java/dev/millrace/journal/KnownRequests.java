package dev.millrace.journal;

import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The newest requests that may be asked for again, by id and by key: as many as there is room for.
 * One thread: the one that opens the journal, then the {@code batch} stage's.
 */
final class KnownRequests {
    private final int capacity;
    private final LinkedHashMap<Long, KnownRequest> byOrigin = new LinkedHashMap<>();
    private final Map<Digest128, KnownRequest> byKey = new HashMap<>();

    KnownRequests(int capacity) {
        this.capacity = capacity;
    }

    /** Remembers a request, in place of the one that it tries anew. */
    void put(KnownRequest request) {
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

    @Nullable KnownRequest byKey(Digest128 key) {
        return byKey.get(key);
    }

    /** By the id that its answer carries. */
    @Nullable KnownRequest byId(long originId) {
        return byOrigin.get(originId);
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
