package dev.millrace.gpustage.model;

import dev.millrace.gpustage.torch.NativeTensors;
import dev.millrace.ringbuffer.Datatype;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.bytedeco.pytorch.Tensor;

/**
 * Token ids of several texts, padded on the right to the longest.
 *
 * <p>Reused by the lane's thread for every batch: {@link #begin}, then for each text {@link
 * #beginText} and {@link #addToken}.
 */
public final class TextBatch implements AutoCloseable {
    private static final ValueLayout.OfLong INT64 = ValueLayout.JAVA_LONG;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment ids;
    private final MemorySegment mask;
    private final int capacity;
    private int width;
    private int textCount;
    private int column;

    /** Room for {@code capacity} token ids with padding. */
    public TextBatch(int capacity) {
        this.capacity = capacity;
        this.ids = arena.allocate(INT64, capacity);
        this.mask = arena.allocate(INT64, capacity);
    }

    /** Whether {@code texts} of at most {@code longest} tokens fit. */
    public boolean fits(int texts, int longest) {
        return (long) texts * longest <= capacity;
    }

    /** Empties the batch and fixes the length of its rows. */
    public void begin(int longest) {
        width = longest;
        textCount = 0;
    }

    /** Begins the next text. */
    public void beginText() {
        if ((long) (textCount + 1) * width > capacity) {
            throw new IllegalStateException(
                    textCount + 1 + " texts of " + width + " tokens exceed " + capacity);
        }
        long row = (long) textCount * width * Long.BYTES;
        ids.asSlice(row, (long) width * Long.BYTES).fill((byte) 0);
        mask.asSlice(row, (long) width * Long.BYTES).fill((byte) 0);
        textCount++;
        column = 0;
    }

    /** Adds the next token of the text that was begun last. */
    public void addToken(int tokenId) {
        if (column == width) {
            throw new IllegalStateException(
                    "a text of this batch holds at most " + width + " tokens");
        }
        long index = (long) (textCount - 1) * width + column++;
        ids.setAtIndex(INT64, index, tokenId);
        mask.setAtIndex(INT64, index, 1);
    }

    /** Texts of the batch. */
    public int textCount() {
        return textCount;
    }

    /** Tokens of a row with its padding. */
    public int width() {
        return width;
    }

    Tensor inputIds() {
        return NativeTensors.over(ids.address(), Datatype.INT64, textCount, width);
    }

    Tensor attentionMask() {
        return NativeTensors.over(mask.address(), Datatype.INT64, textCount, width);
    }

    /** Frees the native memory. */
    @Override
    public void close() {
        arena.close();
    }
}
