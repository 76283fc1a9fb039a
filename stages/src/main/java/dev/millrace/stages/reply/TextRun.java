package dev.millrace.stages.reply;

import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.TokenBytes;
import org.agrona.DirectBuffer;
import org.agrona.collections.IntArrayList;

/** One generation's text and ids: those not sent yet of a stream, else all of them. */
final class TextRun {
    final GrowingBytes text = new GrowingBytes(512);
    final IntArrayList ids = new IntArrayList();

    private final StreamingDetokenizer detokenizer = new StreamingDetokenizer();
    private FinishReason finish = FinishReason.NONE;
    private boolean announced;

    void begin() {
        clear();
        announced = false;
        detokenizer.begin();
        finish = FinishReason.NONE;
    }

    /** Forgets what was sent. */
    void clear() {
        text.clear();
        ids.clear();
    }

    /**
     * @param keepIds whether {@link #ids} are asked for: all that were sampled, those behind a stop
     *     too, so that they are as many as usage counts
     */
    void accept(ReplySlot slot, TokenBytes tokenBytes, boolean keepIds) {
        DirectBuffer tokens = slot.payload.buffer();
        int visible = -slot.hiddenBytes;
        if (slot.hiddenBytes > 0) {
            for (int i = 0; i < slot.count; i++) {
                visible += tokenBytes.bytesOf(tokens.getInt(i * Integer.BYTES)).length;
            }
        } else {
            visible = Integer.MAX_VALUE;
        }
        for (int i = 0; i < slot.count; i++) {
            int id = tokens.getInt(i * Integer.BYTES);
            if (keepIds) {
                ids.addInt(id);
            }
            byte[] bytes = tokenBytes.bytesOf(id);
            int shown = Math.clamp(visible, 0, bytes.length);
            detokenizer.accept(bytes, shown, text);
            visible -= shown;
        }
        if (slot.finish != FinishReason.NONE) {
            finish = slot.finish;
            detokenizer.end(text);
        }
    }

    /** True the first time it is asked: what comes once per run belongs there. */
    boolean announce() {
        boolean first = !announced;
        announced = true;
        return first;
    }

    boolean ended() {
        return finish != FinishReason.NONE;
    }

    /** OpenAI's {@code finish_reason} of a run that ended. */
    String finishReason() {
        return switch (finish) {
            case STOP -> "stop";
            case LENGTH -> "length";
            case CANCELLED, NONE -> throw new IllegalStateException("run ended with " + finish);
        };
    }
}
