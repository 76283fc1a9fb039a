package dev.millrace.gpustage.torch;

import dev.millrace.gpustage.ModelLoadException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BoolPointer;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.Method;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * A TorchScript module: attributes and source compiled by LibTorch, or an archive from disk.
 *
 * <p>Made by the thread that loads a model, afterwards used by its lane's thread only. One call is
 * one native call.
 */
public final class ScriptModule implements AutoCloseable {
    private final JitModule module;
    private final String origin;
    private final TorchDevice device;

    private ScriptModule(JitModule module, String origin, TorchDevice device) {
        this.module = module;
        this.origin = origin;
        this.device = device;
    }

    /** An empty module that takes attributes and then {@link #compile}s its source. */
    public static ScriptModule named(String name) {
        return named(name, TorchDevice.CPU);
    }

    /** The same, which moves the tensors that it takes to {@code device}. */
    public static ScriptModule named(String name, TorchDevice device) {
        try (TensorScope scope = TensorScope.open()) {
            return new ScriptModule(
                    scope.keep(new JitModule(new QualifiedName(name))), name, device);
        }
    }

    /**
     * Reads an archive written by {@code torch.jit.save}, in evaluation mode.
     *
     * @throws ModelLoadException if LibTorch cannot read it
     */
    public static ScriptModule read(Path file) {
        JitModule module;
        try (TensorScope scope = TensorScope.open()) {
            module = scope.keep(torch.load(file.toString()));
        } catch (RuntimeException e) {
            throw new ModelLoadException(
                    file + ": LibTorch cannot read this as TorchScript: " + reason(e), e);
        }
        module.eval();
        return new ScriptModule(module, file.toString(), TorchDevice.CPU);
    }

    /**
     * Compiles a resource that lies beside {@code neighbour} and may name operators of any
     * namespace, as {@code ops.mkldnn}; it reads no attributes.
     */
    public static ScriptModule methods(Class<?> neighbour, String resource) {
        return archived(neighbour, resource, ScriptArchive.NO_STATE);
    }

    /**
     * As {@link #methods}, with attributes that the source declares: a list, which begins empty,
     * and an {@code int}.
     */
    static ScriptModule methodsWithState(
            Class<?> neighbour, String resource, String list, String number, int value) {
        return archived(neighbour, resource, ScriptArchive.state(list, number, value));
    }

    private static ScriptModule archived(Class<?> neighbour, String resource, String state) {
        try {
            Path file = Files.createTempFile("millrace", ".pt");
            try {
                ScriptArchive.write(file, source(neighbour, resource), state);
                return read(file);
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new IllegalStateException("resource " + resource + " cannot be compiled", e);
        }
    }

    /** Sets {@code self.name}, an {@code int} of the source. */
    public ScriptModule attribute(String name, long value) {
        try (TensorScope _ = TensorScope.open()) {
            module.register_attribute(name, IValues.intType(), IValues.of(value));
        }
        return this;
    }

    /** Sets {@code self.name}, a {@code float} of the source. */
    public ScriptModule attribute(String name, double value) {
        try (TensorScope _ = TensorScope.open()) {
            module.register_attribute(name, IValues.floatType(), IValues.of(value));
        }
        return this;
    }

    /** Sets {@code self.name}, a {@code bool} of the source. */
    public ScriptModule attribute(String name, boolean value) {
        try (TensorScope _ = TensorScope.open()) {
            module.register_attribute(name, IValues.boolType(), IValues.of(value));
        }
        return this;
    }

    /**
     * Sets {@code self.name}, a {@code Tensor} of the source; the module keeps a reference of its
     * own.
     */
    public ScriptModule attribute(String name, Tensor tensor) {
        try (TensorScope _ = TensorScope.open()) {
            module.register_buffer(name, device.moved(tensor));
        }
        return this;
    }

    /** Sets {@code self.name}, a {@code List[Tensor]} of the source: one tensor a layer. */
    public ScriptModule attribute(String name, List<Tensor> tensors) {
        try (TensorScope _ = TensorScope.open()) {
            module.register_attribute(
                    name,
                    IValues.tensorListType(),
                    IValues.ofList(tensors.stream().map(device::moved).toList()));
        }
        return this;
    }

    /**
     * Sets {@code self.name}, a module whose methods the source calls; it may be closed afterwards.
     */
    public ScriptModule attribute(String name, ScriptModule part) {
        module.register_module(name, part.module);
        return this;
    }

    /**
     * Compiles resources that lie beside {@code neighbour}; later ones call earlier ones, whose
     * code becomes part of theirs, as calls cost the interpreter 1 to 2% of a step of one token.
     */
    public ScriptModule compile(Class<?> neighbour, String... resources) {
        try (BoolPointer inline = torch.getInlineEverythingMode()) {
            boolean before = inline.get();
            inline.put(true);
            try {
                for (String resource : resources) {
                    module.define(source(neighbour, resource));
                }
            } finally {
                inline.put(before);
            }
        }
        return this;
    }

    private static String source(Class<?> neighbour, String resource) {
        try (InputStream in = neighbour.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException(
                        "resource " + resource + " is missing beside " + neighbour);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("resource " + resource + " cannot be read", e);
        }
    }

    /**
     * The names of {@code forward}'s inputs with their types, such as {@code x: Tensor}; without
     * {@code self}.
     */
    public List<String> inputs() {
        try (TensorScope _ = TensorScope.open()) {
            Method forward = forwardMethod();
            var arguments = forward.function().getSchema().arguments();
            List<String> inputs = new ArrayList<>();
            for (long i = 1; i < forward.num_inputs(); i++) {
                var argument = arguments.getPointer(i);
                String type = argument.type().get().str().getString();
                inputs.add(argument.name().getString() + ": " + type);
            }
            return inputs;
        }
    }

    /** Calls a method of a tensor and a number for its one tensor, which belongs to the scope. */
    public Tensor call(String method, Tensor tensor, long number) {
        IValueVector arguments = IValues.arguments(tensor);
        arguments.push_back(IValues.of(number));
        // A value that holds a tensor hands out a view of itself.
        return new Tensor(module.get_method(method).apply(arguments).toTensor());
    }

    /** Calls a method of tensors for what another takes; the result belongs to the open scope. */
    public IValue begin(String method, Tensor... arguments) {
        return module.get_method(method).apply(IValues.arguments(arguments));
    }

    /** Calls a method of what {@link #begin} gave and a number for its one tensor, as above. */
    public Tensor call(String method, IValue begun, long number) {
        return new Tensor(
                module.get_method(method).apply(IValues.arguments(begun, number)).toTensor());
    }

    /** Calls {@code forward} for its one tensor; the result belongs to the scope that is open. */
    public Tensor forward(Tensor... arguments) {
        return module.forward(IValues.arguments(arguments)).toTensor();
    }

    /**
     * Calls {@code forward} for one tensor, a tuple or a list of them; results belong to the scope
     * that is open.
     *
     * @throws RuntimeException what the module itself throws, and when it gives something else than
     *     tensors
     */
    public List<Tensor> forwardAll(List<Tensor> arguments) {
        IValueVector vector = IValues.arguments(arguments);
        List<Tensor> outputs = new ArrayList<>();
        flatten(module.forward(vector), outputs);
        return outputs;
    }

    /**
     * What LibTorch says went wrong, in one line; the rest of its message is a stack of its own.
     */
    public static String reason(Throwable e) {
        String message = String.valueOf(e.getMessage()).strip();
        return message.lines()
                .filter(line -> line.startsWith("RuntimeError: "))
                .map(line -> line.substring("RuntimeError: ".length()))
                .findFirst()
                .orElseGet(() -> message.lines().findFirst().orElse("no reason given"));
    }

    /** Frees the module and its weights. */
    @Override
    public void close() {
        TensorScope.free(module);
    }

    private Method forwardMethod() {
        try {
            return module.get_method("forward");
        } catch (RuntimeException e) {
            throw new ModelLoadException(origin + ": the module has no forward method", e);
        }
    }

    private void flatten(IValue value, List<Tensor> outputs) {
        if (value.isTensor()) {
            outputs.add(value.toTensor());
        } else if (value.isTensorList()) {
            TensorVector list = value.toTensorVector();
            for (long i = 0; i < list.size(); i++) {
                outputs.add(list.get(i));
            }
        } else if (value.isTuple()) {
            var elements = value.toTupleRef().elements();
            for (long i = 0; i < elements.size(); i++) {
                flatten(elements.get(i), outputs);
            }
        } else {
            throw new IllegalStateException(
                    origin
                            + ": forward gave a "
                            + IValues.kind(value)
                            + "; a tensor, a tuple or a list of tensors is served");
        }
    }
}
