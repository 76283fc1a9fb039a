def forward(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return self.int8.linear(x, weight, bias)
