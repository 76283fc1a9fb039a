package dev.millrace.gpustage.model;

import dev.millrace.gpustage.ModelLoadException;
import dev.millrace.gpustage.declaration.DeclaredTensor;
import dev.millrace.gpustage.declaration.ModelDeclaration;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which declared input is which parameter of {@code forward}, by Triton's rules for PyTorch: names
 * that end in {@code __n} are positions; names that are all parameters' names are those parameters;
 * otherwise the order counts.
 */
final class InputOrder {
    private static final Pattern POSITION = Pattern.compile(".+__(\\d{1,4})");

    private InputOrder() {}

    /** The declared names in the order of the module's parameters. */
    static List<String> of(Path file, ModelDeclaration declaration, List<String> parameters) {
        List<String> names = declaration.inputs().stream().map(DeclaredTensor::name).toList();
        if (names.size() > parameters.size()) {
            throw new ModelLoadException(
                    declaration.file()
                            + ": declares inputs "
                            + names
                            + ", but forward of "
                            + file
                            + " takes "
                            + parameters);
        }
        String[] ordered = new String[names.size()];
        for (String name : names) {
            int position = position(name, names, parameters);
            if (position >= ordered.length || ordered[position] != null) {
                throw new ModelLoadException(
                        declaration.file()
                                + ": input names "
                                + names
                                + " do not number the inputs from __0 on without a gap");
            }
            ordered[position] = name;
        }
        return List.of(ordered);
    }

    private static int position(String name, List<String> names, List<String> parameters) {
        if (names.stream().allMatch(each -> POSITION.matcher(each).matches())) {
            Matcher matcher = POSITION.matcher(name);
            return matcher.matches() ? Integer.parseInt(matcher.group(1)) : names.indexOf(name);
        }
        List<String> formal = new ArrayList<>();
        parameters.forEach(parameter -> formal.add(parameter.substring(0, parameter.indexOf(':'))));
        return formal.containsAll(names) ? formal.indexOf(name) : names.indexOf(name);
    }
}
