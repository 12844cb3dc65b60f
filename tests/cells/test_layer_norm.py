"""The LSTM with layer normalisation: its forms against each other, the LSTM, and PyTorch's layer_norm."""

import numpy as np
import pytest
from cases import random_state
from reference import normalised

from lstm_edu.cells import LSTM, LayerNormLSTM

pytestmark = pytest.mark.kernels
T, B, D, H = 6, 3, 4, 7
TINY = 1e-15  # an epsilon below the rounding of any variance here
both_forms = pytest.mark.parametrize("form", ["output", "state"])


def made(form="output", seed=1, **arguments):
    """Every gain and shift random."""
    layer = LayerNormLSTM(D, H, form=form, dtype=np.float64, rng=seed, **arguments)
    rng = np.random.default_rng(seed)
    for name in ("b", "gain", "bc"):
        layer.params[name] += 0.5 * rng.standard_normal(layer.params[name].shape)
    return layer


def given(seed=0, steps=T):
    rng = np.random.default_rng(seed)
    layer = made()
    return rng.standard_normal((steps, B, D)), random_state(layer, B, rng), rng.standard_normal((steps, B, H))


def gate_blocks(array):
    """One view (rows, H) for each of the four gates."""
    return np.split(array, 4, axis=-1)


def test_both_forms_show_the_same_at_the_first_step_and_carry_something_else():
    x, state, _ = given(steps=1)
    output, carried = made("output"), made("state")
    (h, tape), (h_carried, tape_carried) = output.forward(x, state), carried.forward(x, state)
    np.testing.assert_allclose(h, h_carried, rtol=0, atol=1e-14)
    as_shown = normalised(tape.c[1], output.params["gain"][4], output.params["bc"], 1e-5)
    np.testing.assert_allclose(tape_carried.c[1], as_shown, rtol=0, atol=1e-13)
    assert np.abs(tape_carried.c[1] - tape.c[1]).max() > 0.1


def test_the_form_that_carries_the_state_is_the_other_one_with_c_normalised_between_its_steps():
    x, state, _ = given()
    output, carried = made("output"), made("state")
    expected, (h, c) = carried(x, state), state
    for t in range(T):
        _, tape = output.forward(x[t : t + 1], (h, c))
        h, c = tape.state
        np.testing.assert_allclose(h, expected[t], rtol=0, atol=1e-12)
        c = normalised(c, output.params["gain"][4], output.params["bc"], 1e-5)


def test_gains_and_shifts_that_undo_the_norm_leave_the_step_of_an_lstm():
    rng = np.random.default_rng(0)
    plain, layer = LSTM(D, H, dtype=np.float64, rng=1), LayerNormLSTM(D, H, dtype=np.float64, rng=1, epsilon=TINY)
    x, state = rng.standard_normal((1, 1, D)), random_state(plain, 1, rng)
    plain.params["b"][...] = 0
    y, tape = plain.forward(x, state)
    W, U = plain.params["W"], plain.params["U"]
    layer.params["W"], layer.params["U"] = W, U
    a = np.array([x[0, 0] @ w + state[0][0] @ u for w, u in zip(gate_blocks(W), gate_blocks(U), strict=True)])
    undone = np.concatenate([a, tape.c[1]])  # rows i, f, g, o, c
    layer.params["gain"] = undone.std(axis=1, keepdims=True) * np.ones(H)
    layer.params["b"], layer.params["bc"][...] = np.repeat(a.mean(axis=1), H), tape.c[1].mean()
    np.testing.assert_allclose(layer(x, state), y, rtol=0, atol=1e-12)


@both_forms
def test_the_weights_of_a_gate_have_no_scale_and_no_mean(form):
    """So the gradient has no part along either: over the units it sums to 0, and along W and U themselves too."""
    x, state, dy = given()
    layer = made(form, epsilon=TINY)
    y, tape = layer.forward(x, state)
    _, grads, _ = layer.backward(dy, tape)
    W, U = layer.params["W"], layer.params["U"]
    for w, u, dw, du in zip(*map(gate_blocks, (W, U, grads["W"], grads["U"])), strict=True):
        np.testing.assert_allclose(dw.sum(axis=1), 0, atol=1e-11)
        np.testing.assert_allclose(du.sum(axis=1), 0, atol=1e-11)
        assert abs(np.sum(w * dw) + np.sum(u * du)) < 1e-10
        assert np.abs(dw).max() > 1e-2
    for scale, (w, u) in enumerate(zip(gate_blocks(W), gate_blocks(U), strict=True), 2):
        w[...] = scale * w + 3
        u[...] = scale * u - 2
    np.testing.assert_allclose(layer(x, state), y, rtol=0, atol=1e-11)


@both_forms
def test_outputs_and_gradients_equal_those_of_pytorchs_layer_norm_step_by_step(form):
    torch = pytest.importorskip("torch")
    x, state, dy = given()
    layer = made(form, epsilon=1e-3)
    y, tape = layer.forward(x, state)
    dx, grads, dinitial = layer.backward(dy, tape)

    P = {name: torch.tensor(array, requires_grad=True) for name, array in layer.params.items()}
    X, h, c = (torch.tensor(array, requires_grad=True) for array in (x, *state))
    initial, ys = (h, c), []

    def norm(z, gain, shift):
        return torch.nn.functional.layer_norm(z, (H,), gain, shift, 1e-3)

    for X_t in X:
        summed = (X_t @ P["W"] + h @ P["U"]).split(H, dim=1)
        i, f, g, o = (norm(z, P["gain"][k], P["b"].split(H)[k]) for k, z in enumerate(summed))
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        s = norm(c, P["gain"][4], P["bc"])
        h, c = o.sigmoid() * s.tanh(), s if form == "state" else c
        ys.append(h)
    (torch.stack(ys) * torch.tensor(dy)).sum().backward()
    np.testing.assert_allclose(y, torch.stack(ys).detach().numpy(), rtol=0, atol=1e-12)
    np.testing.assert_allclose(tape.state[1], c.detach().numpy(), rtol=0, atol=1e-12)
    for got, peer in [(dx, X), *zip(dinitial, initial, strict=True), *((grads[name], P[name]) for name in P)]:
        np.testing.assert_allclose(got, peer.grad.numpy(), rtol=1e-10, atol=1e-11)


def test_a_gate_starts_with_its_shift_after_the_norm():
    layer = LayerNormLSTM(D, H, forget_bias=2, input_bias=-3)
    assert [float(b[0]) for b in gate_blocks(layer.params["b"])] == [-3, 2, 0, 0]
    assert (layer.params["gain"] == 1).all()
    assert not layer.params["bc"].any()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"form": "both"}, "unknown form 'both'"),
        ({"epsilon": 0}, "epsilon must be"),
        ({"epsilon": 1e-60}, "epsilon must be a number above 0 in float32, got 1e-60"),
        ({"epsilon": 1e39}, "epsilon must be a number above 0 in float32, got"),
        ({"epsilon": "small"}, "epsilon must be"),
        ({"forget_bias": [1, 2]}, "forget_bias must be one number or one per unit"),
    ],
)
def test_what_no_argument_can_be_is_refused_in_words(arguments, words):
    with pytest.raises(ValueError, match=words):
        LayerNormLSTM(D, H, **arguments)
