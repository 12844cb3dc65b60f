"""A training that stops and goes on in another process is one that never stopped: the same bits, for every task.

Called as a program, with a folder: lets the trainings that were saved there go on to their ends.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import lstm_edu as le
from lstm_edu.nn import training as training_module
from lstm_edu.nn.batches import Batches
from lstm_edu.nn.generators import bits_state, generators_of, state_of

SMALL = {
    "adding": {"length": 8},
    "continual-reber": {"length": 7, "windows": 3},
    "temporal-order": {"length": 20},
    "spike-delay": {"interval": 3, "spikes": 3, "spikes_test": 3},
    "timed-spikes": {"interval": 3, "spikes": 3, "spikes_test": 3},
    "periodic": {"length": 12, "length_test": 12},
    "copy": {"length": 5, "items": 2},
    "text": {"file": __file__, "length": 9},
}
OPTIMIZERS = (
    lambda: le.Adam(1e-2),
    lambda: le.RMSProp(1e-3, momentum=0.7),
    lambda: le.SGD(1e-2, momentum=0.9, nesterov=True),
)
CARRIED = [name for name, task in le.tasks.TASKS.items() if hasattr(task, "stream")]
CASES = [*le.tasks.TASKS, *(f"{name} carried" for name in CARRIED), "adding noisy", "text carried noisy"]
STOP, STEPS = 37, 100


def plain(inputs):
    return [le.LSTM(inputs, 5, rng=1)]


def noisy(inputs):
    """Every kind of noise that there is, for a step and for a sequence."""
    rates = {"recurrent_dropout": 0.2, "candidate_dropout": 0.3, "zoneout_h": 0.1, "zoneout_c": 0.4}
    return [
        le.Dropout(0.1, per="sequence", rng=5),
        le.NoisyLSTM(inputs, 5, rng=6, **rates),
        le.NoisyLSTM(5, 5, per="sequence", rng=7, **rates),
    ]


def network(task, rate=0.3, cells=None):
    first = [le.Embedding(task.inputs, 3, rng=0)] if task.symbols else []
    inputs = 3 if task.symbols else task.inputs
    last = [le.Dropout(rate, rng=2), le.Dense(5, task.outputs, steps=task.steps, rng=3)]
    return le.Sequential([*first, le.Dropout(rate, rng=4), *(cells or plain)(inputs), *last])


def training_of(case, **arguments):
    name, *how = case.split()
    task = le.tasks.make(name, **SMALL.get(name, {}))
    usual = {
        "steps": STEPS,
        "batch": 20 if case.startswith("text carried") else 3,  # so that this file is read more than once
        "optimizer": OPTIMIZERS[len(case) % 3](),
        "schedule": "cosine",
        "every": 10,
        "validation": 4,
        "patience": 1000,
        "carry_state": "carried" in how,
    }
    return le.Training(network(task, cells=noisy if "noisy" in how else None), task, **usual | arguments)


def adding(**arguments):
    return training_of("adding", **{"steps": 20, "every": 4} | arguments)


def advanced(training, steps):
    while training.done < steps:
        training.step()
    return training


def without_seconds(values):
    return values | {"seconds": None, "rows": [row[:-1] for row in values["rows"]]}


def assert_same(one, other):
    """Everything but the time that passed."""
    assert one["arrays"].keys() == other["arrays"].keys()
    for name, array in one["arrays"].items():
        assert array.dtype == other["arrays"][name].dtype
        assert array.tobytes() == other["arrays"][name].tobytes(), name
    assert without_seconds(one["values"]) == without_seconds(other["values"])


def file_of(folder, case, what):
    return Path(folder) / f"{case} {what}.safetensors"


def finish(folder):
    """What the other process does."""
    for case in CASES:
        training = le.load_checkpoint(training_of(case), file_of(folder, case, "begun"))
        training.run(progress_bar=False)
        le.save_checkpoint(training, file_of(folder, case, "done"))
        save_file(dict(training.net.params), file_of(folder, case, "net"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """With every training saved at step 37, and ended at 100 by a new process."""
    folder = tmp_path_factory.mktemp("trainings")
    for case in CASES:
        le.save_checkpoint(advanced(training_of(case), STOP), file_of(folder, case, "begun"))
    here = os.pathsep.join([str(Path(le.__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])])
    subprocess.run([sys.executable, __file__, str(folder)], check=True, env=os.environ | {"PYTHONPATH": here})
    return folder


@pytest.mark.parametrize("case", CASES)
def test_37_steps_and_63_in_a_new_process_are_100_steps(case, folder):
    straight, joined = training_of(case), training_of(case)
    history = straight.run(progress_bar=False)
    le.load_checkpoint(joined, file_of(folder, case, "done"))
    assert_same(straight.state(), joined.state())
    assert joined.finished
    columns = [name for name in history.columns if name != "seconds"]
    assert history[columns].equals(joined.history[columns])
    assert (history.dtypes == joined.history.dtypes).all()
    best = load_file(file_of(folder, case, "net"))
    assert all(np.array_equal(best[name], straight.net.params[name]) for name in best)


@pytest.mark.parametrize("case", ["adding", "text carried"])
def test_fit_is_a_training_step_by_step(case):
    straight, stepped = training_of(case, patience=None), advanced(training_of(case, patience=None), STEPS)
    settings = straight.settings | {"progress_bar": False, "optimizer": straight.optimizer}
    history = le.fit(straight.net, straight.task, **settings)
    assert np.array_equal(straight.net.params.flat, stepped.net.params.flat)
    assert history.drop(columns="seconds").equals(stepped.history.drop(columns="seconds"))


@pytest.mark.parametrize("case", CASES)
def test_a_state_is_plain(case):
    state = advanced(training_of(case), 11).state()
    assert state.keys() == {"arrays", "values"}
    assert all(type(array) is np.ndarray and array.dtype.isbuiltin for array in state["arrays"].values())
    assert json.loads(json.dumps(state["values"])) == state["values"]


@pytest.mark.parametrize("steps", [0, 3, 4, 20])
def test_any_step_is_a_place_to_stop_at(steps):
    joined = adding()
    joined.restore(advanced(adding(), steps).state())
    assert joined.done == steps
    assert_same(advanced(joined, 20).state(), advanced(adding(), 20).state())


@pytest.mark.parametrize("steps", [1, 2, 3, 4])  # a stream has three batches
def test_any_batch_of_a_stream_is_a_place_to_stop_at(steps):
    joined = training_of("continual-reber carried")
    joined.restore(advanced(training_of("continual-reber carried"), steps).state())
    assert_same(advanced(joined, 8).state(), advanced(training_of("continual-reber carried"), 8).state())


def test_a_state_is_a_copy_and_is_copied():
    first, second = advanced(adding(), 5), adding()
    state = first.state()
    kept = {name: array.copy() for name, array in state["arrays"].items()}
    second.restore(state)
    advanced(first, 20)
    advanced(second, 20)
    assert all(np.array_equal(kept[name], array) for name, array in state["arrays"].items())
    assert state["values"]["done"] == 5


def test_a_training_that_ended_goes_on_for_longer_where_the_rate_is_constant():
    first = advanced(adding(schedule="constant"), 20)
    longer, straight = (adding(schedule="constant", steps=40) for _ in range(2))
    longer.restore(first.state())
    assert_same(longer.run(False) is not None and longer.state(), straight.run(False) is not None and straight.state())
    with pytest.raises(ValueError, match="state: 20 steps have been made, this training has steps=12"):
        adding(schedule="constant", steps=12).restore(first.state())


def test_a_training_that_is_finished_makes_no_step():
    with pytest.raises(ValueError, match="the training is finished after 20 steps"):
        advanced(adding(), 20).step()


def test_patience_goes_back_to_the_best_parameters_after_a_stop_too(monkeypatch):
    kept = []

    def evaluate(net, task, batch):
        kept.append(net.params.flat.copy())
        return {"loss": [5.0, 3.0, 4.0, 4.5, 1.0][len(kept) - 1], "correct": 0.0, "solved": False}

    monkeypatch.setattr(training_module, "evaluate", evaluate)
    first, second = advanced(adding(patience=2), 10), adding(patience=2)
    second.restore(first.state())
    assert second.run(False)["step"].tolist() == [4, 8, 12, 16]
    assert np.array_equal(second.net.params.flat, kept[1])
    assert np.array_equal(second.state()["arrays"]["net.3.b"], kept[3][-1:])  # not the best: it could go on
    assert second.finished


def test_after_ctrl_c_a_training_goes_on_with_its_latest_parameters_but_cannot_be_kept():
    class Stop(le.SGD):
        def step(self, params, grads, *, clip=None):
            if self.steps_done == 9:
                self.steps_done += 1
                latest.append(params.flat.copy())
                raise KeyboardInterrupt
            if self.steps_done == 10:
                latest.append(params.flat.copy())
            return super().step(params, grads, clip=clip)

    latest = []
    training = adding(optimizer=Stop(0.1))
    history = training.run(progress_bar=False)
    assert history.interrupted
    assert history["step"].tolist() == [4, 8]
    with pytest.raises(ValueError, match="the training was interrupted in the midst of step 10"):
        training.state()
    assert training.run(progress_bar=False)["step"].tolist() == [4, 8, 12, 16, 20]
    assert np.array_equal(*latest)
    training.state()


def test_a_step_of_its_own_leaves_the_optimizers_rate():
    optimizer = le.SGD(0.1)
    advanced(adding(optimizer=optimizer), 15)
    assert optimizer.rate == 0.1


def test_a_checkpoint_is_in_place_or_not_there_at_all(tmp_path, monkeypatch):
    path = tmp_path / "t.safetensors"
    le.save_checkpoint(advanced(adding(), 3), path)
    before = path.read_bytes()

    def full(*_):
        raise OSError("no space")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises((OSError, ValueError), match="no space"):
        le.save_checkpoint(advanced(adding(), 5), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


class Other(le.tasks.Adding):
    """Has the same settings, but draws other numbers."""

    def _sample(self, batch, rng, split):
        rng.random()
        return super()._sample(batch, rng, split)


Other.__qualname__ = "Adding"


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (lambda: training_of("reber"), r"belongs to the network .*Dropout.*, the one here is .*Dropout"),
        (
            lambda: le.Training(network(le.tasks.Adding(8), 0.2), le.tasks.Adding(8)),
            r"Dropout\(rate=0.3\).* the one here is .*Dropout\(rate=0.2\)",
        ),
        (
            lambda: le.Training(network(le.tasks.Adding(9)), le.tasks.Adding(9)),
            r"belongs to the task Adding\(length=8, .*, the one here is Adding\(length=9,",
        ),
        (lambda: le.Training(network(Other(8)), Other(8), validation=4), "belongs to other data"),
        (lambda: adding(batch=4), "a training with batch=3, this one has 4"),
        (lambda: adding(steps=30), "a training with steps=20, this one has 30"),
        (lambda: adding(seed=1), "a training with seed=0, this one has 1|belongs to other data"),
        (lambda: adding(clip=None), "a training with clip=1.0, this one has None"),
        (lambda: adding(patience=3), "a training with patience=1000, this one has 3"),
        (lambda: adding(schedule="linear"), "a training with schedule='cosine', this one has 'linear'"),
        (lambda: adding(optimizer=le.Adam(0.1)), "that of the optimizer .*, this one is Adam|Adam with .*'rate': 0.1"),
    ],
)
def test_a_checkpoint_of_something_else_says_what_is_needed_and_changes_nothing(other, message, tmp_path):
    path = tmp_path / "t.safetensors"
    le.save_checkpoint(advanced(adding(), 5), path)
    training = other()
    before = training.state()
    with pytest.raises(ValueError, match=message) as error:
        le.load_checkpoint(training, path)
    assert str(path) in str(error.value)
    assert_same(training.state(), before)


def test_a_checkpoint_of_another_format_names_both():
    state = advanced(adding(), 5).state()
    state["values"]["version"] = 99
    with pytest.raises(ValueError, match="has the format 99, this version of lstm_edu needs 1"):
        adding().restore(state)


def test_every_damage_to_a_file_is_found(tmp_path):
    path = tmp_path / "t.safetensors"
    le.save_checkpoint(advanced(adding(), 5), path)
    whole, training = path.read_bytes(), adding()
    before = training.state()
    rng = np.random.default_rng(0)
    cut = [whole[:n] for n in (0, 4, 100, len(whole) // 2, len(whole) - 1)]
    flipped = []
    for place in rng.integers(0, len(whole), 60):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << rng.integers(8)
        flipped.append(bytes(damaged))
    for content in cut + flipped:
        path.write_bytes(content)
        with pytest.raises(ValueError, match="path: "):
            le.load_checkpoint(training, path)
    assert_same(training.state(), before)


def test_other_files_and_paths_are_refused_by_name(tmp_path):
    training, net = adding(), tmp_path / "net.safetensors"
    le.save(training.net, net)
    with pytest.raises(ValueError, match=r"is no checkpoint: it was not written by lstm_edu.save_checkpoint"):
        le.load_checkpoint(training, net)
    with pytest.raises(FileNotFoundError, match="there is no file"):
        le.load_checkpoint(training, tmp_path / "none")
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        le.save_checkpoint(training, tmp_path / "none" / "t")
    for call in (le.load_checkpoint, le.save_checkpoint):
        with pytest.raises(ValueError, match="is a folder"):
            call(training, tmp_path)
        with pytest.raises(ValueError, match="is a folder"):
            call(training, "")
        with pytest.raises(ValueError, match="path must be the name of a file, got 3"):
            call(training, 3)
        with pytest.raises(ValueError, match="training must be a Training, got Sequential"):
            call(training.net, net)


@pytest.mark.parametrize("part", ["batches", "generators", "optimizer", "rows", "since", "net.1.W", "best"])
def test_a_state_that_lacks_something_is_refused_and_changes_nothing(part):
    state, training = advanced(adding(), 5).state(), adding()
    before = training.state()
    for kind in state.values():
        kind.pop(part, None)
    with pytest.raises(ValueError, match=f"no whole state of a training .*{part}"):
        training.restore(state)
    assert_same(training.state(), before)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("done", 21, r"21 steps have been made, this training has steps=20"),
        ("done", -1, r"done must be a whole number of at least 0, got -1"),
        ("rows", [[4, 0.1]], r"a row must hold 8 numbers, got \(4, 0.1\)"),
        ("rows", [["4"] * 8], r"a row must hold 8 numbers"),
        ("stopped", None, r"stopped must be True or False, got None"),
        ("stale", 0.5, r"stale must be a whole number"),
        ("seconds", float("nan"), r"seconds must be a finite number"),
        ("best_loss", "1", r"best_loss must be a finite number"),
        ("generators", [], r"it has 0 generators of layers, the network needs 2"),
        ("batches", {"rng": {}, "given": 0}, r"the state is that of a generator None, a state of 'PCG64' is needed"),
    ],
)
def test_a_value_that_cannot_be_is_refused_and_changes_nothing(name, value, message):
    state, training = advanced(adding(), 5).state(), adding()
    before = training.state()
    state["values"][name] = value
    with pytest.raises(ValueError, match=message):
        training.restore(state)
    assert_same(training.state(), before)


@pytest.mark.parametrize("kind", ["PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"])
def test_every_kind_of_generator_goes_on_where_it_stood(kind):
    first, second = (np.random.Generator(getattr(np.random, kind)(seed)) for seed in (1, 2))
    first.random(3, np.float32)  # an odd number of halves: one is kept for the next call
    second.bit_generator.state = bits_state("rng", second, json.loads(json.dumps(state_of(first))))
    assert np.array_equal(first.random(7, np.float32), second.random(7, np.float32))
    assert np.array_equal(first.integers(0, 9, 700), second.integers(0, 9, 700))


def test_the_state_of_another_generator_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="rng: the state is that of a generator 'MT19937', a state of 'PCG64'"):
        bits_state("rng", rng, state_of(np.random.Generator(np.random.MT19937(0))))
    for wrong in (None, {}, {"bit_generator": "PCG64"}, {"bit_generator": "PCG64", "state": {"state": "x"}}):
        with pytest.raises(ValueError, match="rng: "):
            bits_state("rng", rng, wrong)


def test_the_generators_of_a_network_are_those_of_its_layers_within_layers_too():
    one, two = np.random.default_rng(1), np.random.default_rng(2)
    inner = le.Sequential([le.Dropout(0.1, rng=one), le.RNN(3, 4)])
    assert generators_of(le.Sequential([le.Dense(2, 3), inner, le.Dropout(0.2, rng=two)])) == [one, two]


def test_a_stream_that_has_become_shorter_or_gives_nothing_is_named():
    class Short(le.tasks.ContinualReber):
        def stream(self, batch, split="train", rng=None):
            return iter([])

    batches = Batches(le.tasks.ContinualReber(length=4), 2, np.random.default_rng(0), True)
    batches.draw()
    empty = Batches(Short(length=4), 2, np.random.default_rng(0), True)
    with pytest.raises(ValueError, match="state: 1 batches of the task's stream were drawn, now it gives 0"):
        empty.restored(batches.state())
    with pytest.raises(ValueError, match=r"the stream of .* gives no batch at all for batch=2"):
        empty.draw()


if __name__ == "__main__":
    finish(sys.argv[1])
