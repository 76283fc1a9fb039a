# Attention over pages: Kwon et al. 2023 (arXiv:2309.06180). step.ts.py calls attend once a layer.
#
# TorchScript source, compiled by LibTorch when a model loads. StepModel sets these attributes of self:
#   int    heads kv_heads head_dim block_tokens window
#   List[Tensor] cache, one a layer, on the device that computes: float32[blocks, 2 kv_heads, block_tokens, head_dim], keys and then values
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
    # -> of each group, which rows of a cache seen as [blocks * 2 kv_heads, ...] hold its keys and values: [entries, 2 kv_heads, blocks], flat
    result: List[Tensor] = []
    heads = torch.arange(2 * self.kv_heads, device=tables.device).view(1, -1, 1)
    begin = 0
    for row, entries, tokens, blocks in groups:
        table = tables[begin : begin + entries * blocks].view(entries, 1, blocks)
        result.append((table * (2 * self.kv_heads) + heads).view(-1))
        begin += entries * blocks
    return result


def places(self, rows: Tensor) -> Tensor:
    # rows int64[tokens]: block number * block_tokens + place in the block
    # -> which rows of a cache seen as [blocks * 2 kv_heads * block_tokens, head_dim] are a token's: [tokens, 2 kv_heads], flat
    blocks = torch.floor_divide(rows, self.block_tokens).unsqueeze(1)
    heads = blocks * (2 * self.kv_heads) + torch.arange(2 * self.kv_heads, device=rows.device)
    return (heads * self.block_tokens + torch.remainder(rows, self.block_tokens).unsqueeze(1)).view(-1)


def begin_blocks(self, begun: List[int]):
    # Zeros in every block whose first row is written now: attention reads whole blocks, and what another generation left behind
    # that row may be a NaN, which stays one under any mask. A generation's own NaNs stay, so that every later token of it is one.
    for block in begun:
        for cache in self.cache:
            cache.select(0, block).zero_()


def begin_attention(
    self, positions: Tensor, first_positions: Tensor, tables: Tensor, group_list: Tensor, begun_blocks: Tensor
) -> Tuple[List[List[int]], List[Tensor], List[Tensor]]:
    # -> groups, pages and masks, as attend takes them. group_list int64[groups, 4] and begun_blocks int64[], blocks whose first row is written,
    # are read as numbers: on the CPU, whatever the device is.
    groups: List[List[int]] = group_list.tolist()
    begun: List[int] = begun_blocks.tolist()
    self.begin_blocks(begun)
    return groups, self.pages(groups, tables), self.masks(positions, groups, first_positions)


def store(self, layer: int, places: Tensor, kv: Tensor):
    # kv [tokens, 2 kv_heads, head_dim], keys and then values
    self.cache[layer].view(-1, self.head_dim).index_copy_(0, places, kv.reshape(-1, self.head_dim))


def attend(self, layer: int, q: Tensor, groups: List[List[int]], pages: List[Tensor], masks: List[Tensor], into: Tensor):
    # q [tokens, heads, head_dim], into [tokens, heads * head_dim], of which it sets the rows of the groups
    # Query heads that share a key head become further rows of it, so that keys and values are never repeated.
    group_heads = self.heads // self.kv_heads
    for g in range(len(groups)):
        row, entries, tokens, blocks = groups[g]
        rows = q.narrow(0, row, entries * tokens)
        if tokens == 1:
            rows = rows.view(entries, self.kv_heads, group_heads, self.head_dim)
        else:
            rows = rows.view(entries, tokens, self.kv_heads, group_heads, self.head_dim).permute(0, 2, 3, 1, 4)
            rows = rows.reshape(entries, self.kv_heads, group_heads * tokens, self.head_dim)
        kv = torch.index_select(self.cache[layer].view(-1, self.block_tokens * self.head_dim), 0, pages[g])
        kv = kv.view(entries, 2, self.kv_heads, blocks * self.block_tokens, self.head_dim)
        out = torch.scaled_dot_product_attention(rows, kv.select(1, 0), kv.select(1, 1), masks[g])
        out = out.view(entries, self.kv_heads, group_heads, tokens, self.head_dim).permute(0, 3, 1, 2, 4)
        into.narrow(0, row, entries * tokens).view(out.size()).copy_(out)
