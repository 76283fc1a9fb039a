# Llama: Touvron et al. 2023 (arXiv:2302.13971); grouped queries: Ainslie et al. 2023 (arXiv:2305.13245);
# rotary positions: Su et al. 2021 (arXiv:2104.09864). Relatives: Mistral's sliding window, Jiang et al. 2023 (arXiv:2310.06825);
# Qwen2's biases (arXiv:2407.10671); Qwen3's norms of queries and keys, Henry et al. 2020 (arXiv:2010.04245), with RMSNorm.
#
# TorchScript source, compiled by LibTorch when a model loads, behind linear.ts.py and attention.ts.py and before step.ts.py, which says when each
# of embed, project, rest and logits is called. LlamaModel sets these attributes:
#   int    layers      bool  has_head_norm has_qkv_bias has_o_bias has_mlp_bias
#   Tensor root_eps: sqrt(hidden eps)   head_root_eps: sqrt(head_dim eps)   inv_freq [head_dim / 2]
#   Tensor embed_tokens [vocab, hidden]   norm [hidden]   lm_head [vocab, hidden]
#   List[Tensor], one a layer, named as in the checkpoint under model.layers.{i}:
#     input_layernorm post_attention_layernorm [hidden]
#     qkv_proj [(heads + 2 kv_heads) head_dim, hidden]: self_attn.q_proj, k_proj and v_proj, one below the other
#     o_proj [hidden, heads head_dim]
#     gate_up_proj [2 ffn, hidden]: mlp.gate_proj and up_proj, one below the other      down_proj [hidden, ffn]
#     q_norm k_norm [head_dim]: self_attn.q_norm and k_norm, empty lists without has_head_norm
#     qkv_bias o_bias gate_up_bias down_bias: the biases of the same, empty lists where there are none
# Weights of norms come multiplied by sqrt(hidden), those of heads by sqrt(head_dim). Rows of q and k, and their norms and biases, come in
# the paper's order, in which neighbours are rotated together: a rotation is then one complex product.


def rms_norm(self, x: Tensor, weight: Tensor, root_eps: Tensor) -> Tensor:
    # x / sqrt(mean(x^2) + eps) = sqrt(n) x / sqrt(|x|^2 + n eps), with sqrt(n) in the weight: Zhang and Sennrich 2019 (arXiv:1910.07467)
    return (x / torch.hypot(torch.linalg_vector_norm(x, 2, [-1], True), root_eps)).mul_(weight)


def rope_(self, x: Tensor, turns: Tensor):
    # x float32[tokens, heads, head_dim], rotated in place; turns complex64[tokens, 1, head_dim / 2]
    torch.view_as_complex(x.unflatten(2, [-1, 2])).mul_(turns)


def embed(self, token_ids: Tensor, positions: Tensor) -> Tuple[Tensor, Tensor]:
    angles = torch.outer(positions.to(6), self.inv_freq).unsqueeze(1)  # dtype 6 is float32
    return torch.embedding(self.embed_tokens, token_ids), torch.polar(torch.ones_like(angles), angles)


def project(self, i: int, x: Tensor, turns: Tensor, places: Tensor) -> Tensor:
    h = self.rms_norm(x, self.input_layernorm[i], self.root_eps)
    qkv = self.linear(h, self.qkv_proj[i], self.qkv_bias[i] if self.has_qkv_bias else None)
    qkv = qkv.to(6).view(-1, self.heads + 2 * self.kv_heads, self.head_dim)
    if self.has_head_norm:
        q = qkv.narrow(1, 0, self.heads)
        k = qkv.narrow(1, self.heads, self.kv_heads)
        q.copy_(self.rms_norm(q, self.q_norm[i], self.head_root_eps))
        k.copy_(self.rms_norm(k, self.k_norm[i], self.head_root_eps))
    self.rope_(qkv.narrow(1, 0, self.heads + self.kv_heads), turns)
    self.store(i, places, qkv.narrow(1, self.heads, 2 * self.kv_heads))
    return qkv


def rest(self, i: int, x: Tensor, h: Tensor) -> Tensor:
    x = self.add_linear(x, h, self.o_proj[i], self.o_bias[i] if self.has_o_bias else None)
    h = self.rms_norm(x, self.post_attention_layernorm[i], self.root_eps)
    gate_up = self.linear(h, self.gate_up_proj[i], self.gate_up_bias[i] if self.has_mlp_bias else None)
    gate, up = gate_up.chunk(2, -1)
    return self.add_linear(x, torch.silu_(gate).mul_(up), self.down_proj[i], self.down_bias[i] if self.has_mlp_bias else None)


def logits(self, x: Tensor) -> Tensor:
    return self.linear(self.rms_norm(x, self.norm, self.root_eps), self.lm_head, None).to(6)
