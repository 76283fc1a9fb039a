# Linear layers, whatever their weights are held as. Other sources call these.
#
# TorchScript source, compiled by LibTorch when a model loads. MatrixPacker sets these attributes of self:
#   int    weight_format: 1 halves packed by fbgemm   2 bfloat16 packed by oneDNN   3 float32 packed by oneDNN   4 numbers of int8's weights
#                        5 not packed, of any type
#   module packed: int8.ts.py for format 4, else onednn.ts.py
# A weight is [out, in]; packed ones are opaque. Sums are float32 in all formats; with bfloat16, and halves that are not packed, inputs and results are rounded to it, with int8
# sums are exact and inputs are rounded.


def linear(self, x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
    # x [tokens, in], bias [out] -> [tokens, out]
    if self.weight_format == 1:
        y = torch.fbgemm_linear_fp16_weight_fp32_activation(x, weight, None)
        return y if bias is None else y + bias
    if self.weight_format == 2:
        h = x.to(15)  # dtype 15 is bfloat16
        rows = h.size(0)
        if rows > 2:
            return self.packed.linear(h, weight, bias)
        # oneDNN multiplies four rows sooner than one or two.
        h = torch.constant_pad_nd(h, [0, 0, 0, 4 - rows])
        return self.packed.linear(h, weight, bias).narrow(0, 0, rows)
    if self.weight_format == 5:
        y = torch.linear(x.to(weight.dtype), weight, None)
        return y if bias is None else y + bias
    return self.packed.linear(x, weight, bias)


def linear_gelu(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    # GELU with erf (Hendrycks and Gimpel 2016, arXiv:1606.08415) of linear(x)
    if self.weight_format == 3 or self.weight_format == 4:
        return self.packed.linear_gelu(x, weight, bias)
    if self.weight_format == 2:
        return self.packed.linear_gelu(x.to(15), weight, bias)
    return torch.gelu(self.linear(x, weight, bias))


def add_linear(self, x: Tensor, h: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
    # x + linear(h); x may be overwritten
    if self.weight_format == 3 or self.weight_format == 4:
        return self.packed.linear_add(h, x, weight, bias)
    return x.add_(self.linear(h, weight, bias))
