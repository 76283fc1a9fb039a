package dev.millrace.gpustage.model;

import dev.millrace.gpustage.torch.TensorScope;
import dev.millrace.gpustage.torch.ZeroedMemory;
import dev.millrace.ringbuffer.Datatype;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** The memory of all KV-cache blocks, one region a layer. */
final class KvCache implements AutoCloseable {
    private final KvCacheSize size;
    private final List<ZeroedMemory> layers = new ArrayList<>();

    /**
     * @throws OutOfMemoryError if there is no room for it
     */
    KvCache(KvCacheSize size) {
        this.size = size;
        try {
            for (int layer = 0; layer < size.layers(); layer++) {
                layers.add(new ZeroedMemory(size.layerBytes()));
            }
        } catch (OutOfMemoryError e) {
            close();
            throw e;
        }
    }

    /**
     * One tensor a layer, float32[blocks, blockTokens, 2 kvHeads, headDim]; they belong to the
     * scope that is open.
     */
    List<Tensor> tensors() {
        assert TensorScope.liveScopes() > 0 : "tensors are made inside a scope";
        return layers.stream()
                .map(layer ->
                        layer.tensor(
                                Datatype.FP32,
                                size.blocks(),
                                size.blockTokens(),
                                2L * size.kvHeads(),
                                size.headDim()))
                .toList();
    }

    long bytes() {
        return size.layers() * size.layerBytes();
    }

    @Override
    public void close() {
        layers.forEach(ZeroedMemory::close);
        layers.clear();
    }
}
