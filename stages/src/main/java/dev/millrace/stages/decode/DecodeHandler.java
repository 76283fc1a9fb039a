package dev.millrace.stages.decode;

import com.lmax.disruptor.EventHandler;
import dev.millrace.ringbuffer.LargeBuffers;
import dev.millrace.ringbuffer.ModelCatalog;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.Route;
import dev.millrace.stages.tokenizer.TextModels;

/**
 * Turns a body into token ids or tensors with the decoder of its route. Runs on: the {@code decode}
 * thread, which owns the decoders' scratch memory and the tokenizers.
 */
public final class DecodeHandler implements EventHandler<RequestSlot> {
    private final RequestDecoder completions;
    private final RequestDecoder chat;
    private final RequestDecoder embeddings;
    private final RequestDecoder kserve;

    /**
     * @param buffers for what does not fit a slot: the rings' request buffers
     */
    public DecodeHandler(ModelCatalog catalog, TextModels texts, LargeBuffers buffers) {
        ModelAddress models = new ModelAddress(catalog, texts);
        completions = new OpenAiCompletionsDecoder(models, buffers);
        chat = new OpenAiChatDecoder(models, buffers);
        embeddings = new OpenAiEmbeddingsDecoder(models, buffers);
        kserve = new KServeDecoder(models, buffers);
    }

    @Override
    public void onEvent(RequestSlot slot, long sequence, boolean endOfBatch) {
        if (!slot.admitted()) {
            return;
        }
        RequestContext context = slot.context();
        try {
            RequestDeadline.read(slot.head, context);
            decoder(context.route).decode(slot, context);
            StreamResume.read(slot, context);
        } catch (BadRequest refused) {
            context.refuse(refused.status(), refused.getMessage(), refused.param());
        }
    }

    private RequestDecoder decoder(Route route) {
        return switch (route) {
            case OPENAI_COMPLETIONS -> completions;
            case OPENAI_CHAT -> chat;
            case OPENAI_EMBEDDINGS -> embeddings;
            case KSERVE_INFER -> kserve;
        };
    }
}
