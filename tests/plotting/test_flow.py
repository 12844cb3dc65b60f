"""The heat map of gradients: it draws the numbers it is given, and says where there is none."""

import numpy as np
import pytest

import lstm_edu as le


def flow(layer, T=12, B=3, seed=0):
    rng = np.random.default_rng(seed)
    x, dy = rng.standard_normal((T, B, layer.inputs)), np.zeros((T, B, layer.units))
    dy[-1] = rng.standard_normal(dy[-1].shape)
    return le.gradient_flow(layer, x, dy)


def maps(figure):
    return {axis.get_ylabel(): axis.images[0].get_array() for axis in figure.axes if axis.images}


def legend(figure):
    return [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


def test_the_heat_maps_and_the_lines_are_the_gradients_of_the_chosen_sequence():
    found = flow(le.LSTM(2, 5, rng=0))
    figure = le.plotting.gradient_flow(found, sequence=2, title="A title")
    drawn = maps(figure)
    np.testing.assert_array_equal(drawn["dL/dh\nunit"], np.abs(found.dh[:, 2].T))
    np.testing.assert_array_equal(drawn["dL/dc\nunit"], np.abs(found.dc[:, 2].T))
    lines = {line.get_label(): line for line in figure.axes[0].lines}
    np.testing.assert_allclose(lines["dL/dh"].get_ydata(), found.norms("h")[:, 2])
    np.testing.assert_allclose(lines["dL/dc"].get_ydata(), found.norms("c")[:, 2])
    assert lines["dL/dh"].get_linestyle() != lines["dL/dc"].get_linestyle()  # not by colour alone
    assert figure.axes[0].get_yscale() == "log"
    assert legend(figure) == ["dL/dh", "dL/dc"]
    assert figure.get_suptitle() == "A title"
    assert figure.get_size_inches()[0] == 7.5


def test_both_heat_maps_have_one_logarithmic_scale():
    figure = le.plotting.gradient_flow(flow(le.PeepholeLSTM(2, 5, rng=0)))
    norms = [axis.images[0].norm for axis in figure.axes if axis.images]
    assert (norms[0].vmin, norms[0].vmax) == (norms[1].vmin, norms[1].vmax)
    assert norms[0](np.sqrt(norms[0].vmin * norms[0].vmax)) == pytest.approx(0.5)


def test_zeros_and_overflows_have_colours_and_words_of_their_own(tmp_path):
    dh = np.ones((6, 1, 4), np.float32)
    assert legend(le.plotting.gradient_flow(le.GradientFlow(dh))) == ["dL/dh"]
    dh[:2], dh[3, 0, 1] = 0, 0
    figure = le.plotting.gradient_flow(le.GradientFlow(dh))
    drawn = maps(figure)["dL/dh\nunit"]
    assert np.array_equal(np.ma.getmaskarray(drawn), dh[:, 0].T == 0)
    assert legend(figure) == ["dL/dh", "exactly zero"]
    assert len(figure.axes[0].patches) == 2  # steps 0 and 1, whose norm a logarithmic axis cannot show
    dh[4, 0, 0], dh[4, 0, 1] = np.inf, np.nan
    figure = le.plotting.gradient_flow(le.GradientFlow(dh))
    assert legend(figure) == ["dL/dh", "exactly zero", "infinite or no number"]
    le.plotting.save(figure, tmp_path / "a.png")


@pytest.mark.parametrize("value", [0, np.nan, 1e-310])
def test_a_flow_of_nothing_but_one_value_can_be_drawn(value, tmp_path):
    figure = le.plotting.gradient_flow(le.GradientFlow(np.full((2, 1, 1), value)))
    assert le.plotting.save(figure, tmp_path / "a.png").exists()


def test_the_layers_of_a_network_stand_one_above_the_other():
    net = le.Sequential([le.LSTM(2, 5, rng=0), le.Sequential([le.GRU(5, 3, rng=1)]), le.Dense(3, 1, rng=2)])
    found = le.gradient_flow(net, np.ones((7, 2, 2)), np.ones((7, 2, 1)))
    figure = le.plotting.gradient_flow(found, 1)
    assert list(maps(figure)) == ["dL/dh, layer 1.0\nunit", "dL/dh, layer 0\nunit", "dL/dc, layer 0\nunit"]
    lines = figure.axes[0].lines
    assert len({(line.get_linestyle(), line.get_marker()) for line in lines}) == 3


def test_what_does_not_fit_is_refused_by_name():
    found = flow(le.GRU(2, 5, rng=0))
    with pytest.raises(ValueError, match=r"sequence must be a whole number in 0 \.\. 2, got 3"):
        le.plotting.gradient_flow(found, sequence=3)
    for wrong, got in (("x", "str"), ({}, "dict"), ({0: found.dh}, "ndarray")):
        with pytest.raises(ValueError, match=f"flow must be what gradient_flow returned, got {got}"):
            le.plotting.gradient_flow(wrong)
    with pytest.raises(ValueError, match=r"flow must be of one layer .*, got \[7, 13\]"):
        le.plotting.gradient_flow({0: found, 2: flow(le.RNN(2, 3, rng=0), T=6)})
