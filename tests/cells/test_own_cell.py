"""A cell of one's own goes wherever the package's own cells go, even one whose h is narrower than its c.

What the tests of the cells say of every cell (its twin, gradients, threads, padding, bad input) they say of this one
too, see cases.py. Here is what is done with a cell elsewhere.
"""

import inspect

import numpy as np
import own_cell
import pytest
from cases import random_state

import lstm_edu as le
from lstm_edu.cells import CLASSIC
from lstm_edu.experiments import Run, execute
from lstm_edu.nn.warmup import warm

SMALL = {"units": 5, "steps": 12, "batch": 4, "progress_bar": False}


def same(one, other):
    for column in set(one.columns) - {"seconds"}:
        assert one[column].equals(other[column]), column
    assert one.curves.drop(columns="seconds").equals(other.curves.drop(columns="seconds"))


def test_compare_gives_the_same_in_worker_processes_and_here():
    task = le.tasks.Adding(length=6)
    tables = [le.compare(task, cells=["lstm", "mine"], seeds=2, layers=2, jobs=jobs, **SMALL) for jobs in (1, 2)]
    same(*tables)
    assert tables[0]["cell"].tolist() == ["lstm"] * 2 + ["mine"] * 2
    labels = [line.get_label() for line in le.plotting.learning_curves(tables[0]).axes[0].lines]
    assert any(label.startswith("LSTM with a projection, ") for label in labels)


def test_a_budget_of_parameters_is_kept_to_by_every_cell():
    settings = {name: value for name, value in SMALL.items() if name != "units"}
    table = le.compare("adding", cells=["mine", "gru"], parameters=600, seeds=1, jobs=1, **settings)
    assert abs(table["parameters"] - 600).max() < 60
    for _, row in table.iterrows():
        assert le.make_network(le.tasks.Adding(), row["cell"], row["units"]).count_parameters() == row["parameters"]


def test_a_cell_that_was_registered_does_not_change_what_is_compared_by_default():
    assert CLASSIC == ("rnn", "lstm97", "lstm", "peephole", "gru")
    assert inspect.signature(le.compare).parameters["cells"].default == CLASSIC
    assert set(le.plotting.style.CELL_TITLES) == set(CLASSIC)
    assert set(le.CELLS) > set(CLASSIC)


def test_a_network_of_several_layers_has_a_dense_layer_as_wide_as_the_output():
    net = le.make_network(le.tasks.Text(length=9), "mine", units=7, layers=2, memory=20, rng=0)
    assert [(layer.inputs, layer.outputs) for layer in net.layers[1:]][:2] == [(7, 4), (4, 4)]
    assert net.layers[-1].inputs == 4
    b = dict(zip(net.layers[1].gate_names, np.split(net.layers[1].params["b"], 4), strict=True))
    assert len(set(b["f"])) == 7
    np.testing.assert_array_equal(b["i"], -b["f"])
    assert "(T, B, 4)   W (7, 28), U (4, 28), b (28,), R (7, 4)   " in net.summary()
    shown = [text.get_text() for text in le.plotting.stack(net).axes[0].texts]
    assert any("7 → 4" in text for text in shown)


def test_a_network_is_loaded_as_it_was_saved(tmp_path):
    net = le.make_network(le.tasks.Adding(), "mine", units=7, layers=2, rng=3)
    le.save(net, tmp_path / "net")
    again = le.load(tmp_path / "net")
    assert isinstance(again.layers[0], own_cell.Mine)
    assert again.layers[0].config() == net.layers[0].config()
    np.testing.assert_array_equal(again.params.flat, net.params.flat)


def test_a_run_is_made_again_from_its_json():
    run = Run(le.tasks.Adding(length=6), own_cell.Mine, units=3, layers=2, steps=3, batch=2, memory=6)
    assert Run.from_json(run.to_json()) == run
    assert execute(run).row["cell"] == "mine"


@pytest.mark.parametrize("carry_state", [False, True])
def test_a_training_that_stopped_goes_on_as_if_it_never_had(tmp_path, carry_state):
    def training():
        task = le.tasks.Text(file=__file__, length=9)
        net = le.make_network(task, "mine", units=5, layers=2, rng=1)
        return le.Training(net, task, steps=20, batch=3, every=5, validation=4, carry_state=carry_state)

    straight, begun = training(), training()
    straight.run(progress_bar=False)
    for _ in range(7):
        begun.step()
    le.save_checkpoint(begun, tmp_path / "begun")
    joined = le.load_checkpoint(training(), tmp_path / "begun")
    joined.run(progress_bar=False)
    ours, theirs = straight.state()["arrays"], joined.state()["arrays"]
    assert ours.keys() == theirs.keys()
    assert any(name.startswith("state.") for name in ours) == carry_state
    for name, array in ours.items():
        np.testing.assert_array_equal(theirs[name], array)


def test_with_lengths_every_sequence_is_as_it_is_alone():
    rng = np.random.default_rng(0)
    layer, lengths = own_cell.Mine(4, 6, dtype=np.float64, rng=1), [7, 2, 5]
    x, dy = rng.standard_normal((7, 3, 4)), rng.standard_normal((7, 3, layer.outputs))
    state, dstate = random_state(layer, 3, rng), random_state(layer, 3, rng)
    _, tape = layer.forward(x, state, lengths=lengths)
    dy[np.arange(7)[:, None] >= lengths] = 0
    dx, grads, dinitial = layer.backward(dy, tape, dstate)
    summed = 0
    for b, n in enumerate(lengths):
        one = slice(b, b + 1)
        _, alone = layer.forward(x[:n, one], tuple(s[one] for s in state))
        own_dx, own_grads, own_dinitial = layer.backward(dy[:n, one], alone, tuple(d[one] for d in dstate))
        summed = summed + own_grads.flat
        np.testing.assert_allclose(dx[:n, one], own_dx, rtol=0, atol=1e-12)
        for k in range(2):
            np.testing.assert_allclose(tape.state[k][one], alone.state[k], rtol=0, atol=1e-13)
            np.testing.assert_allclose(dinitial[k][one], own_dinitial[k], rtol=0, atol=1e-12)
    np.testing.assert_allclose(grads.flat, summed, rtol=0, atol=1e-12)


def test_a_network_gives_the_flow_of_each_layer_in_the_widths_of_its_states():
    net = le.make_network(le.tasks.Adding(), "mine", units=6, layers=2, rng=0)
    flows = le.gradient_flow(net, np.ones((5, 3, 2)), np.ones((3, 1)))
    for k in (0, 1):
        assert (flows[k].dh.shape, flows[k].dc.shape) == ((6, 3, 4), (6, 3, 6))
        assert flows[k].norms("c").all()


def test_a_text_is_written_by_the_cell_alone_if_its_output_is_as_wide_as_the_alphabet():
    task = le.tasks.Text(file=__file__, length=9)
    units = 2 * (task.outputs - 1)
    net = le.Sequential([le.Embedding(task.inputs, 3, rng=0), own_cell.Mine(3, units, rng=0)])
    assert net.outputs == net.units == task.outputs
    assert len(le.sample_text(net, task, "a cell", 8)) == 8


def test_its_kernels_are_compiled_with_the_others_before_they_are_needed():
    assert warm(show=False) > 0
