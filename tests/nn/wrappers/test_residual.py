"""A way past a layer."""

import numpy as np
import pytest
from cases import CELLS, case_id
from reference import complex_step

import lstm_edu as le

T, B, H = 5, 3, 4


@pytest.mark.parametrize("cell", CELLS[:7], ids=case_id)
def test_output_and_gradients_are_those_of_x_plus_the_cell(cell):
    rng = np.random.default_rng(2)
    inner = cell.make(H, H)
    state = (tuple(rng.normal(size=(B, H)) for _ in inner.state_names),)
    layer, x, dy = le.Residual(inner), rng.normal(size=(T, B, H)), rng.normal(size=(T, B, H))

    def twin(arrays):
        params = {name.removeprefix("layer."): arrays[name] for name in layer.params}
        states = [arrays[f"state {k}"] for k in range(len(state[0]))]
        return arrays["x"] + cell.run_twin(arrays["x"], params, states)["h"]

    arrays = dict(layer.params) | {"x": x} | {f"state {k}": s for k, s in enumerate(state[0])}
    y, tape = layer.forward(x, state)
    np.testing.assert_allclose(y, twin(arrays), atol=1e-12)
    dx, grads, (dstate,) = layer.backward(dy, tape)
    right = complex_step(lambda moved: np.sum(twin(moved) * dy), arrays)
    got = dict(grads) | {"x": dx} | {f"state {k}": s for k, s in enumerate(dstate)}
    for name, value in right.items():
        np.testing.assert_allclose(got[name], value, atol=1e-10, err_msg=name)


def test_it_is_saved_and_loaded_and_goes_on_from_a_state(tmp_path):
    net = le.Sequential([le.Residual(le.GRU(H, H, rng=0)), le.Dense(H, 2, rng=1)])
    le.save(net, tmp_path / "net")
    x = np.random.default_rng(0).normal(size=(T, B, H)).astype(np.float32)
    y, tape = net.forward(x[:2])
    rest = le.load(tmp_path / "net").forward(x[2:], tape.state)[0]
    np.testing.assert_allclose(np.concatenate([y, rest]), net(x), atol=1e-6)


def test_a_layer_that_gives_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"layer must give what it takes, \(T, B, 2\), got GRU: \(T, B, 3\)"):
        le.Residual(le.GRU(2, 3))
    with pytest.raises(ValueError, match="layer must give what it takes"):
        le.Residual(le.MaxPool1D(2))
