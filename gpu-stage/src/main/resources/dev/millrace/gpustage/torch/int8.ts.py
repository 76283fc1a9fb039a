# Linear layers with weights of 8 bits, which fbgemm multiplies by inputs of 8 bits into 32-bit integers (Khudia et al. 2021, arXiv:2101.05615).
#
# TorchScript source of a module that holds packed weights, which others call: the operators are outside of the aten namespace.
# A weight is scales[out] times integers [out, in] up to 127, the scale being the row's largest magnitude / 127. An input's row is its largest
# magnitude times integers up to limit, over limit. Both are rounded to the nearest, and sums are exact: a row's result knows no
# other row.

weights : List[__torch__.torch.classes.quantized.LinearPackedParamsBase]
limit : int


def largest(self, rows: Tensor) -> Tensor:
    # rows [n, m] -> [n, 1], a NaN where the row has one; the least is above zero, that a row of zeros may be divided by it
    return torch.clamp_(torch.amax(torch.abs(rows), [1], True), 1e-30)


def packed(self, weight: Tensor) -> __torch__.torch.classes.quantized.LinearPackedParamsBase:
    scales = torch.div(torch.squeeze(self.largest(weight), 1), 127)
    integers = torch.quantize_per_channel(weight, scales, torch.zeros_like(scales, dtype=4), 0, 12)  # dtypes 4 and 12 are int64 and qint8
    return ops.quantized.linear_prepack(integers, None)


def product(self, x: Tensor, largest: Tensor, weight: __torch__.torch.classes.quantized.LinearPackedParamsBase) -> Tensor:
    # -> x / largest, which is that of x, times the weight
    return ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32(torch.div(x, largest), torch.div(1., self.limit), self.limit + 1, weight)


def probe(self, ones: Tensor, unused: int) -> Tensor:
    # ones [n, n] of ones -> n everywhere, unless the processor adds products of integers up to limit in ones too narrow for them
    return self.product(ones, self.largest(ones), self.packed(ones))


def pack(self, weight: Tensor, unused: int) -> Tensor:
    # weight float32[out, in] -> int64[]: the number by which linear knows it
    self.weights.append(self.packed(weight))
    return torch.tensor(len(self.weights) - 1)


def linear(self, x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
    # x float32[tokens, in], weight of pack, bias [out] -> float32[tokens, out]
    largest = self.largest(x)
    y = self.product(x, largest, self.weights[int(weight)])
    if bias is None:
        z = torch.mul_(y, largest)
    else:
        z = torch.addcmul(bias, y, largest)
    return z


def linear_add(self, x: Tensor, y: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
    # linear(x) + y
    largest = self.largest(x)
    z = torch.addcmul(y, self.product(x, largest, self.weights[int(weight)]), largest)
    if bias is None:
        w = z
    else:
        w = torch.add_(z, bias)
    return w


def linear_gelu(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    # GELU with erf (Hendrycks and Gimpel 2016, arXiv:1606.08415) of linear(x)
    return torch.gelu(self.linear(x, weight, bias))
