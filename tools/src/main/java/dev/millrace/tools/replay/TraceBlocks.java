package dev.millrace.tools.replay;

import dev.millrace.tools.Sha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Names blocks of prompts: the same number for the same tokens with the same tokens before them,
 * counted up from 0 as they are met, so that nothing of a prompt can be read from a trace. One
 * thread.
 */
final class TraceBlocks {
    private final int blockTokens;
    private final Map<ByteBuffer, Long> known = new HashMap<>();
    private final MessageDigest sha256 = Sha256.begin();

    TraceBlocks(int blockTokens) {
        this.blockTokens = blockTokens;
    }

    /**
     * The blocks of a prompt, the last one perhaps not full.
     *
     * @param model nothing is shared between two
     * @param callerId likewise
     * @param salt likewise
     */
    List<Long> of(String model, long callerId, long salt, int[] prompt) {
        List<Long> ids = new ArrayList<>();
        byte[] before = (model + '\n' + callerId + '\n' + salt).getBytes(StandardCharsets.UTF_8);
        for (int from = 0; from < prompt.length; from += blockTokens) {
            sha256.update(before);
            int to = Math.min(prompt.length, from + blockTokens);
            ByteBuffer tokens = ByteBuffer.allocate((to - from) * Integer.BYTES);
            for (int i = from; i < to; i++) {
                tokens.putInt(prompt[i]);
            }
            before = sha256.digest(tokens.array());
            ids.add(known.computeIfAbsent(ByteBuffer.wrap(before), any -> (long) known.size()));
        }
        return ids;
    }
}
