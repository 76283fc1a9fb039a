# GPT-2: Radford et al. 2019 ("Language Models are Unsupervised Multitask Learners"); GELU in its tanh form:
# Hendrycks and Gimpel 2016 (arXiv:1606.08415).
#
# TorchScript source, compiled by LibTorch when a model loads, behind linear.ts.py and attention.ts.py. Gpt2Model sets these attributes:
#   int    layers hidden      float  eps
#   Tensor wte [vocab, hidden]   wpe [positions, hidden]   ln_f ln_f_bias [hidden]   lm_head [vocab, hidden]
#   List[Tensor], one a layer, named as in the checkpoint under h.{i}, with matrices turned to [out, in]:
#     ln_1 ln_1_bias ln_2 ln_2_bias [hidden]
#     c_attn [3 hidden, hidden], c_attn_bias: attn.c_attn, q, k and v one below the other
#     attn_c_proj [hidden, hidden], attn_c_proj_bias: attn.c_proj
#     c_fc [ffn, hidden], c_fc_bias: mlp.c_fc      mlp_c_proj [hidden, ffn], mlp_c_proj_bias: mlp.c_proj


def forward(
    self, token_ids: Tensor, positions: Tensor, cache_rows: Tensor, first_positions: Tensor, tables: Tensor, logit_rows: Tensor,
    group_list: Tensor, begun_blocks: Tensor
) -> Tensor:
    # As in llama.ts.py.
    groups: List[List[int]] = group_list.tolist()
    masks = self.masks(positions, groups, first_positions)
    pages = self.pages(groups, tables)
    begun: List[int] = begun_blocks.tolist()
    self.begin_blocks(begun)

    x = torch.embedding(self.wte, token_ids) + torch.embedding(self.wpe, positions)  # [tokens, hidden]
    for i in range(self.layers):
        h = torch.layer_norm(x, [self.hidden], self.ln_1[i], self.ln_1_bias[i], self.eps)
        qkv = self.linear(h, self.c_attn[i], self.c_attn_bias[i]).to(6).view(-1, 3 * self.heads, self.head_dim)  # dtype 6 is float32
        self.store(i, cache_rows, qkv.narrow(1, self.heads, 2 * self.heads))
        h = self.attend(i, qkv.narrow(1, 0, self.heads), groups, pages, masks)
        x = self.add_linear(x, h, self.attn_c_proj[i], self.attn_c_proj_bias[i])

        h = torch.layer_norm(x, [self.hidden], self.ln_2[i], self.ln_2_bias[i], self.eps)
        h = torch.gelu(self.linear(h, self.c_fc[i], self.c_fc_bias[i]), approximate="tanh")
        x = self.add_linear(x, h, self.mlp_c_proj[i], self.mlp_c_proj_bias[i])

    if logit_rows.size(0) == 0:
        return x
    x = torch.layer_norm(x.index_select(0, logit_rows), [self.hidden], self.ln_f, self.ln_f_bias, self.eps)
    return self.linear(x, self.lm_head, None).to(6)
