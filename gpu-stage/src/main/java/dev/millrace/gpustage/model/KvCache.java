package dev.millrace.gpustage.model;

import dev.millrace.gpustage.torch.NativeTensors;
import dev.millrace.gpustage.torch.TensorScope;
import dev.millrace.gpustage.torch.TorchDevice;
import dev.millrace.gpustage.torch.ZeroedMemory;
import dev.millrace.ringbuffer.Datatype;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * The memory of all KV-cache blocks, one region a layer.
 *
 * <p>In the processor's memory it becomes resident where it is touched; a device has all of it from
 * the start.
 */
final class KvCache implements AutoCloseable {
    private final KvCacheSize size;
    private final List<ZeroedMemory> memory = new ArrayList<>();

    /** One a layer, kept. */
    private final List<Tensor> tensors = new ArrayList<>();

    /**
     * @throws OutOfMemoryError if there is no room for it
     */
    KvCache(KvCacheSize size, Placement placement) {
        this.size = size;
        try (TensorScope scope = TensorScope.open()) {
            for (int layer = 0; layer < size.layers(); layer++) {
                tensors.add(
                        scope.keep(
                                placement.format().isPlain()
                                        ? onDevice(placement.device())
                                        : inMemory()));
            }
        } catch (RuntimeException | OutOfMemoryError e) {
            close();
            throw e;
        }
    }

    private Tensor inMemory() {
        ZeroedMemory layer = new ZeroedMemory(size.layerBytes());
        memory.add(layer);
        return layer.tensor(Datatype.FP32, shape());
    }

    private Tensor onDevice(TorchDevice device) {
        return NativeTensors.zeros(device, Datatype.FP32, shape());
    }

    private long[] shape() {
        return new long[] {size.blocks(), size.blockTokens(), 2L * size.kvHeads(), size.headDim()};
    }

    /** One tensor a layer, float32[blocks, blockTokens, 2 kvHeads, headDim]. */
    List<Tensor> tensors() {
        return tensors;
    }

    long bytes() {
        return size.layers() * size.layerBytes();
    }

    @Override
    public void close() {
        tensors.forEach(TensorScope::free);
        tensors.clear();
        memory.forEach(ZeroedMemory::close);
        memory.clear();
    }
}
