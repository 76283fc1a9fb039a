package dev.millrace.stages.tokenizer;

import com.hubspot.jinjava.el.TypeConvertingMapELResolver;
import com.hubspot.jinjava.el.ext.JinjavaListELResolver;
import jinjava.javax.el.ArrayELResolver;
import jinjava.javax.el.CompositeELResolver;
import jinjava.javax.el.ELResolver;

/** What expressions in chat templates can reach: lists, maps and {@link TemplateMethods}. */
final class TemplateResolver {
    private TemplateResolver() {}

    static ELResolver create() {
        CompositeELResolver resolver = new CompositeELResolver();
        resolver.add(new ArrayELResolver(true));
        resolver.add(new JinjavaListELResolver(true));
        // Writable: {% set ns.found = true %} writes a namespace, which is a map.
        resolver.add(new TypeConvertingMapELResolver(false));
        resolver.add(new TemplateMethods());
        return resolver;
    }
}
