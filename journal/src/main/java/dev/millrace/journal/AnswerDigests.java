package dev.millrace.journal;

import java.util.ArrayDeque;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * SHA-256 over the token ids of every run that is being answered, across its records: the digest of
 * one record alone would say which token it was. No garbage once as many requests were in flight as
 * ever are. One thread.
 */
final class AnswerDigests {
    private static final int CHUNK_BYTES = 8 << 10;

    private final Long2ObjectHashMap<Answer> open = new Long2ObjectHashMap<>();
    private final ArrayDeque<Answer> free = new ArrayDeque<>();
    private final byte[] chunk = new byte[CHUNK_BYTES];
    private final byte[] result = new byte[Sha256.BYTES];

    /** The runs of one request; whoever takes it finds every digest empty. */
    private static final class Answer {
        private @Nullable Sha256[] runs = new Sha256[1];

        Sha256 run(int index) {
            if (index >= runs.length) {
                runs = Arrays.copyOf(runs, Math.max(index + 1, 2 * runs.length));
            }
            Sha256 run = runs[index];
            if (run == null) {
                run = new Sha256();
                runs[index] = run;
            }
            return run;
        }

        void reset() {
            for (Sha256 run : runs) {
                if (run != null) {
                    run.reset();
                }
            }
        }
    }

    /** More ids of a run, 4 bytes each, from offset 0. */
    void add(long requestId, int run, DirectBuffer ids, int count) {
        Sha256 sha256 = answer(requestId).run(run);
        int bytes = count * Integer.BYTES;
        for (int at = 0; at < bytes; at += CHUNK_BYTES) {
            int piece = Math.min(CHUNK_BYTES, bytes - at);
            ids.getBytes(at, chunk, 0, piece);
            sha256.add(chunk, 0, piece);
        }
    }

    /** Of all ids of a run; valid until the next call. */
    byte[] end(long requestId, int run) {
        answer(requestId).run(run).end(result);
        return result;
    }

    private Answer answer(long requestId) {
        Answer answer = open.get(requestId);
        if (answer == null) {
            answer = free.isEmpty() ? new Answer() : free.pop();
            open.put(requestId, answer);
        }
        return answer;
    }

    /** The request had its last word. */
    void forget(long requestId) {
        Answer answer = open.remove(requestId);
        if (answer != null) {
            answer.reset();
            free.push(answer);
        }
    }
}
