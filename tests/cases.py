"""What the tests of the cells run over: every cell in every form, and the sizes that tend to break kernels."""

from dataclasses import dataclass, replace

import numpy as np
import own_cell
import reference

from lstm_edu.cells import (
    GRU,
    LSTM,
    LSTM97,
    RNN,
    SLSTM,
    BlockLSTM97,
    CoupledLSTM,
    FullGateLSTM,
    LayerNormLSTM,
    MinGRU,
    MinLSTM,
    NoisyLSTM,
    PeepholeLSTM,
    ProjectedLSTM,
    VariantLSTM,
)


@dataclass(frozen=True)
class Cell:
    name: str
    layer: type
    twin: callable
    arguments: dict

    def make(self, D, H, dtype=np.float64, seed=1):
        """A layer whose every parameter is random: a bias or a peephole of zero would hide an error."""
        layer = self.layer(D, H, dtype=dtype, rng=seed, **self.arguments)
        rng = np.random.default_rng(seed + 1)
        for name, array in layer.params.items():
            layer.params[name] = array + 0.5 * rng.standard_normal(array.shape)
        return layer

    def run_twin(self, x, params, state):
        return self.twin(x, params, state, **self.arguments)


CELLS = [
    Cell("rnn", RNN, reference.rnn, {}),
    Cell("lstm97", LSTM97, reference.lstm97, {}),
    Cell("lstm97-1997", LSTM97, reference.lstm97, {"squashing": "1997"}),
    Cell("lstm", LSTM, reference.lstm, {}),
    Cell("noisy-off", NoisyLSTM, reference.lstm, {}),  # what its noise does: test_noisy
    Cell("peephole", PeepholeLSTM, reference.peephole, {}),
    Cell("gru-before", GRU, reference.gru, {"reset_after": False}),
    Cell("gru-after", GRU, reference.gru, {"reset_after": True}),
    Cell("lstm-clipped", LSTM, reference.lstm, {"cell_clip": 0.6}),
    Cell("peephole-clipped", PeepholeLSTM, reference.peephole, {"cell_clip": 0.6}),
    Cell("coupled-f", CoupledLSTM, reference.coupled, {"gate": "f"}),
    Cell("coupled-i", CoupledLSTM, reference.coupled, {"gate": "i"}),
    Cell("projected", ProjectedLSTM, reference.projected, {"projection": 5}),
    Cell(
        "projected-all",
        ProjectedLSTM,
        reference.projected,
        {"projection": 3, "peepholes": True, "cell_clip": 0.7, "projection_clip": 0.5},
    ),
    Cell("mingru", MinGRU, reference.min_gru, {"candidate": "positive"}),
    Cell("mingru-linear", MinGRU, reference.min_gru, {"candidate": "linear"}),
    Cell("minlstm", MinLSTM, reference.min_lstm, {"candidate": "positive"}),
    Cell("slstm", SLSTM, reference.slstm, {}),
    *(
        Cell(name.lower(), VariantLSTM, reference.variant_lstm, {"variant": name})
        for name in ("NIG", "NFG", "NOG", "NIAF", "NOAF", "CIFG")
    ),
    Cell("full-gate", FullGateLSTM, reference.full_gate, {}),
    Cell("blocks-of-1", BlockLSTM97, reference.block_lstm97, {"block_size": 1}),
    Cell("lnlstm-output", LayerNormLSTM, reference.layer_norm, {"form": "output"}),
    Cell("lnlstm-state", LayerNormLSTM, reference.layer_norm, {"form": "state", "epsilon": 1e-3}),
    Cell("mine", own_cell.Mine, own_cell.twin, {}),  # stands in no file of the package, and has an h narrower than c
]

# T, B, D, H all different; then each of them 1; then sizes beyond the four rows and the sixteen lanes of a kernel's
# tile, with a rest in every direction.
SIZES = [
    (5, 3, 4, 6),
    (1, 3, 4, 6),
    (5, 1, 4, 6),
    (5, 3, 1, 6),
    (5, 3, 4, 1),
    (7, 9, 2, 19),
    (3, 6, 5, 33),
    (2, 17, 3, 8),
]


def states_of(tape):
    """The letters of the states, in the order of a tape."""
    return {"FullGateLSTM": "hcs"}.get(tape.made_by[0], "hcnm"[: len(tape.states)])


def case_id(value):
    return getattr(value, "name", None) or ("x".join(map(str, value)) if isinstance(value, tuple) else str(value))


def arrays_of(tape):
    """The names of the arrays on a tape."""
    return ["x", "a", *states_of(tape), *tape.kept]


def array_of(tape, name):
    """The array under that name."""
    states = dict(zip(states_of(tape), tape.states, strict=True))
    return states[name] if name in states else getattr(tape, name)


def with_array(tape, name, array):
    """The tape with another array under that name."""
    if name in states_of(tape):
        states = [array if letter == name else s for letter, s in zip(states_of(tape), tape.states, strict=True)]
        return replace(tape, states=tuple(states))
    if name in tape.kept:
        return replace(tape, kept=tape.kept | {name: array})
    return replace(tape, **{name: array})


def random_state(layer, B, rng):
    states = {}
    for name, width in layer.state_widths(**layer.config()).items():
        states[name] = rng.standard_normal((B, width)).astype(layer.dtype)
    if "n" in states:  # a sum of weights, by which is divided
        states["n"] = np.abs(states["n"]) + 1
    return tuple(states.values())


def zero_state(layer, B):
    return tuple(np.zeros_like(s) for s in random_state(layer, B, np.random.default_rng(0)))


def one_pass(layer, x, state, dy, dstate):
    """All that a layer gives, forward and backward, by name."""
    y, tape = layer.forward(x, state)
    dx, grads, dinitial = layer.backward(dy, tape, dstate)
    return {"y": y, "dx": dx} | dict(grads) | {f"state {k}": s for k, s in enumerate((*tape.state, *dinitial))}


def given(layer, T=6, B=3, seed=0):
    """x, a state, and gradients of y and of the final state."""
    rng = np.random.default_rng(seed)
    x, dy = rng.standard_normal((T, B, layer.inputs)), rng.standard_normal((T, B, layer.outputs))
    return x, random_state(layer, B, rng), dy, random_state(layer, B, rng)


def assert_same(one, other, names=None, atol=1e-13):
    for name in names or one:
        np.testing.assert_allclose(one[name], other[name], rtol=0, atol=atol, err_msg=name)
