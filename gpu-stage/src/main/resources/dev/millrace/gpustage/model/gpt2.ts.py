# GPT-2: Radford et al. 2019 ("Language Models are Unsupervised Multitask Learners"); GELU in its tanh form:
# Hendrycks and Gimpel 2016 (arXiv:1606.08415).
#
# TorchScript source, compiled by LibTorch when a model loads, behind linear.ts.py and attention.ts.py and before step.ts.py, which says when each
# of embed, project, rest and logits is called. Gpt2Model sets these attributes:
#   int    layers hidden      float  eps
#   Tensor wte [vocab, hidden]   wpe [positions, hidden]   ln_f ln_f_bias [hidden]   lm_head [vocab, hidden]
#   List[Tensor], one a layer, named as in the checkpoint under h.{i}, with matrices turned to [out, in]:
#     ln_1 ln_1_bias ln_2 ln_2_bias [hidden]
#     c_attn [3 hidden, hidden], c_attn_bias: attn.c_attn, q, k and v one below the other
#     attn_c_proj [hidden, hidden], attn_c_proj_bias: attn.c_proj
#     c_fc [ffn, hidden], c_fc_bias: mlp.c_fc      mlp_c_proj [hidden, ffn], mlp_c_proj_bias: mlp.c_proj


def embed(self, token_ids: Tensor, positions: Tensor) -> Tuple[Tensor, Tensor]:
    # Nothing is turned.
    return torch.embedding(self.wte, token_ids) + torch.embedding(self.wpe, positions), positions


def project(self, i: int, x: Tensor, turns: Tensor, places: Tensor) -> Tensor:
    h = torch.layer_norm(x, [self.hidden], self.ln_1[i], self.ln_1_bias[i], self.eps)
    qkv = self.linear(h, self.c_attn[i], self.c_attn_bias[i]).to(6).view(-1, 3 * self.heads, self.head_dim)  # dtype 6 is float32
    self.store(i, places, qkv.narrow(1, self.heads, 2 * self.heads))
    return qkv


def rest(self, i: int, x: Tensor, h: Tensor) -> Tensor:
    x = self.add_linear(x, h, self.attn_c_proj[i], self.attn_c_proj_bias[i])
    h = torch.layer_norm(x, [self.hidden], self.ln_2[i], self.ln_2_bias[i], self.eps)
    h = torch.gelu(self.linear(h, self.c_fc[i], self.c_fc_bias[i]), approximate="tanh")
    return self.add_linear(x, h, self.mlp_c_proj[i], self.mlp_c_proj_bias[i])


def logits(self, x: Tensor) -> Tensor:
    return self.linear(torch.layer_norm(x, [self.hidden], self.ln_f, self.ln_f_bias, self.eps), self.lm_head, None).to(6)
