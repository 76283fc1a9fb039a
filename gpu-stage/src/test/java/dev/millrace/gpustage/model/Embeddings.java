package dev.millrace.gpustage.model;

import dev.millrace.gpustage.torch.TensorScope;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** What a model makes of texts, and how far vectors are apart. */
final class Embeddings {
    private Embeddings() {}

    /** One vector a text, of one batch. */
    static float[][] of(BertModel model, int[]... texts) {
        int longest = Arrays.stream(texts).mapToInt(ids -> ids.length).max().orElseThrow();
        try (TextBatch batch = new TextBatch(texts.length * longest);
                TensorScope scope = TensorScope.open()) {
            batch.begin(longest);
            for (int[] ids : texts) {
                batch.beginText();
                for (int id : ids) {
                    batch.addToken(id);
                }
            }
            float[] all = model.embed(batch, scope).toArray(ValueLayout.JAVA_FLOAT);
            float[][] vectors = new float[texts.length][];
            int hidden = all.length / texts.length;
            Arrays.setAll(vectors, i -> Arrays.copyOfRange(all, i * hidden, (i + 1) * hidden));
            return vectors;
        }
    }

    /** The cosine of the angle between two vectors. */
    static double cosine(float[] a, double[] b) {
        double dot = 0;
        double squaresA = 0;
        double squaresB = 0;
        for (int i = 0; i < a.length; i++) {
            dot += a[i] * b[i];
            squaresA += (double) a[i] * a[i];
            squaresB += b[i] * b[i];
        }
        return dot / Math.sqrt(squaresA * squaresB);
    }
}
