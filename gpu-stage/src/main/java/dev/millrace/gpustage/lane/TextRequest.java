package dev.millrace.gpustage.lane;

import dev.millrace.gpustage.guide.Guided;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.SamplingParams;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the runs of one text request share. Owned by the lane's thread. */
final class TextRequest {
    /** What is known of the form that the text must have. */
    enum Form {
        /** Any text will do. */
        ANY,
        PENDING,
        READY,
        REFUSED
    }

    final RequestContext context;
    final SamplingParams sampling = new SamplingParams();

    /** The runs of each prompt, in order: {@link SamplingParams#bestOf} of them. */
    final List<List<Run>> prompts = new ArrayList<>();

    /** The form that the text must have, once it is compiled; null where any will do. */
    @Nullable Guided guided;

    /** Where the form of the text stands, as far as the lane has noticed. */
    Form form;

    boolean started;
    boolean ended;

    TextRequest(RequestContext context, SamplingParams sampling, @Nullable Guided guided) {
        this.context = context;
        this.sampling.copyFrom(sampling);
        this.guided = guided;
        this.form = guided == null ? Form.ANY : Form.PENDING;
    }

    /** Whether the runs of a prompt are told apart only when all of them have ended. */
    boolean choosesBest() {
        return sampling.bestOf > sampling.n;
    }

    /** Whether log probabilities of the tokens in the answer are needed. */
    boolean needsLogprobs() {
        return sampling.logprobs >= 0 || choosesBest();
    }
}
