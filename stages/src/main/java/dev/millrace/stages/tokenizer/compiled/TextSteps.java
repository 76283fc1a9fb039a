package dev.millrace.stages.tokenizer.compiled;

import java.util.List;

/** Steps one after the other, by two texts that change places. */
final class TextSteps implements TextStep {
    private final TextStep[] steps;
    private Utf8Text result = new Utf8Text();
    private Utf8Text next = new Utf8Text();

    TextSteps(List<TextStep> steps) {
        this.steps = steps.toArray(TextStep[]::new);
    }

    @Override
    public void apply(byte[] text, int from, int to, Utf8Text into) {
        byte[] current = text;
        int begin = from;
        int end = to;
        for (int i = 0; i < steps.length; i++) {
            if (i == steps.length - 1) {
                steps[i].apply(current, begin, end, into);
                return;
            }
            next.clear();
            steps[i].apply(current, begin, end, next);
            Utf8Text done = next;
            next = result;
            result = done;
            current = done.bytes();
            begin = 0;
            end = done.length();
        }
        into.add(current, begin, end);
    }
}
