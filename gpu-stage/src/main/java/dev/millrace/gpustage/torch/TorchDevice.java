package dev.millrace.gpustage.torch;

import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Where tensors live: the processor's memory, or the first CUDA device's.
 *
 * <p>Used by any thread behind {@link LibTorch#start}.
 */
public enum TorchDevice {
    /** The processor. */
    CPU,
    /** The first device that the process sees; {@code CUDA_VISIBLE_DEVICES} says which that is. */
    CUDA;

    /** Why there is no CUDA device, in a few words; empty where there is one. */
    public static String missingCuda() {
        if (!torch.hasCUDA()) {
            return "this build of LibTorch has no CUDA, which Maven's profile cuda brings";
        }
        return torch.cuda_is_available() ? "" : "LibTorch finds no CUDA device";
    }

    /** The tensor there; itself where it is there already. Belongs to the scope that is open. */
    public Tensor moved(Tensor tensor) {
        TensorScope.checkOpen();
        return this == CPU ? tensor.cpu() : tensor.cuda();
    }

    Device device() {
        return new Device(toString());
    }

    /** As LibTorch and {@code models.device} have it. */
    @Override
    public String toString() {
        return this == CPU ? "cpu" : "cuda";
    }
}
