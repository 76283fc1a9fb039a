# BERT as a text embedder: Devlin et al. 2019 (arXiv:1810.04805), pooled as in Reimers and Gurevych 2019 (arXiv:1908.10084).
#
# TorchScript source, compiled by LibTorch when a model loads, behind linear.ts.py. BertModel sets these attributes of self:
#   int    layers hidden heads      float  eps      bool  tanh_gelu relu cls_pooling normalize
#   Tensor word_embeddings [vocab, hidden]   position_embeddings [positions, hidden]   token_type_embeddings [types, hidden]
#          embeddings_norm embeddings_norm_bias [hidden]
#   List[Tensor], one a layer, weight and bias, named after the checkpoint under encoder.layer.{i}:
#     qkv qkv_bias [3 hidden, hidden]: attention.self.query, key and value, one below the other
#     attention_output attention_output_bias [hidden, hidden]   attention_norm attention_norm_bias [hidden]
#     intermediate intermediate_bias [ffn, hidden]   output output_bias [hidden, ffn]   output_norm output_norm_bias [hidden]
# All but linear layers is float32.


def mlp_hidden(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    if self.relu:
        return torch.relu_(self.linear(x, weight, bias))
    if self.tanh_gelu:
        return torch.gelu(self.linear(x, weight, bias), approximate="tanh")
    return self.linear_gelu(x, weight, bias)


def norm(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return torch.layer_norm(x, [self.hidden], weight, bias, self.eps)


def pool(self, x: Tensor, mask: Tensor) -> Tensor:
    # x [batch, tokens, hidden]; mask float32[batch, tokens, 1] -> [batch, hidden]
    if self.cls_pooling:
        return x[:, 0]
    return (x * mask).sum(1) / mask.sum(1).clamp(min=1e-9)


def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
    # input_ids, attention_mask int64[batch, tokens]; padding on the right, where the mask is 0
    # -> float32[batch, hidden]
    batch, tokens = input_ids.size(0), input_ids.size(1)
    visible: Optional[Tensor] = None
    if not bool(attention_mask.all()):
        visible = attention_mask.to(11).view(batch, 1, 1, tokens)  # dtype 11 is bool

    x = torch.embedding(self.word_embeddings, input_ids)  # [batch, tokens, hidden]
    x = x + (self.token_type_embeddings[0] + self.position_embeddings[:tokens])
    x = self.norm(x, self.embeddings_norm, self.embeddings_norm_bias).view(batch * tokens, self.hidden)
    for i in range(self.layers):
        qkv = self.linear(x, self.qkv[i], self.qkv_bias[i]).to(6)  # dtype 6 is float32
        q, k, v = qkv.view(batch, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        # [batch, heads, tokens, head_dim]
        h = torch.scaled_dot_product_attention(q, k, v, visible)
        h = h.transpose(1, 2).reshape(batch * tokens, self.hidden)
        h = self.add_linear(x, h, self.attention_output[i], self.attention_output_bias[i])
        x = self.norm(h, self.attention_norm[i], self.attention_norm_bias[i])
        h = self.mlp_hidden(x, self.intermediate[i], self.intermediate_bias[i])
        h = self.add_linear(x, h, self.output[i], self.output_bias[i])
        x = self.norm(h, self.output_norm[i], self.output_norm_bias[i])

    pooled = self.pool(x.view(batch, tokens, self.hidden), attention_mask.to(6).unsqueeze(2))
    if self.normalize:
        pooled = pooled / pooled.norm(2, [1], True).clamp(min=1e-12)
    return pooled
