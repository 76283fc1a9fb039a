package dev.millrace.gpustage.torch;

import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.jspecify.annotations.Nullable;

/**
 * Closes every native object that its thread made since it was opened: the tensors of one step.
 *
 * <p>Belongs to the thread that opened it; scopes nest, the innermost collects. Nothing waits for
 * the garbage collector, which does not know tensors. What outlives its scope is counted, so that a
 * test can tell a leak.
 */
public final class TensorScope implements AutoCloseable {
    private static final AtomicInteger LIVE = new AtomicInteger();
    private static final AtomicInteger KEPT = new AtomicInteger();

    private final Thread owner = Thread.currentThread();
    private final @Nullable PointerScope around = PointerScope.getInnerScope();
    private final PointerScope pointers = new PointerScope();
    private boolean closed;

    private TensorScope() {
        LIVE.incrementAndGet();
    }

    /** Opens a scope on the calling thread. */
    public static TensorScope open() {
        return new TensorScope();
    }

    /** Scopes that are open in this process. */
    public static int liveScopes() {
        return LIVE.get();
    }

    /** Whether what was made in it still lives. */
    public boolean isOpen() {
        return !closed;
    }

    /** Native objects that were kept and not freed, in this process. */
    public static int liveKept() {
        return KEPT.get();
    }

    /** Lets {@code pointer} outlive this scope, until somebody passes it to {@link #free}. */
    public <P extends Pointer> P keep(P pointer) {
        // A scope holds one reference; letting go of the last one frees the object.
        pointer.<P>retainReference();
        pointers.detach(pointer);
        KEPT.incrementAndGet();
        return pointer;
    }

    /**
     * Hands {@code pointer} to the scope around this one, so that it outlives what it was made of.
     *
     * @throws IllegalStateException if there is no scope around this one
     */
    public <P extends Pointer> P passOn(P pointer) {
        if (around == null) {
            throw new IllegalStateException("no scope is open around this one");
        }
        // In this order: letting go of the last reference frees the object.
        around.attach(pointer);
        pointers.detach(pointer);
        return pointer;
    }

    /** Frees what was kept, on the thread that owns it now. */
    public static void free(Pointer kept) {
        KEPT.decrementAndGet();
        kept.close();
    }

    /** Checks that the native object about to be made will be closed by a scope. */
    static void checkOpen() {
        assert PointerScope.getInnerScope() != null
                : "a native object outside any scope is never freed";
    }

    /** Frees everything that was made in this scope and not kept. */
    @Override
    public void close() {
        assert owner == Thread.currentThread() : "scope of " + owner + " closed by another thread";
        if (!closed) {
            closed = true;
            LIVE.decrementAndGet();
            pointers.close();
        }
    }
}
