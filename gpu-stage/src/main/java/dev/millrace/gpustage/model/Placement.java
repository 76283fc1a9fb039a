package dev.millrace.gpustage.model;

import dev.millrace.gpustage.attention.PagedAttention;
import dev.millrace.gpustage.torch.TorchDevice;

/**
 * Where a text model computes, and how the matrices of its linear layers are held there.
 *
 * @param format a plain one on any device but a CPU
 * @param readsPages whether single tokens attend by {@link PagedAttention}, which reads keys and
 *     values where they lie, and not in the script, which gathers them first; not in a plain format
 */
public record Placement(TorchDevice device, WeightFormat format, boolean readsPages) {
    /**
     * Narrower models have little to gain, and do not wait for the classes of vectors when they
     * start. The one that an ahead-of-time cache is made with has to be among them: {@code
     * VectorApi} says why.
     */
    private static final int WIDE = 512;

    /** Checks that the device has the format's operators. */
    public Placement {
        if (device != TorchDevice.CPU && !format.isPlain()) {
            throw new IllegalArgumentException(
                    format + " is packed for a CPU; a plain format is expected on " + device);
        }
        if (readsPages && format.isPlain()) {
            throw new IllegalArgumentException(
                    format + " is for devices, which do not read pages; a packed format does");
        }
    }

    /** Of a model whose residual stream is that wide. */
    public static Placement of(TorchDevice device, WeightFormat format, int hidden) {
        return new Placement(device, format, !format.isPlain() && hidden >= WIDE);
    }

    /** On the CPU, as a large model computes. */
    public static Placement cpu(WeightFormat format) {
        return new Placement(TorchDevice.CPU, format, !format.isPlain());
    }
}
