package dev.millrace.gpustage.model;

import dev.millrace.gpustage.torch.NativeTensors;
import dev.millrace.gpustage.torch.TensorScope;
import dev.millrace.gpustage.torch.TorchDevice;
import dev.millrace.gpustage.torch.ZeroedMemory;
import dev.millrace.ringbuffer.Datatype;
import java.lang.foreign.MemorySegment;
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

    /** One a layer in the processor's memory; none on a device. */
    private final List<MemorySegment> layers = new ArrayList<>();

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
        layers.add(layer.segment());
        return layer.tensor(Datatype.FP32, shape());
    }

    private Tensor onDevice(TorchDevice device) {
        return NativeTensors.zeros(device, Datatype.FP32, shape());
    }

    private long[] shape() {
        return new long[] {size.blocks(), 2L * size.kvHeads(), size.blockTokens(), size.headDim()};
    }

    /** One tensor a layer, float32[blocks, 2 kvHeads, blockTokens, headDim]: keys, then values. */
    List<Tensor> tensors() {
        return tensors;
    }

    /** What the tensor of a layer has, where that is in the processor's memory. */
    MemorySegment layer(int layer) {
        return layers.get(layer);
    }

    long bytes() {
        return size.layers() * size.layerBytes();
    }

    @Override
    public void close() {
        tensors.forEach(TensorScope::free);
        tensors.clear();
        layers.clear();
        memory.forEach(ZeroedMemory::close);
        memory.clear();
    }
}
