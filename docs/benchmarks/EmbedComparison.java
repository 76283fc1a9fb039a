import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.millrace.gpustage.model.BertModel;
import dev.millrace.gpustage.model.TextBatch;
import dev.millrace.gpustage.model.WeightFormat;
import dev.millrace.gpustage.torch.LibTorch;
import dev.millrace.gpustage.torch.TensorScope;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * One batch of MiniLM by Millrace's BertModel and by onnxruntime, in turn, one thread, by the
 * thread's CPU time; README.md says how to run it.
 */
public final class EmbedComparison {
    private static final int HIDDEN = 384;

    private EmbedComparison() {}

    /** Arguments: model folder, model.onnx, texts, tokens a text, rounds, format of Millrace's weights. */
    public static void main(String[] args) throws OrtException {
        int texts = Integer.parseInt(args[2]);
        int tokens = Integer.parseInt(args[3]);
        int rounds = Integer.parseInt(args[4]);
        WeightFormat format = WeightFormat.valueOf(args[5].toUpperCase(Locale.ROOT));
        long[][] ids = new long[texts][tokens];
        Random random = new Random(1);
        for (long[] row : ids) {
            Arrays.setAll(row, _ -> 1000 + random.nextInt(20_000));
        }
        LibTorch.start(1, 1);
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (BertModel model = BertModel.load(Path.of(args[0]), format);
                TextBatch batch = new TextBatch(texts * tokens);
                OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
            try (OrtSession session = environment.createSession(args[1], options)) {
                float[] theirs = onnxruntime(environment, session, ids);
                float[] ours = millrace(model, batch, ids);
                double apart = 0;
                for (int i = 0; i < ours.length; i++) {
                    apart = Math.max(apart, Math.abs(ours[i] - theirs[i]));
                }
                System.out.printf("%s: largest difference %.1e, least cosine %.6f%n", format, apart, leastCosine(ours, theirs));
                double[] oursMillis = new double[rounds];
                double[] theirsMillis = new double[rounds];
                for (int i = 0; i < rounds; i++) {
                    long start = cpuNanos();
                    millrace(model, batch, ids);
                    long middle = cpuNanos();
                    onnxruntime(environment, session, ids);
                    oursMillis[i] = (middle - start) / 1e6;
                    theirsMillis[i] = (cpuNanos() - middle) / 1e6;
                }
                report(texts, oursMillis, theirsMillis);
            }
        }
    }

    /** Of vectors of length 1. */
    private static double leastCosine(float[] ours, float[] theirs) {
        double least = 1;
        for (int text = 0; text < ours.length; text += HIDDEN) {
            double dot = 0;
            for (int i = text; i < text + HIDDEN; i++) {
                dot += ours[i] * theirs[i];
            }
            least = Math.min(least, dot);
        }
        return least;
    }

    private static void report(int texts, double[] ours, double[] theirs) {
        double[] ratios = new double[ours.length];
        Arrays.setAll(ratios, i -> theirs[i] / ours[i]);
        for (double[] values : new double[][] {ours, theirs, ratios}) {
            Arrays.sort(values);
        }
        int n = ours.length;
        System.out.printf("millrace    %.1f/s best, %.1f/s median%n", texts * 1e3 / ours[0], texts * 1e3 / ours[n / 2]);
        System.out.printf("onnxruntime %.1f/s best, %.1f/s median%n", texts * 1e3 / theirs[0], texts * 1e3 / theirs[n / 2]);
        System.out.printf("ratio: best %.2f, of neighbours %.2f [quartiles %.2f to %.2f]%n", theirs[0] / ours[0], ratios[n / 2], ratios[n / 4], ratios[3 * n / 4]);
    }

    private static long cpuNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static float[] millrace(BertModel model, TextBatch batch, long[][] ids) {
        batch.begin(ids[0].length);
        for (long[] row : ids) {
            batch.beginText();
            for (long id : row) {
                batch.addToken((int) id);
            }
        }
        try (TensorScope scope = TensorScope.open()) {
            return model.embed(batch, scope).toArray(ValueLayout.JAVA_FLOAT);
        }
    }

    /** The last hidden state, its mean over tokens, scaled to length 1. */
    private static float[] onnxruntime(OrtEnvironment environment, OrtSession session, long[][] ids) throws OrtException {
        long[][] mask = new long[ids.length][ids[0].length];
        for (long[] row : mask) {
            Arrays.fill(row, 1);
        }
        float[] embeddings = new float[ids.length * HIDDEN];
        try (OnnxTensor input = OnnxTensor.createTensor(environment, ids);
                OnnxTensor visible = OnnxTensor.createTensor(environment, mask);
                OnnxTensor types = OnnxTensor.createTensor(environment, new long[ids.length][ids[0].length]);
                OrtSession.Result result = session.run(Map.of("input_ids", input, "attention_mask", visible, "token_type_ids", types))) {
            var states = ((OnnxTensor) result.get(0)).getFloatBuffer();
            float[] token = new float[HIDDEN];
            for (int text = 0; text < ids.length; text++) {
                int at = text * HIDDEN;
                for (int i = 0; i < ids[0].length; i++) {
                    states.get(token);
                    for (int k = 0; k < HIDDEN; k++) {
                        embeddings[at + k] += token[k];
                    }
                }
                double squares = 0;
                for (int k = 0; k < HIDDEN; k++) {
                    squares += embeddings[at + k] * embeddings[at + k];
                }
                float length = (float) Math.sqrt(squares);
                for (int k = 0; k < HIDDEN; k++) {
                    embeddings[at + k] /= length;
                }
            }
        }
        return embeddings;
    }
}
