"""The layers as modules of PyTorch, which `to_torch` makes: the same calls, shapes and states as here.

::

    y, state = module(x, state=None, lengths=None)

Time comes first, x (T, B, D). The state is that of `tape.state` here, in tensors: (h,) or (h, c) of a cell, each
(B, H), one entry for each layer of a network, () for a layer without one. Inside of each stands the module of
`torch.nn` that does the work.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from lstm_edu.nn.layers.windows import pads

ACTIVATIONS = {None: nn.Identity, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "relu": nn.ReLU}


class Module(nn.Module):
    """What all of them share: a layer that changes no number of steps."""

    def out_steps(self, lengths: Tensor) -> Tensor:
        """The lengths of what comes out."""
        return lengths


class Cell(Module):
    """One `torch.nn.RNN`, `LSTM` or `GRU` with one bias that learns.

    PyTorch adds two biases that get the same gradient: their sum would learn at twice the rate. So the second one gets
    a gradient only where it is no second one, inside the reset product of a GRU.
    """

    def __init__(self, rnn: nn.RNNBase) -> None:
        super().__init__()
        self.rnn = rnn
        self.inside = isinstance(rnn, nn.GRU)
        if self.inside:
            learns = torch.zeros_like(rnn.bias_hh_l0, requires_grad=False)
            learns[2 * rnn.hidden_size :] = 1
            self.register_buffer("learns", learns, persistent=False)
        else:
            rnn.bias_hh_l0.requires_grad_(False)

    def _run(self, x: Any, state: Any) -> Any:
        if not self.inside or not torch.is_grad_enabled():
            return self.rnn(x, state)
        b, learns = self.rnn.bias_hh_l0, self.learns
        once = b * learns + (b * (1 - learns)).detach()
        return torch.func.functional_call(self.rnn, {"bias_hh_l0": once}, (x, state))

    def forward(self, x: Tensor, state: Any = None, lengths: Any = None) -> tuple[Tensor, tuple]:
        given = tuple(s[None] for s in state) if state else None
        if given is not None and not isinstance(self.rnn, nn.LSTM):
            (given,) = given
        steps = len(x)
        if lengths is None:
            y, last = self._run(x, given)
        else:
            packed = pack_padded_sequence(x, lengths.cpu(), enforce_sorted=False)
            packed, last = self._run(packed, given)
            y, _ = pad_packed_sequence(packed, total_length=steps)
        last = last if isinstance(last, tuple) else (last,)
        return y, tuple(s[0] for s in last)


class Dense(Module):
    """`torch.nn.Linear` and an activation, at every step or at the last one alone."""

    def __init__(self, linear: nn.Linear, steps: str, activation: str | None) -> None:
        super().__init__()
        self.linear, self.steps, self.activation = linear, steps, activation
        self.through = ACTIVATIONS[activation]()

    def forward(self, x: Tensor, state: Any = None, lengths: Any = None) -> tuple[Tensor, tuple]:
        if x.ndim == 3 and self.steps == "last":
            x = _last(x, lengths)
        elif x.ndim == 3:
            x = _blanked(x, lengths)
        return self.through(self.linear(x)), ()


class Conv1D(Module):
    """`torch.nn.Conv1d` over time, with zeros put before and after as here, and an activation."""

    def __init__(self, conv: nn.Conv1d, padding: str, activation: str | None) -> None:
        super().__init__()
        self.conv, self.padding, self.activation = conv, padding, activation
        self.through = ACTIVATIONS[activation]()

    def out_steps(self, lengths: Any) -> Any:
        """The lengths of what comes out."""
        (width,), (stride,) = self.conv.kernel_size, self.conv.stride
        return (lengths - (width if self.padding == "valid" else 1)) // stride + 1

    def forward(self, x: Tensor, state: Any = None, lengths: Any = None) -> tuple[Tensor, tuple]:
        (width,) = self.conv.kernel_size
        x = nn.functional.pad(_blanked(x, lengths).permute(1, 2, 0), pads(width)[self.padding])  # (B, D, T)
        return self.through(self.conv(x)).permute(2, 0, 1), ()


class MaxPool1D(Module):
    """`torch.nn.MaxPool1d` over time."""

    def __init__(self, pool: nn.MaxPool1d) -> None:
        super().__init__()
        self.pool = pool

    def out_steps(self, lengths: Any) -> Any:
        """The lengths of what comes out."""
        return (lengths - self.pool.kernel_size) // self.pool.stride + 1

    def forward(self, x: Tensor, state: Any = None, lengths: Any = None) -> tuple[Tensor, tuple]:
        return self.pool(x.permute(1, 2, 0)).permute(2, 0, 1), ()


class Embedding(Module):
    """`torch.nn.Embedding`: x (T, B) whole numbers."""

    def __init__(self, embedding: nn.Embedding) -> None:
        super().__init__()
        self.embedding = embedding

    def forward(self, x: Tensor, state: Any = None, lengths: Any = None) -> tuple[Tensor, tuple]:
        return self.embedding(x), ()


class Dropout(Module):
    """`torch.nn.Dropout`, on until `module.eval()`; a mask lasts a step or, of (T, B, D), a sequence."""

    def __init__(self, dropout: nn.Dropout, per: str = "step") -> None:
        super().__init__()
        self.dropout, self.per = dropout, per

    def forward(self, x: Tensor, state: Any = None, lengths: Any = None) -> tuple[Tensor, tuple]:
        if self.per == "sequence" and x.ndim == 3 and self.training:
            return x * self.dropout(torch.ones_like(x[:1])), ()
        return self.dropout(x), ()


class Bidirectional(Module):
    """Two modules, one of them from the end of each sequence to its beginning."""

    def __init__(self, layer: Module, backward_layer: Module, merge: str, steps: str) -> None:
        super().__init__()
        self.layer, self.backward_layer, self.merge, self.steps = layer, backward_layer, merge, steps

    def forward(self, x: Tensor, state: Any = None, lengths: Any = None) -> tuple[Tensor, tuple]:
        ahead, back = state or (None, None)
        one, ahead = self.layer(x, ahead, lengths)
        other, back = self.backward_layer(_reversed(x, lengths), back, lengths)
        if self.steps == "last":
            one, other = _last(one, lengths), _last(other, lengths)
        else:
            other = _reversed(other, lengths)
        y = torch.cat([one, other], dim=-1) if self.merge == "concat" else one + other
        return y, (ahead, back)


class Residual(Module):
    """A module whose input is added to its output."""

    def __init__(self, layer: Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor, state: Any = None, lengths: Any = None) -> tuple[Tensor, tuple]:
        (own,) = state or (None,)
        y, own = self.layer(x, own, lengths)
        return x + y, (own,)


class Sequential(Module):
    """Modules in a row, each fed with the output of the one before."""

    def __init__(self, layers: list[Module]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def out_steps(self, lengths: Any) -> Any:
        """The lengths of what comes out."""
        for layer in self.layers:
            lengths = layer.out_steps(lengths)
        return lengths

    def forward(self, x: Tensor, state: Any = None, lengths: Any = None) -> tuple[Tensor, tuple]:
        states = []
        for k, layer in enumerate(self.layers):
            x, own = layer(x, state[k] if state else None, lengths)
            lengths = None if lengths is None else layer.out_steps(lengths)
            states.append(own)
        return x, tuple(states)


def _beyond(x: Tensor, lengths: Tensor) -> Tensor:
    """(T, B) bool: what lies beyond each sequence's length."""
    return torch.arange(len(x), device=x.device)[:, None] >= lengths.to(x.device)


def _blanked(x: Tensor, lengths: Any) -> Tensor:
    return x if lengths is None else x.masked_fill(_beyond(x, lengths)[..., None], 0)


def _last(x: Tensor, lengths: Any) -> Tensor:
    return x[-1] if lengths is None else x[lengths.to(x.device) - 1, torch.arange(x.shape[1], device=x.device)]


def _reversed(x: Tensor, lengths: Any) -> Tensor:
    """Each sequence reversed within its own length."""
    if lengths is None:
        return x.flip(0)
    t, ends = torch.arange(len(x), device=x.device)[:, None], lengths.to(x.device)
    return x[torch.where(t < ends, ends - 1 - t, t), torch.arange(x.shape[1], device=x.device)]
