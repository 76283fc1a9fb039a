# Attention over pages: Kwon et al. 2023 (arXiv:2309.06180). Other sources call attend once a layer.
#
# TorchScript source, compiled by LibTorch when a model loads. StepModel sets these attributes of self:
#   int    heads kv_heads head_dim block_tokens window
#   List[Tensor] cache, one a layer, on the device that computes: float32[blocks, block_tokens, 2 kv_heads, head_dim], keys and then values of a position
#
# A step's entries, each some tokens of one generation, come in groups of the same token count and of nearly the same length,
# which are computed together: pages are gathered into one tensor a group, and what pads a shorter table is masked.
# A group is [first row, entries, tokens of an entry, blocks of an entry]. tables int64[] holds the block numbers of all groups, one
# after the other; first_positions int64[] the position with which each entry's table begins.


def masks(self, positions: Tensor, groups: List[List[int]], first_positions: Tensor) -> List[Tensor]:
    # -> one a group, float32[entries, 1, group tokens or 1, keys]: 0 where a token sees a key, else -inf
    result: List[Tensor] = []
    entry = 0
    for row, entries, tokens, blocks in groups:
        keys = first_positions[entry : entry + entries].view(-1, 1, 1) + torch.arange(blocks * self.block_tokens, device=positions.device)
        queries = positions[row : row + entries * tokens].view(entries, tokens, 1)
        hidden = torch.logical_or(keys > queries, keys <= queries - self.window)
        mask = torch.zeros(hidden.size(), device=positions.device).masked_fill_(hidden, float("-inf"))
        if tokens > 1:
            mask = mask.repeat([1, self.heads // self.kv_heads, 1])
        result.append(mask.unsqueeze(1))
        entry += entries
    return result


def pages(self, groups: List[List[int]], tables: Tensor) -> List[Tensor]:
    # -> the block numbers of each group
    sizes: List[int] = []
    for row, entries, tokens, blocks in groups:
        sizes.append(entries * blocks)
    return torch.split_with_sizes(tables, sizes)


def begin_blocks(self, begun: List[int]):
    # Zeros in every block whose first row is written now: attention reads whole blocks, and what another generation left behind
    # that row may be a NaN, which stays one under any mask. A generation's own NaNs stay, so that every later token of it is one.
    for block in begun:
        for cache in self.cache:
            cache.select(0, block).zero_()


def store(self, layer: int, rows: Tensor, kv: Tensor):
    # kv [tokens, 2 kv_heads, head_dim], keys and then values; rows int64[tokens]: block number * block_tokens + place in the block
    self.cache[layer].view(-1, 2 * self.kv_heads, self.head_dim).index_copy_(0, rows, kv)


def attend(self, layer: int, q: Tensor, groups: List[List[int]], pages: List[Tensor], masks: List[Tensor]) -> Tensor:
    # q [tokens, heads, head_dim] -> [tokens, heads * head_dim]
    # Query heads that share a key head become further rows of it, so that keys and values are never repeated.
    group_heads = self.heads // self.kv_heads
    attended: List[Tensor] = []
    for g in range(len(groups)):
        row, entries, tokens, blocks = groups[g]
        rows = q.narrow(0, row, entries * tokens)
        if tokens == 1:
            rows = rows.view(entries, self.kv_heads, group_heads, self.head_dim)
        else:
            rows = rows.view(entries, tokens, self.kv_heads, group_heads, self.head_dim).permute(0, 2, 3, 1, 4)
            rows = rows.reshape(entries, self.kv_heads, group_heads * tokens, self.head_dim)
        kv = torch.index_select(self.cache[layer], 0, pages[g])
        kv = kv.view(entries, blocks * self.block_tokens, 2, self.kv_heads, self.head_dim).transpose(1, 3)
        out = torch.scaled_dot_product_attention(rows, kv.select(2, 0), kv.select(2, 1), masks[g])
        if tokens > 1:
            out = out.view(entries, self.kv_heads, group_heads, tokens, self.head_dim).permute(0, 3, 1, 2, 4)
        attended.append(out.reshape(entries * tokens, self.heads * self.head_dim))
    return attended[0] if len(attended) == 1 else torch.cat(attended)

