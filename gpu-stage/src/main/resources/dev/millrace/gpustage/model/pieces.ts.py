# A step of any family, as step.ts.py has it, in pieces: for a caller that computes some of each layer's attention itself.
#
# TorchScript source, compiled by LibTorch when a model loads, in the place of step.ts.py: a start does not wait for both.


def begin(
    self, token_ids: Tensor, positions: Tensor, cache_rows: Tensor, first_positions: Tensor, tables: Tensor, logit_rows: Tensor,
    group_list: Tensor, begun_blocks: Tensor, attended: Tensor
) -> Tuple[List[List[int]], List[Tensor], List[Tensor], List[Tensor]]:
    # -> what piece takes. attended float32[tokens, heads * head_dim]: what the attention of the layer behind gave
    groups, pages, masks = self.begin_attention(positions, first_positions, tables, group_list, begun_blocks)
    x, turns = self.embed(token_ids, positions)
    return groups, pages, masks, [x, x, attended, turns, self.places(cache_rows), logit_rows]


def piece(self, step: Tuple[List[List[int]], List[Tensor], List[Tensor], List[Tensor]], i: int) -> Tensor:
    # From the attention of layer i - 1 to that of layer i -> qkv; behind the last -> logits.
    # The caller has set the rows of attended that are of no group.
    groups, pages, masks, tensors = step
    if i > 0:
        self.attend(i - 1, tensors[1].narrow(1, 0, self.heads), groups, pages, masks, tensors[2])
        tensors[0] = self.rest(i - 1, tensors[0], tensors[2])
    x = tensors[0]
    if i < self.layers:
        tensors[1] = self.project(i, x, tensors[3], tensors[4])
        return tensors[1]
    return x if tensors[5].size(0) == 0 else self.logits(x.index_select(0, tensors[5]))
