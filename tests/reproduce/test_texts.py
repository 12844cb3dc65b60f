"""Karpathy et al. 2015 and Zaremba et al. 2014 on a text: sizes, what is read, the schedule, and the dropout."""

import re
from dataclasses import replace

import numpy as np
import pytest

from lstm_edu import nn
from lstm_edu.reproduce import PAPERS
from lstm_edu.reproduce.karpathy2015 import trial as depth
from lstm_edu.reproduce.reading import Beginning, held_out, steps_of_epoch
from lstm_edu.reproduce.zaremba2014 import trial as dropout
from lstm_edu.tasks import Text

[DEPTH], [DROPOUT] = PAPERS["karpathy2015"].experiments, PAPERS["zaremba2014"].experiments
SMALL = dropout.Setting(0.5, 6, 800, epochs=2, whole=1, length=10, batch=4)
SHALLOW = depth.Setting("gru", 2, 4000, epochs=1, length=600, batch=5)


@pytest.mark.parametrize("row", DEPTH.rows, ids=lambda row: row.name)
def test_networks_of_one_size_have_about_as_many_weights(row):
    task, setting = Text(length=50), row.setting
    net = nn.make_network(task, setting.cell, setting.units(task), setting.layers, rng=0)
    assert net.count_parameters() == pytest.approx(setting.weights, rel=0.03)
    assert len(net.layers) == setting.layers + 2
    assert row.name == f"{setting.weights // 1000}k-{setting.cell}-{setting.layers}"


def test_what_is_held_out_is_read_from_its_beginning_with_the_state_carried_on():
    task = Text(length=7)
    net = nn.make_network(task, "lstm", 5, 2, rng=0)
    x = task.codes("valid")
    rows = (len(x) - 1) // 3
    used = rows // 7 * 7
    side_by_side = np.stack([x[k * rows : k * rows + used + 1] for k in range(3)], axis=1).astype(np.int64)
    expected, _ = nn.SoftmaxCrossEntropy()(net(side_by_side[:-1]), side_by_side[1:])
    assert held_out(net, task, "valid", rows=3) == pytest.approx(expected, rel=1e-5)


def test_a_beginning_cuts_the_training_part_and_no_other():
    whole, cut = Text(length=9), Beginning(length=9, kept=100)
    np.testing.assert_array_equal(cut.codes("train"), whole.codes("train")[:100])
    for split in ("valid", "test"):
        np.testing.assert_array_equal(cut.codes(split), whole.codes(split))
    assert cut.vocabulary == whole.vocabulary
    assert steps_of_epoch(cut, 3) == len(list(cut.stream(3))) == 3
    with pytest.raises(ValueError, match=re.escape("kept must lie in 20 .. 240000 for this text, got 19")):
        Beginning(length=9, kept=19)


def test_a_trial_comes_from_its_seed_alone():
    for module, setting in ((depth, SHALLOW), (dropout, SMALL)):
        first, again, other = (module.run(setting, seed) for seed in (1, 1, 2))
        assert first == again
        assert first.values[:2] != other.values[:2]
        assert first.success


def test_the_state_is_carried_on_and_every_epoch_reads_the_whole_text():
    outcome = dropout.run(SMALL, 0)
    assert outcome.sequences == 2 * 4 * ((799 // 4) // 10)
    assert outcome.steps == 10 * outcome.sequences
    assert outcome.values[2] == 2


def rates_of(module, setting, monkeypatch):
    """The rate before the first step of every epoch, and how a gradient is cut."""
    seen = {}

    def spy(net, task, optimizer, *, rate_at, clip, steps, every, **_):
        seen.update(rates=[rate_at(done) for done in range(0, steps, every)], clip=clip)
        raise InterruptedError

    monkeypatch.setattr(module, "until_no_better", spy)
    with pytest.raises(InterruptedError):
        module.run(setting, 0)
    return seen


def test_the_rate_of_2014_is_whole_for_some_epochs_and_of_a_loss_summed_over_the_steps(monkeypatch):
    seen = rates_of(dropout, replace(SMALL, epochs=5, whole=3), monkeypatch)
    np.testing.assert_allclose(seen["rates"], np.array([1, 1, 1, 0.8, 0.64]) * 10)
    assert seen["clip"] == 5 / 10


def test_the_rate_of_2015_falls_after_the_tenth_epoch(monkeypatch):
    seen = rates_of(depth, replace(SHALLOW, epochs=13), monkeypatch)
    np.testing.assert_allclose(seen["rates"], 2e-3 * 0.95 ** np.array([0] * 10 + [1, 2, 3]))


def test_a_summed_loss_and_a_mean_one_change_the_weights_alike():
    changes = []
    for scale in (1, 35):
        params = nn.make_network(Text(), "rnn", 3, rng=0).params
        grads = params.empty_like()
        grads.flat[:] = np.linspace(-1, 1, grads.flat.size) * (35 / scale)
        nn.SGD(scale * 1.0).step(params, grads, clip=5 / scale)
        changes.append(params.flat.copy())
    np.testing.assert_allclose(*changes, rtol=1e-5)


def test_dropout_lies_between_layers_and_networks_begin_alike_with_any_share():
    plain, half = (
        dropout.network(replace(SMALL, dropout=share), 11, np.random.SeedSequence(3)) for share in (0.0, 0.5)
    )
    kinds = [type(layer).__name__ for layer in half.layers]
    assert kinds == ["Embedding", "Dropout", "LSTM", "Dropout", "LSTM", "Dropout", "Dense"]
    assert [type(layer).__name__ for layer in plain.layers] == ["Embedding", "LSTM", "LSTM", "Dense"]
    np.testing.assert_array_equal(plain.params.flat, half.params.flat)
    assert np.abs(plain.params.flat).max() == pytest.approx(SMALL.init, rel=0.05)
    x = np.zeros((4, 2), np.int64)
    np.testing.assert_array_equal(plain(x), half(x))  # nothing is dropped but in training
    masks = [layer.rng.bit_generator.state["state"]["state"] for layer in half.layers if isinstance(layer, nn.Dropout)]
    assert len(set(masks)) == 3


def test_rows_of_2014_differ_in_the_dropout_or_the_early_end_alone():
    for prefix in ("64-", "128-"):
        settings = {row.name: row.setting for row in DROPOUT.rows if row.name.startswith(prefix)}
        plain = settings.pop(f"{prefix}none")
        assert {
            name: replace(setting, dropout=0.0, patience=None) for name, setting in settings.items()
        } == dict.fromkeys((f"{prefix}early", f"{prefix}0.25", f"{prefix}0.5"), plain)
        assert settings[f"{prefix}early"].patience


@pytest.mark.parametrize(
    ("setting", "changed", "words"),
    [
        (SMALL, {"dropout": 1.0}, "dropout must be at least 0 and below 1, got 1.0"),
        (SMALL, {"units": 0}, "units must be a whole number of at least 1, got 0"),
        (SMALL, {"patience": 0}, "patience must be a whole number of at least 1, got 0"),
        (SHALLOW, {"cell": "lstn"}, "did you mean 'lstm'"),
        (SHALLOW, {"rate": 0}, "rate must be above 0"),
    ],
)
def test_an_impossible_setting_is_refused(setting, changed, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        replace(setting, **changed)
