package dev.millrace.gpustage.attention;

import java.lang.reflect.InvocationTargetException;

/**
 * Brings the module {@code jdk.incubator.vector} into the running JVM, as the JVM brings in {@code
 * jdk.management.agent} when somebody attaches to it.
 *
 * <p>Not by {@code --add-modules}: JDK 25 keeps no module graph with an incubator module in its
 * ahead-of-time cache, does not link classes ahead of time without one, and warns on standard error
 * at every start. Nor can a cache be made in a run that loaded the module; one that was made
 * without is used by a run that loads it.
 */
final class VectorApi {
    private static final String MODULE = "jdk.incubator.vector";

    private VectorApi() {}

    /**
     * Loads the module where it is not there yet. Comes before the first class that names one of
     * the module's.
     *
     * @throws IllegalStateException if the JVM has no such module, or hides how it is loaded
     */
    static void load() {
        try {
            Class.forName("jdk.internal.module.Modules")
                    .getMethod("loadModule", String.class)
                    .invoke(null, MODULE);
        } catch (ReflectiveOperationException e) {
            Throwable cause = e instanceof InvocationTargetException ? e.getCause() : e;
            throw new IllegalStateException(
                    "the JVM does not load " + MODULE + "; config/jvm/*.args has the flag for it",
                    cause);
        }
    }
}
