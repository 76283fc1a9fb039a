package dev.millrace.stages.tokenizer;

import com.hubspot.jinjava.el.ext.JinjavaBeanELResolver;
import com.hubspot.jinjava.lib.exptest.ExpTest;
import com.hubspot.jinjava.lib.filter.Filter;
import com.hubspot.jinjava.objects.PyWrapper;
import com.hubspot.jinjava.objects.SafeString;
import jinjava.javax.el.ELContext;
import jinjava.javax.el.MethodNotFoundException;
import org.jspecify.annotations.Nullable;

/**
 * Method calls in chat templates: strings have Python's methods, not Java's, and nothing else of
 * Java can be reached. Used by the decode thread.
 */
final class TemplateMethods extends JinjavaBeanELResolver {
    private static final Object[] NO_ARGUMENTS = new Object[0];

    /** {@code text[0]}, counted from the end where negative; strings have no other properties. */
    @Override
    public @Nullable Object getValue(
            ELContext context, @Nullable Object base, @Nullable Object property) {
        if (!(base instanceof CharSequence)) {
            return super.getValue(context, base, property);
        }
        context.setPropertyResolved(true);
        String text = base.toString();
        int index = index(String.valueOf(property), text.length());
        return index < 0 || index >= text.length() ? null : text.substring(index, index + 1);
    }

    private static int index(String property, int length) {
        try {
            int index = Integer.parseInt(property);
            return index < 0 ? index + length : index;
        } catch (NumberFormatException notAnIndex) {
            return -1;
        }
    }

    @Override
    public @Nullable Object invoke(
            ELContext context,
            @Nullable Object base,
            @Nullable Object method,
            Class<?> @Nullable [] parameterTypes,
            @Nullable Object @Nullable [] arguments) {
        if (base instanceof CharSequence || base instanceof SafeString) {
            context.setPropertyResolved(true);
            return PythonStrings.call(
                    base.toString(),
                    String.valueOf(method),
                    arguments == null ? NO_ARGUMENTS : arguments);
        }
        if (base instanceof Filter || base instanceof ExpTest || base instanceof PyWrapper) {
            return super.invoke(context, base, method, parameterTypes, arguments);
        }
        throw new MethodNotFoundException("the template calls " + method + ", which is not there");
    }
}
