"""Two directions: against the literal twin and the complex step, against PyTorch, and where sequences end early."""

import copy

import numpy as np
import pytest
from cases import CELLS
from reference import complex_step

import lstm_edu as le

T, B, D, H = 5, 3, 2, 4
LENGTHS = np.array([5, 1, 3])


def made(cell, merge="concat", steps="all", dtype=np.float64):
    return le.Bidirectional(cell.make(D, H, dtype, seed=1), cell.make(D, H, dtype, seed=5), merge=merge, steps=steps)


def twin(cell, params, x, states, lengths, merge, steps):
    """One sequence after the other, each cut to its length and turned round by hand."""
    width, rows = None, []
    for b, length in enumerate(lengths):
        own = x[:length, b : b + 1]
        initial = [[s[b : b + 1] for s in state] for state in states]
        parts = [
            {n.removeprefix(k): v for n, v in params.items() if n.startswith(k)} for k in ("layer.", "backward_layer.")
        ]
        ahead = cell.run_twin(own, parts[0], initial[0])["h"][:, 0]
        back = cell.run_twin(own[::-1], parts[1], initial[1])["h"][::-1, 0]
        if steps == "last":
            ahead, back = ahead[-1:], back[:1]
        y = np.concatenate([ahead, back], axis=1) if merge == "concat" else ahead + back
        width = y.shape[1]
        rows.append(y)
    if steps == "last":
        return np.concatenate(rows)
    padded = np.zeros((len(x), len(lengths), width), np.result_type(*rows))
    for b, y in enumerate(rows):
        padded[: len(y), b] = y
    return padded


# Every form around cells of one state and of several, of one width and of two, computed by steps and by a scan; the
# others in one form: what is done around a cell knows of its states and its outputs alone.
IN_EVERY_FORM = ("rnn", "lstm", "gru-after", "projected-all", "slstm", "minlstm")
FORMS = [
    pytest.param(cell, merge, steps, id=f"{cell.name}-{merge}-{steps}")
    for cell in CELLS
    for merge, steps in (("concat", "all"), ("concat", "last"), ("sum", "all"), ("sum", "last"))
    if (merge, steps) == ("concat", "all") or cell.name in IN_EVERY_FORM
]


@pytest.mark.parametrize(("cell", "merge", "steps"), FORMS)
def test_outputs_and_gradients_are_those_of_each_sequence_alone_read_both_ways(cell, merge, steps):
    rng = np.random.default_rng(2)
    layer, x = made(cell, merge, steps), rng.normal(size=(T, B, D))
    widths = list(layer.layer.state_widths(**layer.layer.config()).values())
    states = tuple(tuple(rng.normal(size=(B, width)) for width in widths) for _ in range(2))
    y, tape = layer.forward(x, states, lengths=LENGTHS)
    expected = twin(cell, layer.params, x, states, LENGTHS, merge, steps)
    real = (np.arange(T)[:, None] < LENGTHS)[..., None] if steps == "all" else True
    np.testing.assert_allclose(np.where(real, y, 0), expected, atol=1e-12)

    dy = np.where(real, rng.normal(size=y.shape), 0)
    dx, grads, dstates = layer.backward(dy, tape)

    def loss(arrays):
        params = {name: arrays[name] for name in layer.params}
        given = [[arrays[f"state {k} {n}"] for n in range(len(widths))] for k in range(2)]
        return np.sum(twin(cell, params, arrays["x"], given, LENGTHS, merge, steps) * dy)

    arrays = dict(layer.params) | {"x": x}
    arrays |= {f"state {k} {n}": s for k, state in enumerate(states) for n, s in enumerate(state)}
    right = complex_step(loss, arrays)
    got = dict(grads) | {"x": dx} | {f"state {k} {n}": s for k, d in enumerate(dstates) for n, s in enumerate(d)}
    for name, value in right.items():
        np.testing.assert_allclose(got[name], value, atol=1e-10, err_msg=name)


def test_the_final_state_of_each_direction_is_that_at_its_own_end():
    cell = CELLS[3]
    layer, x = made(cell), np.random.default_rng(0).normal(size=(T, B, D))
    (h, c), (h_back, _) = layer.forward(x, lengths=LENGTHS)[1].state
    for b, length in enumerate(LENGTHS):
        own = layer.layer.forward(x[:length, b : b + 1])[1].state
        np.testing.assert_allclose([h[b], c[b]], [own[0][0], own[1][0]])
        turned = layer.backward_layer.forward(x[:length, b : b + 1][::-1])[1].state
        np.testing.assert_allclose(h_back[b], turned[0][0])


def test_what_stands_in_the_padding_reaches_nothing():
    layer, x = made(CELLS[5]), np.random.default_rng(0).normal(size=(T, B, D))
    y, tape = layer.forward(x, lengths=LENGTHS)
    beyond = np.arange(T)[:, None] >= LENGTHS
    x[beyond] = np.nan
    again, other = layer.forward(x, lengths=LENGTHS)
    real = ~beyond
    np.testing.assert_array_equal(y[real], again[real])
    dy = np.random.default_rng(1).normal(size=y.shape) * real[..., None]
    one, two = layer.backward(dy, tape), layer.backward(dy, other)
    np.testing.assert_array_equal(one[1].flat, two[1].flat)
    np.testing.assert_array_equal(one[0], two[0])


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_it_agrees_with_pytorch_on_packed_sequences(kind):
    torch = pytest.importorskip("torch")
    from lstm_edu.interop.torch import to_arrays

    options = {"reset_after": True} if kind == "GRU" else {}
    layer = le.Bidirectional(getattr(le, kind)(D, H, rng=0, **options), rng=1)
    peer = getattr(torch.nn, kind)(D, H, bidirectional=True)
    arrays = to_arrays(layer.layer) | {f"{n}_reverse": a for n, a in to_arrays(layer.backward_layer).items()}
    peer.load_state_dict({name: torch.tensor(array) for name, array in arrays.items()})
    x = np.random.default_rng(3).normal(size=(T, B, D)).astype(np.float32)
    packed = torch.nn.utils.rnn.pack_padded_sequence(torch.tensor(x), LENGTHS, enforce_sorted=False)
    expected = torch.nn.utils.rnn.pad_packed_sequence(peer(packed)[0], total_length=T)[0].detach().numpy()
    real = (np.arange(T)[:, None] < LENGTHS)[..., None]
    np.testing.assert_allclose(layer(x, lengths=LENGTHS) * real, expected, atol=2e-6)


def test_gates_stand_in_the_order_of_time():
    layer, x = made(CELLS[3]), np.random.default_rng(0).normal(size=(T, B, D))
    y, tape = layer.forward(x, lengths=LENGTHS)
    gates = layer.gates(tape)
    assert set(gates) == {f"{k}.{n}" for k in ("layer", "backward_layer") for n in "ifgohc"}
    real = np.arange(T)[:, None] < LENGTHS
    np.testing.assert_array_equal(gates["backward_layer.h"][real], y[..., H:][real])


def test_it_is_made_saved_copied_counted_and_trained_as_any_layer(tmp_path):
    inner = le.Sequential([le.GRU(1, 4, rng=0), le.LSTM(4, 3, rng=1)])
    net = le.Sequential([le.Bidirectional(inner, steps="last", rng=2), le.Dense(6, 2, rng=3)])
    assert net.count_parameters() == 2 * (inner.count_parameters()) + 14
    assert not np.allclose(net.layers[0].layer.params.flat, net.layers[0].backward_layer.params.flat)
    x = np.random.default_rng(0).normal(size=(6, 4, 1)).astype(np.float32)
    lengths = [6, 1, 4, 3]
    le.save(net, tmp_path / "net")
    for other in (le.load(tmp_path / "net"), copy.deepcopy(net)):
        np.testing.assert_array_equal(other(x, lengths=lengths), net(x, lengths=lengths))
    assert "(B, 6)" in net.summary()
    target = (x[-1, :, 0] > 0).astype(int)
    task = le.tasks.Arrays(np.tile(x, (1, 9, 1)), np.tile(target, 9))
    history = le.fit(net, task, steps=60, seed=0)
    assert history["train_loss"].iloc[-1] < 0.5 * history["train_loss"].iloc[0]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: le.Bidirectional("lstm"), "layer must be a layer, got str"),
        (lambda: le.Bidirectional(le.GRU(2, 3), le.GRU(2, 4)), "backward_layer must take and give"),
        (lambda: le.Bidirectional(le.GRU(2, 3), le.GRU(1, 3)), "backward_layer must take and give"),
        (lambda: le.Bidirectional(le.Dense(2, 3, steps="last")), "layer must take and give"),
        (lambda: le.Bidirectional(le.GRU(2, 3), merge="add"), "unknown merge 'add'"),
        (lambda: le.Bidirectional(le.GRU(2, 3))(np.ones((4, 2, 5))), "x must"),
        (lambda: le.Bidirectional(le.GRU(2, 3))(np.ones((4, 2, 2)), lengths=[5, 1]), "lengths"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(make, words):
    with pytest.raises(ValueError, match=words):
        make()
