package dev.millrace.gpustage.lane;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * CRC-32C (RFC 3720, B.4) of rows of logits: what a replay compares bits by. The processor has an
 * instruction for it; a row of 32,000 takes some 10 us, where a cryptographic digest would take a
 * hundred.
 *
 * <p>Owned by the lane's thread.
 */
final class RowDigest {
    private final CRC32C crc = new CRC32C();
    private ByteBuffer rows = ByteBuffer.allocate(0);

    /** Rows are those of {@code logits} from here on. */
    void begin(MemorySegment logits) {
        rows = logits.asByteBuffer();
    }

    /** The digest of so many bytes from there on. */
    int of(long offsetBytes, int bytes) {
        int from = Math.toIntExact(offsetBytes);
        rows.limit(from + bytes).position(from);
        crc.reset();
        crc.update(rows);
        return (int) crc.getValue();
    }
}
