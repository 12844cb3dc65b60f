"""Piano rolls: a user's file at the door, what a step costs, sizes as in the paper, and whole trials."""

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lstm_edu import nn
from lstm_edu.cells import GRU, RNN, PeepholeLSTM
from lstm_edu.core.parameters import Parameters
from lstm_edu.reproduce import PAPERS, reproduce, results
from lstm_edu.reproduce.chung2014 import PianoRolls, progressions, read, trial
from lstm_edu.reproduce.chung2014.conditions import UNITS, best_by_validation
from lstm_edu.reproduce.outcome import Outcome
from lstm_edu.reproduce.summary import Reproduction
from lstm_edu.tasks import Batch

PIECES = progressions(12, 5, 3, seed=4)
SHORT = trial.Setting("gru", 5, most=20, every=5)
PIANO = PAPERS["chung2014"].experiments[0]


def test_networks_have_the_sizes_of_the_paper():
    cells = {"tanh": (RNN, 20_100), "gru": (GRU, 20_286), "lstm": (PeepholeLSTM, 19_836)}
    for name, (cell, expected) in cells.items():  # at 100 inputs; the paper's data have 93 to 108
        assert cell(100, UNITS[name], rng=0).count_parameters() == expected
    counts = {row.name: row.setting.weights() for row in PIANO.rows}
    assert counts == {"tanh": 18_900, "gru": 18_630, "lstm": 18_108}


def test_the_target_is_the_next_step_and_padding_is_empty():
    two = [[[21, 108], [60], [62, 64, -1]], [[60], [-1]]]
    task = PianoRolls({"train": two, "valid": two, "test": two})
    batch = task.sample(2, rng=0, split="valid")
    long, short = np.argsort(-batch.lengths)
    assert batch.lengths[[long, short]].tolist() == [2, 1]
    down = [np.flatnonzero(step).tolist() for step in batch.x[:, long]]
    assert down == [[0, 87], [39]]
    assert [np.flatnonzero(step).tolist() for step in batch.target[:, long]] == [[39], [41, 43]]
    assert not batch.x[1:, short].any()
    assert not batch.target[:, short].any()  # a rest


def test_every_piece_of_validation_and_test_is_looked_at_once():
    task = PianoRolls(PIECES)
    lengths = sorted(task.sample(task.count("valid"), rng=1, split="valid").lengths.tolist())
    assert lengths == sorted(len(piece) - 1 for piece in PIECES["valid"])


def test_the_guess_without_memory_is_what_counting_says():
    task, keys = PianoRolls(PIECES), range(21, 109)
    steps = {name: [set(step) for piece in PIECES[name] for step in piece[1:]] for name in PIECES}
    p = {key: (sum(key in step for step in steps["train"]) + 1) / (len(steps["train"]) + 2) for key in keys}
    each = [sum(-np.log(p[key] if key in step else 1 - p[key]) for key in keys) for step in steps["test"]]
    assert 88 * task.baseline == pytest.approx(np.mean(each), rel=1e-12)


def test_a_network_that_says_one_half_costs_ln_2_a_key():
    task = PianoRolls(PIECES)
    net = nn.make_network(task, "rnn", 3, rng=0)
    net.params.flat[:] = 0
    assert nn.evaluate(net, task, 3)["loss"] == pytest.approx(np.log(2), rel=1e-6)


def test_a_piece_is_right_if_every_key_is():
    task = PianoRolls(PIECES)
    batch = task.sample(3, rng=0, split="test")
    y = np.where(batch.target > 0.5, 1.0, -1.0)
    assert task.correct(y, batch).all()
    y[0, 1, 40] *= -1
    assert task.correct(y, batch).tolist() == [True, False, True]
    y[:] = 1
    one = Batch(batch.x, np.ones_like(batch.target), batch.lengths)
    assert task.correct(y, one).all()


def test_drawn_chords_stay_on_the_piano_begin_and_end_on_the_key_and_differ_by_seed():
    for piece in PIECES["train"]:
        assert len(piece) % 4 == 0
        assert all(21 <= note <= 108 for step in piece for note in step)
        assert piece[0][0] % 12 == piece[-1][0] % 12
        assert all(2 <= len(step) <= 4 for step in piece)
    assert progressions(12, 5, 3, seed=4) == PIECES
    assert progressions(12, 5, 3, seed=5) != PIECES


def test_a_file_gives_the_pieces_that_were_written_and_leaves_out_other_keys(tmp_path):
    path = tmp_path / "pieces.json"
    path.write_text(json.dumps(PIECES | {"about": "drawn"}))
    assert read(path) == PIECES


GOOD = [[[60], [62]]]
WRONG = {
    "no JSON": ("{", "data must be JSON, got"),
    "no text": (b"\xff\xfe\x00", "data must be JSON, got"),
    "a pickle": (b"\x80\x04\x95", "data must be JSON, got"),
    "deep": ("[" * 100_000, "data must be lists in lists"),
    "a list": ([GOOD], "data must be an object with the keys train, valid, test, got a list of 1"),
    "a key": (
        {"train": GOOD, "validation": GOOD},
        "data must have the keys train, valid, test, got 'train', 'validation': valid is missing",
    ),
    "no piece": (
        {"train": GOOD, "valid": [], "test": GOOD},
        "data: valid must be a list of pieces, at least one, got a",
    ),
    "text": ({"train": "C D E"}, "data must have the keys train, valid, test, got 'train': valid is missing"),
    "text for pieces": ({"train": "C D E", "valid": GOOD, "test": GOOD}, "data: train must be a list of pieces"),
    "one step": (
        {"train": GOOD, "valid": GOOD, "test": [*GOOD, [[60]]]},
        "data: test, piece 1 must be a list of steps, at least two, got a list of 1",
    ),
    "empty": (
        {"train": [[]], "valid": GOOD, "test": GOOD},
        "data: train, piece 0 must be a list of steps, at least two, got a list of 0",
    ),
    "flat": (
        {"train": [[60, 62]], "valid": GOOD, "test": GOOD},
        "data: train, piece 0, step 0 must be a list of MIDI notes, got 60",
    ),
    "too low": (
        {"train": GOOD, "valid": [GOOD[0], [[21], [108, 20]]], "test": GOOD},
        "data: valid, piece 1, step 1 must hold MIDI notes, 21 .. 108 or -1 for a rest, got 20",
    ),
    "too high": ({"train": [[[60], [109]]], "valid": GOOD, "test": GOOD}, "train, piece 0, step 1 must hold MIDI"),
    "a fraction": ({"train": [[[60.5], [60]]], "valid": GOOD, "test": GOOD}, "rest, got 60.5"),
    "a name": ({"train": [[["C4"], [60]]], "valid": GOOD, "test": GOOD}, "rest, got 'C4'"),
    "true": ({"train": [[[True], [60]]], "valid": GOOD, "test": GOOD}, "rest, got True"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_named_with_the_place_before_anything_is_trained(name, tmp_path, monkeypatch):
    content, words = WRONG[name]
    path = tmp_path / "data.json"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    monkeypatch.setattr(trial, "until_no_better", lambda *_, **__: pytest.fail("trained"))
    with pytest.raises(ValueError, match=re.escape(words)) as error:
        reproduce("chung2014", "piano", data=path, rows="tanh", trials=1, jobs=1, out=tmp_path / "results.csv")
    assert not (tmp_path / "results.csv").exists()
    assert len(str(error.value)) < 300 + len(str(path))


def test_a_norm_of_one_of_the_whole_loss_is_an_88th_of_that_of_the_mean_to_rmsprop():
    params, grads = (Parameters({"W": (7,)}, np.float64) for _ in range(2))
    changes = []
    for scale in (1, 88):
        params.flat[:] = 0
        grads["W"] = np.linspace(-1, 2, 7) * scale
        nn.RMSProp(0.1, epsilon=1e-30).step(params, grads, clip=scale / 88)
        changes.append(params["W"].copy())
    np.testing.assert_allclose(*changes, rtol=1e-12)


def test_a_trial_comes_from_its_seed_alone_and_its_rate_is_that_of_every_cell(tmp_path):
    path = tmp_path / "pieces.json"
    path.write_text(json.dumps(PIECES))
    first, again, other = (trial.piano(SHORT, seed, lambda n: None, str(path)) for seed in (3, 3, 4))
    assert first == again
    assert first.values != other.values
    lstm = trial.piano(replace(SHORT, cell="lstm"), 3, lambda n: None, str(path))
    assert lstm.values[3:] == first.values[3:]  # the guess without memory and the rate
    assert lstm.values[0] != first.values[0]
    low, high = np.exp(-12), np.exp(-6)
    assert low < first.values[4] < high
    assert low < other.values[4] < high


def test_training_learns_more_than_how_often_a_key_is_down():
    setting = trial.Setting("gru", 20, rates=(0.01, 0.01), most=150)
    test, valid, train, memoryless, _ = trial.synthetic(setting, 0, lambda n: None).values
    assert max(test, valid, train) < 0.8 * memoryless


def test_the_trial_that_counts_is_the_best_one_by_validation_and_never_one_that_failed():
    lines = [
        results.line_of(PAPERS["chung2014"], PIANO, "gru", seed, Outcome(1, success, 1, values=values), 1.0)
        for seed, (success, values) in enumerate(
            [(True, (9.5, 8, 7, 11, 0.1)), (True, (9.9, 7, 6, 11, 0.2)), (False, (1.0, 1, 1, 11, 0.3))]
        )
    ]
    table = best_by_validation(Reproduction(PAPERS["chung2014"], PIANO, lines))
    assert table[["row", "test", "valid", "rate"]].to_numpy().tolist() == [["gru", "9.9", "7", "0.2"]]
    assert table["trials"].tolist() == ["10 | 3"]
    failed = Reproduction(PAPERS["chung2014"], PIANO, lines[2:]).summary()
    assert isinstance(failed, pd.DataFrame)
    assert failed["test"].tolist() == ["-"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"cell": "rnn"}, "unknown cell 'rnn'"),
        ({"units": 0}, "units must be a whole number of at least 1, got 0"),
        ({"rates": (0.1, 0.01)}, "rates must be a lower and a higher one"),
        ({"norm": 0}, "norm must be above 0"),
    ],
)
def test_an_impossible_setting_is_refused(changed, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        replace(SHORT, **changed)
