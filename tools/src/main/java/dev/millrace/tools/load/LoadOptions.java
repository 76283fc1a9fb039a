package dev.millrace.tools.load;

import dev.millrace.config.ConfigException;

/** Checks of what a command line says of a load. */
public final class LoadOptions {
    private LoadOptions() {}

    /**
     * @throws ConfigException where the value is below {@code least} or above {@code most}
     */
    public static void inRange(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw new ConfigException(option, value, "a number from " + least + " to " + most);
        }
    }
}
