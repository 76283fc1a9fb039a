package dev.millrace.gpustage.torch;

import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;

/**
 * Closes every native object that its thread made since it was opened: the tensors of one step.
 *
 * <p>Belongs to the thread that opened it; scopes nest, the innermost collects. Nothing waits for
 * the garbage collector, which does not know tensors: a pointer made outside any scope lives until
 * it is closed by hand.
 */
public final class TensorScope implements AutoCloseable {
    private static final AtomicInteger LIVE = new AtomicInteger();

    private final Thread owner = Thread.currentThread();
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

    /** Lets {@code pointer} outlive this scope; the caller closes it. */
    public <P extends Pointer> P keep(P pointer) {
        // A scope holds one reference; letting go of the last one frees the object.
        pointer.<P>retainReference();
        pointers.detach(pointer);
        return pointer;
    }

    /**
     * Lets {@code pointer} outlive whatever scope is open on this thread, if one is; the caller
     * closes it.
     */
    static <P extends Pointer> P outlive(P pointer) {
        PointerScope innermost = PointerScope.getInnerScope();
        if (innermost != null) {
            pointer.<P>retainReference();
            innermost.detach(pointer);
        }
        return pointer;
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
