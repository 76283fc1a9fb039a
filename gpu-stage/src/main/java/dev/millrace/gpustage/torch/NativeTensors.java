package dev.millrace.gpustage.torch;

import dev.millrace.ringbuffer.Datatype;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.agrona.DirectBuffer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.LongArrayRef;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Tensors over memory that Java owns, and the way back.
 *
 * <p>Runs on the thread that uses the tensors, inside a {@link TensorScope}. All tensors are dense
 * and row-major.
 */
public final class NativeTensors {
    private NativeTensors() {}

    /** A tensor of zeros. */
    public static Tensor zeros(Datatype dtype, long... shape) {
        TensorScope.checkOpen();
        return torch.zeros(shape, new TensorOptions(ScalarTypes.of(dtype)));
    }

    /** A tensor of zeros on that device. */
    public static Tensor zeros(TorchDevice device, Datatype dtype, long... shape) {
        TensorScope.checkOpen();
        return torch.zeros(
                shape,
                new TensorOptions(ScalarTypes.of(dtype))
                        .device(new DeviceOptional(device.device())));
    }

    /** Elements {@code from} to before {@code to} of a list, over the same memory. */
    public static Tensor part(Tensor list, long from, long to) {
        TensorScope.checkOpen();
        return list.narrow(0, from, to - from);
    }

    /** A tensor whose elements are not set. */
    public static Tensor empty(Datatype dtype, long... shape) {
        TensorScope.checkOpen();
        return torch.empty(shape, new TensorOptions(ScalarTypes.of(dtype)), null);
    }

    /** A tensor over {@code segment}, which must be native and outlive it. */
    public static Tensor over(MemorySegment segment, Datatype dtype, long... shape) {
        checkBytes(segment.byteSize(), dtype, shape);
        return over(segment.address(), dtype, shape);
    }

    /**
     * A tensor over the memory at {@code address}, which must be aligned, large enough and outlive
     * it.
     */
    public static Tensor over(long address, Datatype dtype, long... shape) {
        TensorScope.checkOpen();
        return torch.from_blob(
                new Address(address), shape, new TensorOptions(ScalarTypes.of(dtype)));
    }

    /** A tensor of its own with the bytes at {@code address}, which may be unaligned. */
    public static Tensor copyOf(long address, Datatype dtype, long... shape) {
        Tensor tensor = empty(dtype, shape);
        Pointer.memcpy(tensor.data_ptr(), new Address(address), elements(shape) * dtype.bytes());
        return tensor;
    }

    /** A tensor of truth values from bytes that may hold anything: a byte that is not 0 is true. */
    public static Tensor copyOfBooleans(DirectBuffer buffer, int index, long... shape) {
        return copyOf(buffer, index, Datatype.UINT8, shape).to(ScalarType.Bool);
    }

    /** A tensor of its own with bytes of an off-heap {@code buffer}. */
    public static Tensor copyOf(DirectBuffer buffer, int index, Datatype dtype, long... shape) {
        checkBytes(buffer.capacity() - (long) index, dtype, shape);
        return copyOf(buffer.addressOffset() + index, dtype, shape);
    }

    /** A tensor of its own with these values. */
    public static Tensor copyOf(float[] values) {
        Tensor tensor = empty(Datatype.FP32, values.length);
        MemorySegment.copy(values, 0, memory(tensor), ValueLayout.JAVA_FLOAT, 0, values.length);
        return tensor;
    }

    /** A copy with the rows of all {@code parts}, one part below the other. */
    public static Tensor stack(Tensor... parts) {
        TensorScope.checkOpen();
        return torch.cat(new TensorVector(parts), 0);
    }

    /** The elements of a dense {@code tensor} as memory that is valid as long as the tensor. */
    @SuppressWarnings("restricted") // the size is the tensor's own
    public static MemorySegment memory(Tensor tensor) {
        if (!tensor.is_contiguous()) {
            throw new IllegalArgumentException("the tensor is not dense; call contiguous() first");
        }
        return MemorySegment.ofAddress(tensor.data_ptr().address()).reinterpret(tensor.nbytes());
    }

    /** The nearest values in bfloat16: 8 significant bits. */
    public static Tensor toBfloat16(Tensor tensor) {
        TensorScope.checkOpen();
        return tensor.to(ScalarType.BFloat16);
    }

    /** The nearest halves: 11 significant bits, up to {@link HalfWeights#MAX}. */
    public static Tensor toHalf(Tensor tensor) {
        TensorScope.checkOpen();
        return tensor.to(ScalarType.Half);
    }

    /** A dense copy with the sides of a matrix exchanged. */
    public static Tensor transposed(Tensor matrix) {
        TensorScope.checkOpen();
        return matrix.t().contiguous();
    }

    /** A copy with rows in another order: row {@code i} of the result is row {@code order[i]}. */
    public static Tensor reordered(Tensor tensor, long[] order) {
        TensorScope.checkOpen();
        return tensor.index_select(0, torch.tensor(order));
    }

    /** A copy with every element multiplied. */
    public static Tensor scaled(Tensor tensor, double factor) {
        TensorScope.checkOpen();
        return tensor.mul(new Scalar(factor));
    }

    /** The same values as 32-bit floats; the tensor itself when it holds them already. */
    public static Tensor toFloat(Tensor tensor) {
        TensorScope.checkOpen();
        return tensor.to(ScalarType.Float);
    }

    /** A dense tensor with the same values. */
    public static Tensor dense(Tensor tensor) {
        return tensor.is_contiguous() ? tensor : tensor.contiguous();
    }

    /** The same elements in another shape, of which one length may be -1. */
    public static Tensor reshape(Tensor tensor, long... shape) {
        TensorScope.checkOpen();
        return tensor.reshape(shape);
    }

    /** The element type, or null for one that no protocol carries: complex, quantised. */
    public static @Nullable Datatype datatype(Tensor tensor) {
        return ScalarTypes.of(tensor);
    }

    /** The lengths of all dimensions. */
    public static long[] shape(Tensor tensor) {
        LongArrayRef sizes = tensor.sizes();
        long[] shape = new long[(int) sizes.size()];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = sizes.get(i);
        }
        return shape;
    }

    /** The product of all dimensions. */
    public static long elements(long... shape) {
        long count = 1;
        for (long length : shape) {
            count = Math.multiplyExact(count, length);
        }
        return count;
    }

    private static void checkBytes(long available, Datatype dtype, long... shape) {
        long needed = Math.multiplyExact(elements(shape), (long) dtype.bytes());
        if (needed < 0 || needed > available) {
            throw new IllegalArgumentException(
                    "a tensor of " + needed + " bytes does not fit into " + available + " bytes");
        }
    }

    /** A pointer that owns nothing. */
    static Pointer pointer(long address) {
        return new Address(address);
    }

    /** A pointer that owns nothing: JavaCPP's constructor for a raw address is protected. */
    private static final class Address extends Pointer {
        Address(long address) {
            super((Pointer) null);
            this.address = address;
        }
    }
}
