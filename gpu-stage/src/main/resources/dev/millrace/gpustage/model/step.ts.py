# A step of any family: layers one after the other, each with attention in its middle.
#
# TorchScript source, compiled by LibTorch when a model loads, behind linear.ts.py, attention.ts.py and the family's source; or else
# pieces.ts.py is, which takes the same. The family has
#   int    layers
#   embed(token_ids, positions) -> x float32[tokens, hidden], turns: of what positions make, whatever project takes
#   project(layer, x, turns, places) -> qkv float32[tokens, heads + 2 kv_heads, head_dim], queries, keys and values; it has stored the last two
#   rest(layer, x, h) -> x behind that layer, h [tokens, heads * head_dim] being what its attention gave
#   logits(x) -> float32[rows, vocab]
#
# token_ids, positions, cache_rows int64[tokens]: all entries, one after the other, and where their keys and values go
# first_positions, tables, group_list, begun_blocks: see attention.ts.py
# logit_rows int64[n]: tokens whose logits are wanted -> float32[n, vocab]


def forward(
    self, token_ids: Tensor, positions: Tensor, cache_rows: Tensor, first_positions: Tensor, tables: Tensor, logit_rows: Tensor,
    group_list: Tensor, begun_blocks: Tensor
) -> Tensor:
    groups, pages, masks = self.begin_attention(positions, first_positions, tables, group_list, begun_blocks)
    places = self.places(cache_rows)
    x, turns = self.embed(token_ids, positions)
    attended = torch.empty([token_ids.size(0), self.heads * self.head_dim], device=x.device)
    for i in range(self.layers):
        qkv = self.project(i, x, turns, places)
        self.attend(i, qkv.narrow(1, 0, self.heads), groups, pages, masks, attended)
        x = self.rest(i, x, attended)
    return x if logit_rows.size(0) == 0 else self.logits(x.index_select(0, logit_rows))
