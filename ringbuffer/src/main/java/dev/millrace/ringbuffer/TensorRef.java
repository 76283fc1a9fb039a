package dev.millrace.ringbuffer;

/** Where one tensor's bytes lie and what they mean; reused with its slot. */
public final class TensorRef {
    /** Dimensions a tensor may have. */
    public static final int MAX_RANK = 8;

    public String name = "";
    public Datatype datatype = Datatype.FP32;
    public int rank;
    public final long[] shape = new long[MAX_RANK];

    /** True: bytes lie in the body as the client sent them. False: in the decoded payload. */
    public boolean inBody;

    public int offset;
    public int lengthBytes;

    /** Product of the dimensions. */
    public long elements() {
        long product = 1;
        for (int i = 0; i < rank; i++) {
            product *= shape[i];
        }
        return product;
    }
}
