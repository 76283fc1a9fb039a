import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.QualifiedName;

/** Writes a model that gives back the four floats it is given: FOLDER/model.pt and its config.pbtxt. */
public final class NullModel {
    public static void main(String[] args) throws Exception {
        Path folder = Files.createDirectories(Path.of(args[0]));
        try (QualifiedName name = new QualifiedName("Null");
                JitModule module = new JitModule(name)) {
            module.define("def forward(self, x: Tensor) -> Tensor:\n    return x\n");
            module.save(folder.resolve("model.pt").toString());
        }
        Files.writeString(
                folder.resolve("config.pbtxt"),
                """
                name: "null"
                platform: "pytorch_libtorch"
                max_batch_size: 64
                input [ { name: "INPUT__0" data_type: TYPE_FP32 dims: [ 4 ] } ]
                output [ { name: "OUTPUT__0" data_type: TYPE_FP32 dims: [ 4 ] } ]
                """);
    }
}
