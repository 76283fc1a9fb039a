package dev.millrace.gpustage.model;

import dev.millrace.gpustage.ModelLoadException;
import dev.millrace.gpustage.declaration.DeclaredTensor;
import dev.millrace.gpustage.declaration.ModelDeclaration;
import dev.millrace.gpustage.torch.NativeTensors;
import dev.millrace.gpustage.torch.ScriptModule;
import dev.millrace.gpustage.torch.TensorScope;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A TorchScript file: tensors in, tensors out.
 *
 * <p>Loaded by the starting thread, run by its lane's thread only. With a declaration, the file is
 * tried with zeros of the declared shapes before it is served; without one, inputs are {@code
 * INPUT__0} on by position and requests bring their own datatypes and shapes.
 */
public final class TorchScriptModel implements AutoCloseable {
    private final ScriptModule module;
    private final @Nullable ModelDeclaration declaration;
    private final List<String> inputNames;

    private TorchScriptModel(
            ScriptModule module, @Nullable ModelDeclaration declaration, List<String> inputNames) {
        this.module = module;
        this.declaration = declaration;
        this.inputNames = inputNames;
    }

    /**
     * Loads {@code file} as {@code declaration} describes it.
     *
     * @throws ModelLoadException if LibTorch cannot read it or it does not do what is declared
     */
    public static TorchScriptModel load(Path file, @Nullable ModelDeclaration declaration) {
        ScriptModule module = ScriptModule.read(file);
        try {
            List<String> parameters = module.inputs();
            List<String> names =
                    declaration == null
                            ? conventionalNames(file, parameters)
                            : InputOrder.of(file, declaration, parameters);
            TorchScriptModel model = new TorchScriptModel(module, declaration, names);
            if (declaration != null) {
                model.probe(file, declaration);
            }
            return model;
        } catch (RuntimeException e) {
            module.close();
            throw e;
        }
    }

    private static List<String> conventionalNames(Path file, List<String> parameters) {
        List<String> names = new ArrayList<>();
        for (String parameter : parameters) {
            if (!parameter.endsWith(": Tensor")) {
                throw new ModelLoadException(
                        file + ": forward takes " + parameter + "; tensors are served");
            }
            names.add("INPUT__" + names.size());
        }
        return List.copyOf(names);
    }

    /** Input names in the order in which the module takes them. */
    public List<String> inputNames() {
        return inputNames;
    }

    /** What the folder declares, or null. */
    public @Nullable ModelDeclaration declaration() {
        return declaration;
    }

    /** The name of output {@code index}. */
    public String outputName(int index) {
        return declaration == null || index >= declaration.outputs().size()
                ? "OUTPUT__" + index
                : declaration.outputs().get(index).name();
    }

    /**
     * Runs the module.
     *
     * @param inputs in the order of {@link #inputNames}, shaped as in requests
     * @return outputs in order, dense, shaped as in answers; they belong to the scope that is open
     * @throws RuntimeException what the module itself throws
     */
    public List<Tensor> run(List<Tensor> inputs) {
        if (declaration == null) {
            return dense(module.forwardAll(inputs));
        }
        List<Tensor> given = new ArrayList<>();
        for (int i = 0; i < inputs.size(); i++) {
            DeclaredTensor declared = input(declaration, inputNames.get(i));
            given.add(reshaped(inputs.get(i), declared.shape(), declared.modelShape()));
        }
        List<Tensor> outputs = dense(module.forwardAll(given));
        for (int i = 0; i < Math.min(outputs.size(), declaration.outputs().size()); i++) {
            DeclaredTensor declared = declaration.outputs().get(i);
            outputs.set(i, reshaped(outputs.get(i), declared.modelShape(), declared.shape()));
        }
        return outputs;
    }

    private static List<Tensor> dense(List<Tensor> outputs) {
        outputs.replaceAll(NativeTensors::dense);
        return outputs;
    }

    private static Tensor reshaped(Tensor tensor, List<Long> from, List<Long> to) {
        return from.equals(to)
                ? tensor
                : NativeTensors.reshape(tensor, to.stream().mapToLong(Long::longValue).toArray());
    }

    private static DeclaredTensor input(ModelDeclaration declaration, String name) {
        return declaration.inputs().stream()
                .filter(tensor -> tensor.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private void probe(Path file, ModelDeclaration declared) {
        List<Tensor> outputs;
        try (TensorScope _ = TensorScope.open()) {
            List<Tensor> zeros = new ArrayList<>();
            for (String name : inputNames) {
                DeclaredTensor tensor = input(declared, name);
                long[] shape =
                        tensor.shape().stream().mapToLong(length -> Math.max(1, length)).toArray();
                zeros.add(NativeTensors.zeros(tensor.datatype(), shape));
            }
            try {
                outputs = run(zeros);
            } catch (RuntimeException e) {
                throw new ModelLoadException(
                        declared.file()
                                + ": declares inputs "
                                + declared.inputs()
                                + ", but "
                                + file
                                + " refuses them: "
                                + ScriptModule.reason(e),
                        e);
            }
            checkOutputs(file, declared, outputs);
        }
    }

    private static void checkOutputs(Path file, ModelDeclaration declared, List<Tensor> outputs) {
        if (outputs.size() != declared.outputs().size()) {
            throw new ModelLoadException(
                    declared.file()
                            + ": declares "
                            + declared.outputs().size()
                            + " outputs, but "
                            + file
                            + " gives "
                            + outputs.size());
        }
        for (int i = 0; i < outputs.size(); i++) {
            DeclaredTensor expected = declared.outputs().get(i);
            long[] shape = NativeTensors.shape(outputs.get(i));
            if (NativeTensors.datatype(outputs.get(i)) != expected.datatype()
                    || !matches(expected.shape(), shape)) {
                throw new ModelLoadException(
                        declared.file()
                                + ": declares output "
                                + expected
                                + ", but "
                                + file
                                + " gives "
                                + NativeTensors.datatype(outputs.get(i))
                                + " "
                                + Arrays.toString(shape)
                                + " where every -1 is 1");
            }
        }
    }

    private static boolean matches(List<Long> declared, long[] shape) {
        if (declared.size() != shape.length) {
            return false;
        }
        for (int i = 0; i < shape.length; i++) {
            if (declared.get(i) != -1 && declared.get(i) != shape[i]) {
                return false;
            }
        }
        return true;
    }

    /** Frees the module. */
    @Override
    public void close() {
        module.close();
    }
}
