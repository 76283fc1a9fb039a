package dev.millrace.tools.acceptance;

import dev.millrace.gpustage.torch.LibTorch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.QualifiedName;

/** TorchScript models in Triton's repository layout, compiled and saved when a test needs them. */
final class ScriptModels {
    private ScriptModels() {}

    /** Triton's example {@code simple}: the sum and the difference of two rows of 16 integers. */
    static void simple(Path models) {
        write(
                models,
                "simple",
                """
                def forward(self, INPUT0: Tensor, INPUT1: Tensor) -> Tuple[Tensor, Tensor]:
                    return INPUT0 + INPUT1, INPUT0 - INPUT1
                """,
                """
                name: "simple"
                platform: "pytorch_libtorch"
                max_batch_size: 8
                input [
                  { name: "INPUT0" data_type: TYPE_INT32 dims: [ 16 ] },
                  { name: "INPUT1" data_type: TYPE_INT32 dims: [ 16 ] }
                ]
                output [
                  { name: "OUTPUT0" data_type: TYPE_INT32 dims: [ 16 ] },
                  { name: "OUTPUT1" data_type: TYPE_INT32 dims: [ 16 ] }
                ]
                """);
    }

    /** Doubles four floats, after {@code rounds} multiplications by one: as slow as asked for. */
    static void slow(Path models, int rounds) {
        write(
                models,
                "slow",
                """
                def forward(self, x: Tensor) -> Tensor:
                    y = x * 2.0
                    for i in range(%d):
                        y = y * 1.0
                    return y
                """
                        .formatted(rounds),
                """
                name: "slow"
                platform: "pytorch_libtorch"
                input [ { name: "x" data_type: TYPE_FP32 dims: [ 4 ] } ]
                output [ { name: "y" data_type: TYPE_FP32 dims: [ 4 ] } ]
                """);
    }

    /** A model of that source under that declaration. */
    static void write(Path models, String name, String forward, String declaration) {
        LibTorch.start(1, 1);
        Path folder = models.resolve(name);
        try (PointerScope scope = new PointerScope();
                QualifiedName qualified = new QualifiedName(name)) {
            Files.createDirectories(folder.resolve("1"));
            Files.writeString(folder.resolve("config.pbtxt"), declaration);
            JitModule module = new JitModule(qualified);
            module.define(forward);
            module.save(folder.resolve("1/model.pt").toString());
            scope.deallocate();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
