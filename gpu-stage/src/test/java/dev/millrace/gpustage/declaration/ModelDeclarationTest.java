package dev.millrace.gpustage.declaration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.gpustage.ModelLoadException;
import dev.millrace.ringbuffer.Datatype;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelDeclarationTest {
    private static final String TRITON =
            """
            # The densenet of Triton's examples, with everything a repository may hold.
            name: "densenet"
            platform: 'pytorch_libtorch'
            max_batch_size : 16
            input [
              {
                name: "INPUT__0"   # the picture
                data_type: TYPE_FP32
                format: FORMAT_NCHW
                dims: [ 3, 224, 224 ]
              }
            ]
            output [ { name: "OUTPUT__0" data_type: TYPE_FP32 dims: [ 1000 ] reshape { shape: [ 1, 1000 ] }
                       label_filename: "labels" ".txt" } ]
            dynamic_batching { preferred_batch_size: [ 8, 4 ] max_queue_delay_microseconds: 250 }
            instance_group [ { count: 2, kind: KIND_GPU; gpus: [ 0, 1 ] } ]
            version_policy: { latest { num_versions: 1 } }
            """;

    @TempDir Path folder;

    @Test
    void shouldReadTritonsLayout() throws IOException {
        ModelDeclaration declaration = read("config.pbtxt", TRITON);
        assertThat(declaration.maxRows()).isEqualTo(16);
        assertThat(declaration.maxDelayMicros()).isEqualTo(250);
        assertThat(declaration.preferredRows()).containsExactly(4, 8);
        assertThat(declaration.inputs())
                .containsExactly(
                        new DeclaredTensor(
                                "INPUT__0",
                                Datatype.FP32,
                                List.of(-1L, 3L, 224L, 224L),
                                List.of(-1L, 3L, 224L, 224L)));
        assertThat(declaration.outputs())
                .containsExactly(
                        new DeclaredTensor(
                                "OUTPUT__0",
                                Datatype.FP32,
                                List.of(-1L, 1000L),
                                List.of(-1L, 1L, 1000L)));
    }

    @Test
    void shouldReadWholeShapesWhereTritonDoesNotBatch() throws IOException {
        ModelDeclaration declaration =
                read(
                        "config.pbtxt",
                        """
                        backend: "pytorch"
                        input { name: "a" data_type: TYPE_INT32 dims: [ 1, -1 ] }
                        output { name: "b" data_type: TYPE_BOOL dims: 1 }
                        """);
        assertThat(declaration.maxRows()).isZero();
        assertThat(declaration.maxDelayMicros()).isEqualTo(-1);
        assertThat(declaration.inputs().getFirst().shape()).containsExactly(1L, -1L);
        assertThat(declaration.outputs().getFirst().datatype()).isEqualTo(Datatype.BOOL);
    }

    @Test
    void shouldReadYaml() throws IOException {
        ModelDeclaration declaration =
                read(
                        "model.yaml",
                        """
                        inputs:
                          - { name: pixels, datatype: fp32, shape: [-1, 784] }
                        outputs:
                          - { name: logits, datatype: FP32, shape: [-1, 10] }
                        batch: { max-rows: 32, max-delay-micros: 500, preferred-rows: [16, 8] }
                        """);
        assertThat(declaration.maxRows()).isEqualTo(32);
        assertThat(declaration.maxDelayMicros()).isEqualTo(500);
        assertThat(declaration.preferredRows()).containsExactly(8, 16);
        assertThat(declaration.inputs().getFirst().toString()).isEqualTo("pixels FP32 [-1, 784]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    platform: "onnxruntime_onnx"                                      | platform is onnxruntime_onnx; pytorch_libtorch
                    backend: "python"                                                 | backend is python
                    max_batch_size: many                                              | max_batch_size is many
                    max_batch_size: -1                                                | max_batch_size is -1
                    input { name: "x" data_type: TYPE_STRING dims: [ 1 ] }            | data_type of x is TYPE_STRING
                    input { name: "x" data_type: TYPE_FP32 dims: [ 0 ] }              | dims of x hold 0
                    input { name: "x" data_type: TYPE_FP32 dims: [ -2 ] }             | dims of x is -2
                    input { name: "x" data_type: TYPE_FP32 dims: [ 1 ] reshape { shape: [ -1 ] } } | reshape of x
                    input { data_type: TYPE_FP32 dims: [ 1 ] }                        | input has no name
                    name: "x"                                                         | input is missing
                    name: "unclosed                                                   | line 1
                    input { name: "x"                                                 | '}' is expected
                    input [ { name: "x" }                                             | a name or a value
                    }                                                                 | a field name
                    name "x"                                                          | ':' or '{'
                    """)
    void shouldRefuseWhatTritonCouldNotMean(String pbtxt, String reason) {
        assertThatThrownBy(() -> read("config.pbtxt", pbtxt))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining("config.pbtxt")
                .hasMessageContaining(reason)
                .hasMessageNotContaining("\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    inputs: []                                                        | inputs is missing
                    inputs: [{name: x, datatype: FP8, shape: [1]}]                    | datatype of x is FP8
                    inputs: [{name: x, datatype: FP32, shape: [0]}]                   | shape of x holds 0
                    inputs: [{name: x, datatype: FP32, shape: [a]}]                   | shape of x is "a"
                    inputs: [{name: x, dtype: FP32}]                                  | the key dtype
                    inputs: [{datatype: FP32}]                                        | inputs name is ''
                    input: x                                                          | the key input
                    inputs: [{name: x, datatype: FP32, shape: [4]}]                   | outputs is missing
                    "[": {                                                            | not valid YAML
                    - 1                                                               | the file is not a map
                    """)
    void shouldRefuseYamlThatDeclaresNothingSensible(String yaml, String reason) {
        assertThatThrownBy(() -> read("model.yaml", yaml))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining("model.yaml")
                .hasMessageContaining(reason)
                .hasMessageNotContaining("\n");
    }

    @Test
    void shouldRefuseTwoDeclarations() throws IOException {
        Files.writeString(folder.resolve("config.pbtxt"), TRITON);
        Files.writeString(folder.resolve("model.yaml"), "");
        assertThatThrownBy(() -> ModelDeclaration.find(folder))
                .hasMessageContaining("one declaration");
    }

    private ModelDeclaration read(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text);
        return Objects.requireNonNull(ModelDeclaration.find(folder));
    }
}
