"""fit: it learns, it records, it stops when it should, and it never leaves a broken network behind."""

import pickle

import numpy as np
import pandas as pd
import pytest

import lstm_edu as le
from lstm_edu.nn import training

TASK = le.tasks.Adding(length=8)


def network(units=8, seed=0):
    rng = np.random.default_rng(seed)
    return le.Sequential([le.LSTM(2, units, rng=rng), le.Dense(units, 1, steps="last", rng=rng)])


def fit(net, task=TASK, **arguments):
    return le.fit(net, task, **({"steps": 30, "every": 10, "validation": 20, "progress_bar": False} | arguments))


def test_training_brings_the_loss_far_below_the_baseline():
    net = network()
    history = fit(net, steps=400, every=100, schedule="cosine")
    assert history["valid_loss"].iloc[-1] < TASK.baseline / 10
    assert le.evaluate(net, TASK)["loss"] < TASK.baseline / 10


def test_the_history_is_a_dataframe_with_a_row_per_evaluation():
    history = fit(network(), steps=25)
    assert isinstance(history.table, pd.DataFrame)
    assert history["step"].tolist() == [10, 20, 25]
    assert list(history.columns) == list(le.History.columns_recorded)
    assert history[["train_loss", "valid_loss", "grad_norm", "seconds"]].gt(0).all().all()
    assert history["seconds"].is_monotonic_increasing


def test_the_same_seed_gives_the_same_network_and_another_seed_another():
    nets = [network() for _ in range(3)]
    for net, seed in zip(nets, (4, 4, 5), strict=True):
        fit(net, seed=seed)
    assert np.array_equal(nets[0].params.flat, nets[1].params.flat)
    assert not np.array_equal(nets[0].params.flat, nets[2].params.flat)


def test_one_step_of_sgd_is_minus_rate_times_gradient():
    net, twin = network(), network()
    fit(net, steps=1, optimizer=le.SGD(0.5), clip=None, seed=3)
    rng = np.random.default_rng(np.random.SeedSequence(3).spawn(2)[0])
    batch = TASK.sample(32, rng)
    y, tape = twin.forward(batch.x, lengths=batch.lengths)
    _, dy = le.MeanSquaredError("last")(y, batch.target)
    twin.params.flat[:] -= np.float32(0.5) * twin.backward(dy, tape)[1].flat
    np.testing.assert_allclose(net.params.flat, twin.params.flat, rtol=0, atol=1e-7)


def test_schedules_move_the_rate_and_leave_the_optimizer_as_it_was():
    optimizer = le.SGD(0.1)
    for schedule, expected in (
        ("constant", [0.1] * 3),
        ("linear", [0.1, 0.0667, 0.0333]),
        ("cosine", [0.1, 0.075, 0.025]),
    ):
        history = fit(network(), steps=3, every=1, optimizer=optimizer, schedule=schedule)
        np.testing.assert_allclose(history["rate"], expected, atol=1e-4)
        assert optimizer.rate == 0.1


def test_early_stopping_goes_back_to_the_best_parameters(monkeypatch):
    net = network()
    losses = iter([5.0, 3.0, 4.0, 4.5, 1.0])
    kept = []

    def evaluate(net, task, batch):
        kept.append(net.params.flat.copy())
        return {"loss": next(losses), "correct": 0.0, "solved": False}

    monkeypatch.setattr(training, "evaluate", evaluate)
    history = fit(net, steps=100, every=10, patience=2)
    assert history["step"].tolist() == [10, 20, 30, 40]
    assert np.array_equal(net.params.flat, kept[1])


def test_stopping_when_solved():
    history = fit(network(16), steps=2000, every=50, stop_when_solved=True, schedule="linear")
    assert bool(history["solved"].iloc[-1])
    assert not history["solved"].iloc[:-1].any()
    assert history.steps_to_solve == history["step"].iloc[-1] < 2000


def test_ctrl_c_returns_the_history_so_far(monkeypatch):
    calls = []

    class Stop(le.Adam):
        def step(self, *args, **kwargs):
            calls.append(1)
            if len(calls) == 25:
                raise KeyboardInterrupt
            return super().step(*args, **kwargs)

    history = fit(network(), steps=1000, optimizer=Stop(1e-3))
    assert history["step"].tolist() == [10, 20]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_loss_that_is_not_finite_stops_and_keeps_the_last_finite_parameters(bad):
    class Broken(le.tasks.Adding):
        def _sample(self, batch, rng, split):
            item = super()._sample(batch, rng, split)
            calls.append(split)
            if calls.count("train") == 7:
                item.x[0] = bad
            return item

    calls = []
    net, twin = network(), network()
    with pytest.raises(
        FloatingPointError, match=r"the loss is nan at step 7: try clipping at less than 1 or a smaller"
    ):
        fit(net, Broken(length=8), seed=2)
    calls = []
    fit(twin, Broken(length=8), steps=5, seed=2)
    assert np.isfinite(net.params.flat).all()
    assert np.array_equal(net.params.flat, twin.params.flat)


def test_a_rate_that_is_far_too_high_is_named():
    net = le.Sequential([le.Dense(2, 1, steps="last", rng=0)])
    with pytest.raises(
        FloatingPointError, match=r"at step \d+: try clipping \(clip=1.0\) or a smaller rate than 1e\+30"
    ):
        fit(net, optimizer=le.SGD(1e30), clip=None)
    assert np.isfinite(net.params.flat).all()


def test_a_gradient_that_is_not_finite_changes_nothing(monkeypatch):
    net = network()
    before = net.params.flat.copy()
    backward = le.Sequential.backward

    def broken(self, *args, **kwargs):
        dx, grads, dstate = backward(self, *args, **kwargs)
        grads.flat[3] = np.nan
        return dx, grads, dstate

    monkeypatch.setattr(le.Sequential, "backward", broken)
    with pytest.raises(FloatingPointError, match="the gradient is nan at step 1"):
        fit(net)
    assert np.array_equal(net.params.flat, before)


def test_state_is_carried_from_batch_to_batch_and_begins_anew_with_the_stream(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("abcdefghij" * 40)
    task = le.tasks.Text(path, length=8)
    seen = []

    class Spy(le.RNN):
        def forward(self, x, state=None, **kwargs):
            if kwargs.get("training", True):
                seen.append(None if state is None else state[0].copy())
            y, tape = super().forward(x, state, **kwargs)
            if kwargs.get("training", True):
                ends.append(tape.state[0].copy())
            return y, tape

    ends = []
    net = le.Sequential([le.Embedding(task.inputs, 3, rng=0), Spy(3, 4, rng=1), le.Dense(4, task.outputs, rng=2)])
    fit(net, task, steps=12, batch=4, carry_state=True, validation=4)
    per_pass = len(list(task.stream(4)))
    assert 2 < per_pass < 12
    for step, state in enumerate(seen):
        if step % per_pass == 0:
            assert state is None
        else:
            assert np.array_equal(state, ends[step - 1])


def test_predict_in_chunks_is_predict_at_once():
    net = network()
    batch = TASK.sample(37, 0)
    np.testing.assert_allclose(le.predict(net, batch, chunk=8), le.predict(net, batch), rtol=0, atol=1e-6)


def test_pooling_shortens_the_lengths_that_the_loss_sees():
    task = le.tasks.Adding(length=20)
    net = le.Sequential([le.Conv1D(2, 4, 3, rng=0), le.MaxPool1D(2), le.LSTM(4, 4, rng=1), le.Dense(4, 1, rng=2)])
    assert np.isfinite(fit(net, task)["valid_loss"]).all()
    batch = task.sample(5, 0)
    y = net(batch.x, lengths=batch.lengths)
    value = np.mean((y[batch.lengths // 2 - 1, np.arange(5)] - batch.target) ** 2)
    assert le.evaluate(net, task, batch)["loss"] == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"steps": 0}, "steps must be a whole number of at least 1, got 0"),
        ({"batch": 0}, "batch must be a whole number of at least 1, got 0"),
        ({"every": 0}, "every must be a whole number"),
        ({"patience": 0}, "patience must be a whole number"),
        ({"seed": -1}, "seed must be a whole number of at least 0, got -1"),
        ({"schedule": "cosinus"}, "unknown schedule 'cosinus': did you mean 'cosine'"),
        ({"clip": -1}, "clip must be"),
        ({"carry_state": True}, "carry_state=True needs a task with a stream, such as Text; Adding has none"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        fit(network(), **arguments)


def test_a_network_that_does_not_fit_the_task():
    net = le.Sequential([le.LSTM(2, 4, rng=0), le.Dense(4, 3, steps="last", rng=1)])
    with pytest.raises(ValueError, match="net gives 3 outputs, the task needs 1"):
        fit(net)
    with pytest.raises(ValueError, match=r"x must have shape \(T, B, 3\)"):
        fit(le.Sequential([le.LSTM(3, 4, rng=0), le.Dense(4, 1, rng=1)]))


@pytest.mark.parametrize("arguments", [{"steps": 2}, {"steps": 50, "every": 1, "patience": 1}])
def test_a_last_step_that_diverges_is_no_result(arguments):
    net = le.Sequential([le.Dense(2, 1, steps="last", rng=0)])
    with pytest.raises(FloatingPointError, match=r"at step \d+: try clipping .* a smaller rate than 3e\+38"):
        fit(net, optimizer=le.SGD(3e38), clip=None, **arguments)
    assert np.isfinite(net.params.flat).all()


def test_a_history_says_whether_it_was_interrupted():
    class Stop(le.SGD):
        def step(self, *args, **kwargs):
            raise KeyboardInterrupt

    assert fit(network(), steps=10).interrupted is False
    history = fit(network(), steps=10, optimizer=Stop(0.1))
    assert history.interrupted is True
    assert pickle.loads(pickle.dumps(history)).interrupted is True


def test_ctrl_c_in_the_middle_of_a_diverging_update_goes_back_to_finite_parameters():
    class Stop(le.SGD):
        def step(self, params, grads, *, clip=None):
            params.flat[3] = np.inf
            raise KeyboardInterrupt

    net, before = network(), network().params.flat
    assert fit(net, steps=10, optimizer=Stop(0.1)).interrupted
    assert np.array_equal(net.params.flat, before)


def test_the_advice_names_the_full_rate_not_the_scheduled_one():
    net = le.Sequential([le.Dense(2, 1, steps="last", rng=0)])
    with pytest.raises(FloatingPointError, match=r"at step [2-9]: .* a smaller rate than 1e\+30;"):
        fit(net, steps=9, optimizer=le.SGD(1e30), clip=None, schedule="linear")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: le.fit(network(), "adding"),
            r"task must be a task, such as lstm_edu.tasks.make\('adding'\), got 'adding'",
        ),
        (lambda: le.fit(network(), le.tasks.Adding), "task must be a task"),
        (lambda: le.fit(None, TASK), "net must be a network or a layer, got None"),
        (lambda: le.fit(network(), TASK, optimizer="adam"), "optimizer must be an optimizer, such as lstm_edu.Adam"),
        (lambda: le.fit(network(), TASK, optimizer=le.Adam), "optimizer must be an optimizer"),
        (lambda: le.evaluate(network(), "adding"), "task must be a task"),
        (lambda: le.evaluate(network(), TASK, np.zeros((3, 2, 2))), "batch must be a Batch"),
        (
            lambda: le.predict(network(), TASK.sample(3, 0), chunk=0),
            "chunk must be a whole number of at least 1, got 0",
        ),
    ],
)
def test_things_of_the_wrong_kind(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_predict_checks_state_and_lengths_before_it_cuts_them():
    net, batch = network(), TASK.sample(5, 0)
    with pytest.raises(ValueError, match="state must hold arrays of 5 sequences"):
        le.predict(net, batch, state=((np.zeros((9, 8)), np.zeros((9, 8))), ()), chunk=2)
    wrong = le.tasks.Batch(batch.x, batch.target, np.ones(9, int))
    with pytest.raises(ValueError, match=r"lengths must have shape \(5,\)"):
        le.predict(net, wrong, chunk=2)
    rng = np.random.default_rng(0)
    state = [[rng.standard_normal((5, 8)).astype(np.float32) for _ in range(2)], None]
    np.testing.assert_allclose(
        le.predict(net, batch, state=state, chunk=2), net(batch.x, state, lengths=batch.lengths), rtol=0, atol=1e-6
    )


def test_fit_takes_a_generator_where_it_takes_a_seed():
    task = le.tasks.Adding(length=6)

    def trained(seed):
        net = le.make_network(task, "gru", units=3, rng=0)
        le.fit(net, task, steps=3, batch=2, validation=2, seed=seed)
        return net.params.flat

    one, other = np.random.default_rng(5), np.random.default_rng(5)
    first = trained(one)
    assert np.array_equal(first, trained(other))
    assert not np.array_equal(first, trained(one))  # it went on
    assert np.array_equal(first, trained(int(np.random.default_rng(5).integers(2**63))))
