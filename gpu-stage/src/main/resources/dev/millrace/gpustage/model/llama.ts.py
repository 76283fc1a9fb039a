# Llama: Touvron et al. 2023 (arXiv:2302.13971); grouped queries: Ainslie et al. 2023 (arXiv:2305.13245);
# rotary positions: Su et al. 2021 (arXiv:2104.09864), in the rotate-half layout of Hugging Face checkpoints.
# Relatives: Mistral's sliding window, Jiang et al. 2023 (arXiv:2310.06825); Qwen2's biases (arXiv:2407.10671);
# Qwen3's norms of queries and keys, Henry et al. 2020 (arXiv:2010.04245), with RMSNorm.
#
# TorchScript source, compiled by LibTorch when a model loads. LlamaModel sets these attributes of self:
#   int    layers hidden heads kv_heads head_dim context window      float  eps
#   bool   has_fp16_weights has_head_norm has_qkv_bias has_o_bias has_mlp_bias
#   Tensor embed_tokens [vocab, hidden]   norm [hidden]   lm_head [vocab, hidden]   inv_freq [head_dim / 2]
#   List[Tensor], one a layer, named as in the checkpoint under model.layers.{i}:
#     input_layernorm post_attention_layernorm [hidden]
#     qkv_proj [(heads + 2 kv_heads) head_dim, hidden]: self_attn.q_proj, k_proj and v_proj, one below the other
#     o_proj [hidden, heads head_dim]
#     gate_up_proj [2 ffn, hidden]: mlp.gate_proj and up_proj, one below the other      down_proj [hidden, ffn]
#     q_norm k_norm [head_dim]: self_attn.q_norm and k_norm, empty lists without has_head_norm
#     qkv_bias o_bias gate_up_bias down_bias: the biases of the same, empty lists where there are none
# With has_fp16_weights, lm_head and all *_proj are opaque: fbgemm's packed halves of these matrices.


def linear(self, x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
    # x [tokens, in], weight [out, in], bias [out] -> [tokens, out]; sums are float32 in both formats
    if self.has_fp16_weights:
        y = torch.fbgemm_linear_fp16_weight_fp32_activation(x, weight, None)
    else:
        y = torch.linear(x, weight)
    if bias is not None:
        y = y + bias
    return y


def rope(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    # x [tokens, heads, head_dim]; cos, sin [tokens, 1, head_dim]
    half = self.head_dim // 2
    rotated = torch.cat([-x[:, :, half:], x[:, :, :half]], -1)
    return x * cos + rotated * sin


def attention(self, q: Tensor, k: Tensor, v: Tensor, mask: Optional[Tensor]) -> Tensor:
    # q [count, heads, head_dim]; k, v [length, kv_heads, head_dim] -> [count, heads * head_dim]
    # Query heads that share a key head become further rows of it, so that keys and values are never repeated.
    count = q.size(0)
    group = self.heads // self.kv_heads
    rows = q.reshape(count, self.kv_heads, group, self.head_dim).permute(1, 2, 0, 3)
    rows = rows.reshape(1, self.kv_heads, group * count, self.head_dim)
    out = torch.scaled_dot_product_attention(rows, k.transpose(0, 1).unsqueeze(0), v.transpose(0, 1).unsqueeze(0), mask)
    out = out.view(self.kv_heads, group, count, self.head_dim).permute(2, 0, 1, 3)
    return out.reshape(count, self.heads * self.head_dim)


def first_seen(self, start: int) -> int:
    return max(0, start + 1 - self.window)


def causal_mask(self, start: int, count: int) -> Tensor:
    # bool [group * count, start + count - first]: row i sees the last window positions up to start + i
    first = self.first_seen(start)
    keys = torch.arange(first, start + count).unsqueeze(0)
    queries = torch.arange(start, start + count).unsqueeze(1)
    mask = torch.logical_and(keys <= queries, keys > queries - self.window)
    return mask.repeat([self.heads // self.kv_heads, 1])


def forward(self, token_ids: Tensor, positions: Tensor, entries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    # token_ids, positions int64[tokens]: all entries, one after the other
    # entries int64[n, 3]: generation slot, first position, token count
    # keys, values float32[layers, slots * context, kv_heads, head_dim]: written at these positions, read up to
    #   them, from window tokens before
    # -> logits float32[n, vocab], of the last token of every entry
    spans: List[List[int]] = entries.tolist()
    masks: List[Optional[Tensor]] = []
    for slot, start, count in spans:
        mask: Optional[Tensor] = None
        if count > 1:
            mask = self.causal_mask(start, count)
        masks.append(mask)

    cache_rows = torch.repeat_interleave(entries[:, 0], entries[:, 2]) * self.context + positions
    angles = torch.outer(positions.to(6), self.inv_freq)  # dtype 6 is float32
    angles = torch.cat([angles, angles], -1).unsqueeze(1)
    cos = angles.cos()
    sin = angles.sin()

    x = torch.embedding(self.embed_tokens, token_ids)  # [tokens, hidden]
    for i in range(self.layers):
        h = torch.rms_norm(x, [self.hidden], self.input_layernorm[i], self.eps)
        qkv = self.linear(h, self.qkv_proj[i], self.qkv_bias[i] if self.has_qkv_bias else None)
        qkv = qkv.view(-1, self.heads + 2 * self.kv_heads, self.head_dim)
        qk = qkv[:, : self.heads + self.kv_heads]
        if self.has_head_norm:
            q = torch.rms_norm(qk[:, : self.heads], [self.head_dim], self.q_norm[i], self.eps)
            k = torch.rms_norm(qk[:, self.heads :], [self.head_dim], self.k_norm[i], self.eps)
            qk = torch.cat([q, k], 1)
        qk = self.rope(qk, cos, sin)
        keys[i].index_copy_(0, cache_rows, qk[:, self.heads :])
        values[i].index_copy_(0, cache_rows, qkv[:, self.heads + self.kv_heads :])

        attended: List[Tensor] = []
        offset = 0
        for e in range(len(spans)):
            slot, start, count = spans[e]
            first = slot * self.context + self.first_seen(start)
            last = slot * self.context + start + count
            q = qk[offset : offset + count, : self.heads]
            attended.append(self.attention(q, keys[i][first:last], values[i][first:last], masks[e]))
            offset += count
        h = torch.cat(attended)
        x = x + self.linear(h, self.o_proj[i], self.o_bias[i] if self.has_o_bias else None)

        h = torch.rms_norm(x, [self.hidden], self.post_attention_layernorm[i], self.eps)
        gate_up = self.linear(h, self.gate_up_proj[i], self.gate_up_bias[i] if self.has_mlp_bias else None)
        gate, up = gate_up.chunk(2, -1)
        h = torch.silu(gate) * up
        x = x + self.linear(h, self.down_proj[i], self.down_bias[i] if self.has_mlp_bias else None)

    last_rows = torch.cumsum(entries[:, 2], 0) - 1
    x = torch.rms_norm(x.index_select(0, last_rows), [self.hidden], self.norm, self.eps)
    return self.linear(x, self.lm_head, None)
