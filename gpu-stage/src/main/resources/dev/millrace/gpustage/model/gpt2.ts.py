# GPT-2: Radford et al. 2019 ("Language Models are Unsupervised Multitask Learners"); GELU in its tanh form:
# Hendrycks and Gimpel 2016 (arXiv:1606.08415).
#
# TorchScript source, compiled by LibTorch when a model loads. Gpt2Model sets these attributes of self:
#   int    layers hidden heads head_dim context      float  eps
#   Tensor wte [vocab, hidden]   wpe [positions, hidden]   ln_f ln_f_bias [hidden]   lm_head [vocab, hidden]
#   List[Tensor], one a layer, named as in the checkpoint under h.{i}; weights are stored [in, out]:
#     ln_1 ln_1_bias ln_2 ln_2_bias [hidden]
#     c_attn [hidden, 3 hidden], c_attn_bias: attn.c_attn, q, k and v side by side
#     attn_c_proj [hidden, hidden], attn_c_proj_bias: attn.c_proj
#     c_fc [hidden, ffn], c_fc_bias: mlp.c_fc      mlp_c_proj [ffn, hidden], mlp_c_proj_bias: mlp.c_proj


def attention(self, q: Tensor, k: Tensor, v: Tensor, mask: Optional[Tensor]) -> Tensor:
    # q [count, heads, head_dim]; k, v [length, heads, head_dim] -> [count, hidden]
    q = q.transpose(0, 1).unsqueeze(0)
    out = torch.scaled_dot_product_attention(q, k.transpose(0, 1).unsqueeze(0), v.transpose(0, 1).unsqueeze(0), mask)
    return out.squeeze(0).transpose(0, 1).reshape(-1, self.hidden)


def causal_mask(self, start: int, count: int) -> Tensor:
    # bool [count, start + count]: row i sees the positions up to start + i
    positions = torch.arange(start + count)
    return positions.unsqueeze(0) <= positions[start:].unsqueeze(1)


def forward(self, token_ids: Tensor, positions: Tensor, entries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    # token_ids, positions int64[tokens]: all entries, one after the other
    # entries int64[n, 3]: generation slot, first position, token count
    # keys, values float32[layers, slots * context, heads, head_dim]: written at these positions, read up to them
    # -> logits float32[n, vocab], of the last token of every entry
    spans: List[List[int]] = entries.tolist()
    masks: List[Optional[Tensor]] = []
    for slot, start, count in spans:
        mask: Optional[Tensor] = None
        if count > 1:
            mask = self.causal_mask(start, count)
        masks.append(mask)
    cache_rows = torch.repeat_interleave(entries[:, 0], entries[:, 2]) * self.context + positions

    x = torch.embedding(self.wte, token_ids) + torch.embedding(self.wpe, positions)  # [tokens, hidden]
    for i in range(self.layers):
        h = torch.layer_norm(x, [self.hidden], self.ln_1[i], self.ln_1_bias[i], self.eps)
        qkv = torch.addmm(self.c_attn_bias[i], h, self.c_attn[i]).view(-1, 3 * self.heads, self.head_dim)
        q, k, v = qkv.chunk(3, 1)
        keys[i].index_copy_(0, cache_rows, k)
        values[i].index_copy_(0, cache_rows, v)

        attended: List[Tensor] = []
        offset = 0
        for e in range(len(spans)):
            slot, start, count = spans[e]
            first = slot * self.context
            last = first + start + count
            rows = q[offset : offset + count]
            attended.append(self.attention(rows, keys[i][first:last], values[i][first:last], masks[e]))
            offset += count
        x = x + torch.addmm(self.attn_c_proj_bias[i], torch.cat(attended), self.attn_c_proj[i])

        h = torch.layer_norm(x, [self.hidden], self.ln_2[i], self.ln_2_bias[i], self.eps)
        h = torch.gelu(torch.addmm(self.c_fc_bias[i], h, self.c_fc[i]), approximate="tanh")
        x = x + torch.addmm(self.mlp_c_proj_bias[i], h, self.mlp_c_proj[i])

    last_rows = torch.cumsum(entries[:, 2], 0) - 1
    x = torch.layer_norm(x.index_select(0, last_rows), [self.hidden], self.ln_f, self.ln_f_bias, self.eps)
    return torch.linear(x, self.lm_head)
