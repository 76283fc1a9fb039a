package dev.millrace.tools.serve;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A model was loaded for its lane. On the control path. */
@Name("millrace.LaneLoad")
@Label("Lane Load")
@Category({"Millrace", "Engine"})
@Description("A model was loaded: tokenizer, weights, first execution")
@StackTrace(false)
final class LaneLoadEvent extends Event {
    @Label("Model")
    String model = "";

    @Label("Version")
    String version = "";

    @Label("Weights")
    @Description("How the weights of linear layers are held")
    String weights = "";

    @Label("Bytes")
    @Description("Of the files in the model's folder")
    @DataAmount
    long bytes;

    /** What the files of a folder hold; 0 where they cannot be looked at. */
    static long bytes(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        } catch (IOException e) {
            return 0;
        }
    }
}
