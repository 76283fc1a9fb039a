package dev.millrace.stages.tokenizer;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.filter.Filter;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Filters that must do what Python's do, where Jinjava's own differ. */
final class TemplateFilters {
    private TemplateFilters() {}

    static void register(Jinjava jinjava) {
        jinjava.registerFilter(new Trim());
        jinjava.registerFilter(new ToJson());
    }

    /** Strips what Python calls white space. */
    private static final class Trim implements Filter {
        @Override
        public String getName() {
            return "trim";
        }

        @Override
        public @Nullable Object filter(
                @Nullable Object value, JinjavaInterpreter interpreter, String... arguments) {
            return value == null ? null : PythonStrings.strip(value.toString(), null, true, true);
        }
    }

    /** {@code tojson}, with {@code indent} by position or by name. */
    private static final class ToJson implements Filter {
        @Override
        public String getName() {
            return "tojson";
        }

        @Override
        public Object filter(
                @Nullable Object value,
                JinjavaInterpreter interpreter,
                Object[] arguments,
                Map<String, Object> named) {
            Object indent = arguments.length > 0 ? arguments[0] : named.get("indent");
            return PythonJson.write(
                    value, indent instanceof Number number ? number.intValue() : -1);
        }

        @Override
        public Object filter(
                @Nullable Object value, JinjavaInterpreter interpreter, String... arguments) {
            return PythonJson.write(value, -1);
        }
    }
}
