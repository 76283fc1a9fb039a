"""Writes the folders beside it: tiny random checkpoints in bf16, and their logits by transformers in fp64.

Run with torch 2.13.0 and transformers 5.18.0: python make.py
"""

import json
import pathlib
import shutil

import torch
import transformers as hf

HERE = pathlib.Path(__file__).parent
ENDS = [13, 14, 34, 39, 40]  # logits of the last token of these prefixes
SHAPE = dict(
    vocab_size=19, hidden_size=16, intermediate_size=20, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=64, rms_norm_eps=1e-5, bos_token_id=0, eos_token_id=1,
)
LINEAR = dict(rope_type="linear", rope_theta=500.0, factor=2.5)
LLAMA3 = dict(
    rope_type="llama3", rope_theta=500.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
    original_max_position_embeddings=200,
)
MODELS = {
    "llama-linear": hf.LlamaForCausalLM(hf.LlamaConfig(**SHAPE, rope_parameters=LINEAR)),
    "llama-llama3": hf.LlamaForCausalLM(hf.LlamaConfig(**SHAPE, head_dim=16, rope_parameters=LLAMA3)),
    "mistral": hf.MistralForCausalLM(hf.MistralConfig(**SHAPE, sliding_window=7, attn_implementation="eager")),
    "qwen2": hf.Qwen2ForCausalLM(hf.Qwen2Config(**SHAPE, tie_word_embeddings=True)),
    "qwen3": hf.Qwen3ForCausalLM(hf.Qwen3Config(**SHAPE, head_dim=6)),
    "gpt2": hf.GPT2LMHeadModel(
        hf.GPT2Config(vocab_size=19, n_positions=64, n_embd=16, n_layer=2, n_head=4, bos_token_id=0, eos_token_id=1)
    ),
}

torch.manual_seed(1813)
for name, model in MODELS.items():
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    tied = model.config.tie_word_embeddings
    with torch.no_grad():
        for key, weight in model.named_parameters():
            norm = weight.dim() == 1 and key.endswith("weight")
            random = torch.randn_like(weight) * (0.4 if weight.dim() > 1 else 0.3) + (1.0 if norm else 0.0)
            weight.copy_(random.bfloat16())
    halves = {key: value.bfloat16() for key, value in model.state_dict().items()}
    if tied:
        del halves["lm_head.weight"]
    model.eval().save_pretrained(folder, state_dict=halves)
    (folder / "generation_config.json").unlink(missing_ok=True)
    ids = torch.randint(0, 19, (1, max(ENDS)))
    with torch.no_grad():
        logits = model.double()(ids).logits[0]
    golden = {
        "ids": ids[0].tolist(),
        "logits": {end: [round(logit, 7) for logit in logits[end - 1].tolist()] for end in ENDS},
    }
    (folder / "golden.json").write_text(json.dumps(golden) + "\n")
