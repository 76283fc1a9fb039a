package dev.millrace.tools.model;

import java.util.Map;
import java.util.Objects;

/** Names of the Llama family's tensors in GGUF, for those that Hugging Face gives them. */
final class GgufNames {
    private static final String LAYER = "model.layers.";

    private static final Map<String, String> WHOLE =
            Map.of(
                    "model.embed_tokens", "token_embd",
                    "model.norm", "output_norm",
                    "lm_head", "output");

    private static final Map<String, String> IN_LAYER =
            Map.ofEntries(
                    Map.entry("input_layernorm", "attn_norm"),
                    Map.entry("self_attn.q_proj", "attn_q"),
                    Map.entry("self_attn.k_proj", "attn_k"),
                    Map.entry("self_attn.v_proj", "attn_v"),
                    Map.entry("self_attn.o_proj", "attn_output"),
                    Map.entry("self_attn.q_norm", "attn_q_norm"),
                    Map.entry("self_attn.k_norm", "attn_k_norm"),
                    Map.entry("post_attention_layernorm", "ffn_norm"),
                    Map.entry("mlp.gate_proj", "ffn_gate"),
                    Map.entry("mlp.up_proj", "ffn_up"),
                    Map.entry("mlp.down_proj", "ffn_down"));

    private GgufNames() {}

    /** GGUF's name for a tensor of {@link LlamaLayout}. */
    static String of(String name) {
        int dot = name.lastIndexOf('.');
        String kind = name.substring(dot);
        String whole = WHOLE.get(name.substring(0, dot));
        if (whole != null) {
            return whole + kind;
        }
        int number = name.indexOf('.', LAYER.length());
        String layer = name.substring(LAYER.length(), number);
        String part = IN_LAYER.get(name.substring(number + 1, dot));
        return "blk." + layer + "." + Objects.requireNonNull(part, name) + kind;
    }
}
