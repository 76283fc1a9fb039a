package dev.millrace.gpustage.torch;

import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.ListType;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.Type;

/**
 * The one place where an {@code IValue} is made.
 *
 * <p>Runs on any thread inside a {@link TensorScope}. An argument that is not one of {@code
 * IValue}'s exact overloads picks {@code IValue(Pointer)} without a word and brings the process
 * down later, so no other class calls a constructor of it.
 */
public final class IValues {
    private IValues() {}

    static IValue of(Tensor tensor) {
        return new IValue(tensor);
    }

    static IValue of(long value) {
        return new IValue(value);
    }

    static IValue of(double value) {
        return new IValue(value);
    }

    static IValue of(boolean value) {
        return new IValue(value);
    }

    static IValue ofList(List<Tensor> tensors) {
        GenericList list = new GenericList(tensorType());
        for (Tensor tensor : tensors) {
            list.push_back(new IValue(tensor));
        }
        return new IValue(list);
    }

    /** The arguments of a call, in order. */
    public static IValueVector arguments(Tensor... tensors) {
        TensorScope.checkOpen();
        IValueVector vector = new IValueVector();
        for (Tensor tensor : tensors) {
            vector.push_back(new IValue(tensor));
        }
        return vector;
    }

    /** The arguments of a call, in order. */
    public static IValueVector arguments(List<Tensor> tensors) {
        return arguments(tensors.toArray(new Tensor[0]));
    }

    /** The arguments of a call. */
    static IValueVector arguments(IValue value, long number) {
        TensorScope.checkOpen();
        IValueVector vector = new IValueVector();
        vector.push_back(value);
        vector.push_back(of(number));
        return vector;
    }

    /** What kind of value it is, such as {@code Tensor} or {@code GenericDict}. */
    static String kind(IValue value) {
        BytePointer tag = value.tagKind();
        return tag.getString();
    }

    static Type.TypePtr tensorType() {
        return ListType.ofTensors().containedType(0);
    }

    static Type.TypePtr tensorListType() {
        return new Type.TypePtr(ListType.ofTensors());
    }

    static Type.TypePtr intType() {
        return ListType.ofInts().containedType(0);
    }

    static Type.TypePtr floatType() {
        return ListType.ofFloats().containedType(0);
    }

    static Type.TypePtr boolType() {
        return ListType.ofBools().containedType(0);
    }
}
