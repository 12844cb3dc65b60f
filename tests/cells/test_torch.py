"""RNN, LSTM and GRU(reset_after=True) against PyTorch, where it is installed: outputs and every gradient."""

import numpy as np
import pytest
from cases import CELLS, case_id, random_state

from lstm_edu.interop import torch as layout

torch = pytest.importorskip("torch")

KNOWN = [cell for cell in CELLS if cell.name in ("rnn", "lstm", "gru-after")]  # the others: tests/interop


def as_torch(layer):
    """The same layer in PyTorch."""
    peer = getattr(torch.nn, layout.class_name(layer))(layer.inputs, layer.units, dtype=torch.float64)
    peer.load_state_dict({name: torch.from_numpy(array) for name, array in layout.to_arrays(layer).items()})
    return peer


@pytest.mark.parametrize("size", [(7, 5, 3, 6), (1, 2, 4, 3), (9, 1, 2, 19)], ids=case_id)
@pytest.mark.parametrize("cell", KNOWN, ids=case_id)
def test_outputs_and_gradients_equal_those_of_pytorch(cell, size):
    T, B, D, H = size
    rng = np.random.default_rng(5)
    layer = cell.make(D, H)
    x, state = rng.standard_normal((T, B, D)), random_state(layer, B, rng)
    dy, dstate = rng.standard_normal((T, B, H)), random_state(layer, B, rng)
    y, tape = layer.forward(x, state)
    dx, grads, dinitial = layer.backward(dy, tape, dstate)

    peer = as_torch(layer)
    X = torch.from_numpy(x).requires_grad_()
    S = [torch.from_numpy(s[None].copy()).requires_grad_() for s in state]
    Y, final = peer(X, tuple(S) if len(S) == 2 else S[0])
    final = final if isinstance(final, tuple) else (final,)
    loss = (Y * torch.from_numpy(dy)).sum()
    loss = loss + sum((f[0] * torch.from_numpy(d)).sum() for f, d in zip(final, dstate, strict=True))
    loss.backward()

    def equal(ours, theirs):
        np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-11, atol=1e-12)

    equal(y, Y)
    equal(dx, X.grad)
    for ours, theirs in zip(tape.state, final, strict=True):
        equal(ours, theirs[0])
    for ours, theirs in zip(dinitial, S, strict=True):
        equal(ours, theirs.grad[0])
    layer.params.flat[:] = grads.flat
    for name, ours in layout.to_arrays(layer).items():
        theirs = getattr(peer, name).grad
        if name != "bias_hh_l0":
            equal(ours, theirs)
        elif "bn" in grads:  # all else of the second bias is not here: its gradient is that of the first
            equal(ours[-H:], theirs[-H:])
