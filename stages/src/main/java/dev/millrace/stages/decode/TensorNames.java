package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.TensorSpec;
import java.util.List;

/** Names of tensors where a model declares none: Triton's {@code INPUT__0}, {@code OUTPUT__0} …. */
final class TensorNames {
    static final String INPUT = "INPUT__";
    static final String OUTPUT = "OUTPUT__";

    private TensorNames() {}

    /** The number behind the prefix, or -1 where the name is not of that form. */
    static int index(String name, String prefix) {
        int digits = name.length() - prefix.length();
        if (digits < 1 || digits > 2 || !name.startsWith(prefix)) {
            return -1;
        }
        int index = 0;
        for (int i = prefix.length(); i < name.length(); i++) {
            int digit = name.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            index = 10 * index + digit;
        }
        boolean leadingZero = digits == 2 && index < 10;
        return index < RequestSlot.MAX_TENSORS && !leadingZero ? index : -1;
    }

    /** The names that would be accepted. */
    static String said(List<TensorSpec> declared, String prefix) {
        if (declared.isEmpty()) {
            return prefix + "0, " + prefix + "1 … (the model declares no names)";
        }
        StringBuilder names = new StringBuilder();
        for (TensorSpec spec : declared) {
            names.append(names.isEmpty() ? "\"" : ", \"").append(spec.name()).append('"');
        }
        return names.toString();
    }
}
