package dev.millrace.gpustage.torch;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Loads LibTorch once and sets what is global to the process; the only static state of the engine.
 *
 * <p>{@link #start} runs on the starting thread; {@link #enterLaneThread} on each thread that runs
 * a model.
 */
public final class LibTorch {
    /**
     * What the natives are and how they were started, for the log and the environment record.
     *
     * @param version LibTorch's own version, such as {@code 2.10.0}
     * @param cpuCapability the instruction set its kernels were chosen for, such as {@code AVX512}
     * @param intraOpThreads threads that compute for each model
     * @param interOpThreads threads across operators
     */
    public record NativeInfo(
            String version, String cpuCapability, int intraOpThreads, int interOpThreads) {}

    /** The mode lasts as long as its object; nothing else collects it, and so it lasts for good. */
    private static final ThreadLocal<@Nullable InferenceMode> INFERENCE = new ThreadLocal<>();

    private static volatile int intraOpThreads;

    /** Set before the first native is loaded, it says which natives those are. */
    private static final String EXTENSION = "org.bytedeco.javacpp.platform.extension";

    static {
        String withCuda = "/org/bytedeco/pytorch/" + Loader.getPlatform() + "-gpu/libjnitorch.so";
        if (LibTorch.class.getResource(withCuda) != null && System.getProperty(EXTENSION) == null) {
            System.setProperty(EXTENSION, "-gpu");
        }
    }

    private LibTorch() {}

    /**
     * Loads the natives and says how many threads a lane has for its model. May be called again
     * with another intra-op count; the inter-op count is fixed by the first call, because LibTorch
     * accepts it once.
     *
     * @throws IllegalArgumentException if a count is below 1
     */
    public static synchronized NativeInfo start(int intraOp, int interOp) {
        if (intraOp < 1 || interOp < 1) {
            throw new IllegalArgumentException(
                    "LibTorch threads are intra-op "
                            + intraOp
                            + ", inter-op "
                            + interOp
                            + "; both start at 1");
        }
        if (intraOpThreads == 0) {
            torch.set_num_interop_threads(interOp);
        }
        intraOpThreads = intraOp;
        enterLaneThread(1);
        // Its threads are the process's, not the caller's, and would compete with everybody's.
        openblas_nolapack.blas_set_num_threads(1);
        return new NativeInfo(
                showConfigValue("TORCH_VERSION="),
                showConfigValue("CPU capability usage: "),
                intraOp,
                (int) torch.get_num_interop_threads());
    }

    /** Threads that a lane has for its model. */
    public static int threads() {
        return intraOpThreads;
    }

    /**
     * Prepares the calling thread: OpenMP's thread count and the inference mode are kept per
     * thread.
     *
     * <p>In inference mode operators keep no record for gradients at all: a step of one token over
     * 12 layers spends 0.8 ms beside its matrices instead of 1.2.
     *
     * @param threads inside one operator that this thread calls
     */
    public static void enterLaneThread(int threads) {
        if (intraOpThreads == 0) {
            throw new IllegalStateException("LibTorch.start has not been called");
        }
        if (INFERENCE.get() == null) {
            // On its first call a thread takes the count that any thread set last.
            torch.get_num_threads();
            // Kept per thread too. A script would be compiled again for the shapes it saw first;
            // shapes change with every step, and a lane cannot pause for a compiler.
            torch.setGraphExecutorOptimize(false);
            INFERENCE.set(new InferenceMode(true));
        }
        torch.set_num_threads(threads);
    }

    /** Prepares a thread that computes parts: with one thread inside an operator. Cheap again. */
    public static void enterPartnerThread() {
        if (INFERENCE.get() == null) {
            enterLaneThread(1);
        }
    }

    private static String showConfigValue(String key) {
        try (BytePointer text = torch.show_config()) {
            String config = text.getString();
            int start = config.indexOf(key);
            if (start < 0) {
                return "unknown";
            }
            int end = start + key.length();
            while (end < config.length() && ",\n ".indexOf(config.charAt(end)) < 0) {
                end++;
            }
            return config.substring(start + key.length(), end);
        }
    }
}
