package dev.millrace.gpustage.model;

import dev.millrace.gpustage.torch.TorchDevice;

/**
 * Where a text model computes, and how the matrices of its linear layers are held there.
 *
 * @param format a plain one on any device but a CPU
 */
public record Placement(TorchDevice device, WeightFormat format) {
    /** Checks that the device has the format's operators. */
    public Placement {
        if (device != TorchDevice.CPU && !format.isPlain()) {
            throw new IllegalArgumentException(
                    format + " is packed for a CPU; a plain format is expected on " + device);
        }
    }

    /** On the CPU. */
    public static Placement cpu(WeightFormat format) {
        return new Placement(TorchDevice.CPU, format);
    }
}
