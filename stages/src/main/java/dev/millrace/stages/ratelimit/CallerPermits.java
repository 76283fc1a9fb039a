package dev.millrace.stages.ratelimit;

import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The callers remembered: a bounded map that forgets the one idle longest. Owned by the rate-limit
 * thread.
 *
 * <p>Entries are reused when a caller is forgotten, so that after warm-up nothing is allocated.
 */
final class CallerPermits {
    /** One caller; linked by last use. */
    static final class Caller {
        private long id;
        private @Nullable Caller older;
        private @Nullable Caller newer;
        final PermitBucket requests;
        final PermitBucket tokens;

        private Caller(long requestsPerMinute, long tokensPerMinute) {
            requests = new PermitBucket(requestsPerMinute);
            tokens = new PermitBucket(tokensPerMinute);
        }
    }

    private final Long2ObjectHashMap<Caller> byId = new Long2ObjectHashMap<>();
    private final int capacity;
    private final long requestsPerMinute;
    private final long tokensPerMinute;
    private @Nullable Caller oldest;
    private @Nullable Caller newest;

    CallerPermits(int capacity, long requestsPerMinute, long tokensPerMinute) {
        this.capacity = capacity;
        this.requestsPerMinute = requestsPerMinute;
        this.tokensPerMinute = tokensPerMinute;
    }

    /** The caller, refilled up to {@code nowNanos}; with full buckets where not remembered. */
    Caller use(long id, long nowNanos) {
        Caller caller = byId.get(id);
        if (caller == null) {
            caller = admit(id, nowNanos);
        } else {
            caller.requests.refill(nowNanos);
            caller.tokens.refill(nowNanos);
            unlink(caller);
        }
        append(caller);
        return caller;
    }

    /** Gives tokens back; a caller who was forgotten has full buckets anyway. */
    void giveBack(long id, long tokensBack) {
        Caller caller = byId.get(id);
        if (caller != null) {
            caller.tokens.giveBack(tokensBack);
        }
    }

    int size() {
        return byId.size();
    }

    private Caller admit(long id, long nowNanos) {
        Caller caller = oldest;
        if (caller == null || byId.size() < capacity) {
            caller = new Caller(requestsPerMinute, tokensPerMinute);
        } else {
            byId.remove(caller.id);
            unlink(caller);
        }
        caller.id = id;
        caller.requests.fill(nowNanos);
        caller.tokens.fill(nowNanos);
        byId.put(id, caller);
        return caller;
    }

    private void append(Caller caller) {
        caller.older = newest;
        caller.newer = null;
        if (newest == null) {
            oldest = caller;
        } else {
            newest.newer = caller;
        }
        newest = caller;
    }

    private void unlink(Caller caller) {
        if (caller.older == null) {
            oldest = caller.newer;
        } else {
            caller.older.newer = caller.newer;
        }
        if (caller.newer == null) {
            newest = caller.older;
        } else {
            caller.newer.older = caller.older;
        }
    }
}
