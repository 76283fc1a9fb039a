# oneDNN's linear layers with weights in its own order (oneAPI Deep Neural Network Library, inner product primitive).
#
# TorchScript source of a module without attributes, which others call: these operators are outside of the aten namespace.


def pack(self, weight: Tensor, rows: int) -> Tensor:
    # weight float32 or bfloat16 [out, in] -> the same, opaque, in the order that is best for inputs of so many rows
    return ops.mkldnn._reorder_linear_weight(weight, rows)


def linear(self, x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
    # x [tokens, in] of the weight's type, weight packed, bias [out] -> [tokens, out]; sums are float32 before they are rounded
    return ops.mkldnn._linear_pointwise(x, weight, bias, "none", annotate(List[Optional[number]], []), "")


def linear_add(self, x: Tensor, y: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
    # linear(x) + y, in one pass
    return ops.mkldnn._linear_pointwise(x, y, weight, bias, "add")


def linear_gelu(self, x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
    # GELU with erf (Hendrycks and Gimpel 2016, arXiv:1606.08415) of linear(x), in one pass
    return ops.mkldnn._linear_pointwise(x, weight, bias, "gelu", annotate(List[Optional[number]], []), "none")
