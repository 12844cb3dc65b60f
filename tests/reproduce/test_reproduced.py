"""The trials that lie in figures/reproduced: whole, of this form, and of the settings that are in the package now."""

from pathlib import Path

import numba
import numpy as np
import pytest

from lstm_edu.core import tile
from lstm_edu.reproduce import PAPERS, results, summary
from lstm_edu.reproduce.hochreiter1997 import trial
from lstm_edu.reproduce.papers import experiment_of

FOLDER = Path(__file__).parents[2] / "figures" / "reproduced"
FILES = sorted(FOLDER.glob("*.csv"))


def test_there_are_reproduced_experiments():
    assert FILES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_of_trials_says_what_made_it_and_holds_whole_trials_of_the_settings_of_today(path):
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    words = first.split()
    assert words[:3] == ["#", "lstm-edu", "reproduce"]
    paper = PAPERS[words[3]]
    experiment = experiment_of(paper, words[4])
    assert path.name == f"reproduce-{paper.name}-{experiment.name}.csv"
    lines, notices = results.read(path, paper, experiment, any_version=True)
    assert not notices
    keys = [results.key(line) for line in lines]
    assert len(set(keys)) == len(keys)
    table = results.table(experiment, lines)
    for column in ("lstm_edu", "numba", "numpy", "python"):
        assert table[column].astype(str).str.fullmatch(r"\d+\.\d+.*").all()
    for row, trials in summary.Reproduction(paper, experiment, lines).rows():
        assert trials["seed"].tolist() == list(range(len(trials)))  # none left out
        assert (trials["seconds"] > 0).all()
        if experiment.counts:
            assert (trials["sequences"] <= row.setting.most).all()
            assert (trials.loc[~trials["success"], "sequences"] == row.setting.most).all()
            assert (trials["steps"] > trials["sequences"]).all()
            assert (trials["tested"] == getattr(row.setting, "test", 0)).all()


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="a trial takes minutes with the JIT switched off")
@pytest.mark.skipif(not tile._processor_has("fma"), reason="products are rounded before they are added")
@pytest.mark.parametrize(
    ("paper", "experiment", "row"),
    [
        ("hochreiter1997", "noise-free", "100-end"),
        ("hochreiter1997", "plain", "rtrl-p4-10.0"),
        ("hochreiter1997", "long-lags", "q50-p50-closed"),
        ("hochreiter1997", "two-sequences", "T100-N1"),
        ("hochreiter1997", "adding", "100"),
        ("hochreiter1997", "order", "6a"),
        ("gers2001", "anbn", "plain-10-0.0001"),
        ("gers2002", "delays", "NMSD-10-peepholes"),
    ],
)
def test_a_kept_trial_comes_out_the_same_bit_for_bit_with_vectors_of_any_width(paper, experiment, row):
    path = FOLDER / f"reproduce-{paper}-{experiment}.csv"
    paper = PAPERS[paper]
    experiment = experiment_of(paper, experiment)
    lines, _ = results.read(path, paper, experiment, any_version=True)
    trials = results.table(experiment, lines)
    trials = trials[(trials["row"] == row) & trials["success"]]
    kept = trials.loc[trials["seconds"].idxmin()]
    if kept["numba"] != numba.__version__:
        pytest.skip(f"another compiler than that of the kept trials, {kept['numba']}")
    found = experiment.run(experiment.row(row).setting, int(kept["seed"]))
    again = results.line_of(paper, experiment, row, int(kept["seed"]), found, 1.0)
    apart = len(again) - results.columns(experiment).index("seconds")  # from there on: who made it
    assert again[:-apart] in {line[:-apart] for line in lines}


def test_a_kept_trial_of_3b_fails_where_its_test_set_has_six_sequences_that_can_hardly_be_told():
    paper = PAPERS["hochreiter1997"]
    experiment = experiment_of(paper, "noisy-inputs")
    lines, _ = results.read(FOLDER / "reproduce-hochreiter1997-noisy-inputs.csv", paper, experiment, any_version=True)
    failed = 0
    for row, trials in summary.Reproduction(paper, experiment, lines).rows():
        too_many = row.setting.rule.second[0] if row.name.endswith("N1") else np.inf  # with N = 3 there are two more
        for seed, success in zip(trials["seed"], trials["success"], strict=True):
            test = trial.fixed_test(row.setting, seed)
            told = test.x[:, 0, 0] * np.where(test.targets[:, 0] > 0.5, 1, -1)  # 1 without noise
            assert success == ((told < 0.025).sum() < too_many), (row.name, seed)
            failed += not success
    assert failed


def test_kept_trials_of_copy_memory_leave_the_baseline_over_100_steps_and_not_over_more():
    paper = PAPERS["arjovsky2016"]
    experiment = experiment_of(paper, "copying")
    lines, _ = results.read(FOLDER / "reproduce-arjovsky2016-copying.csv", paper, experiment, any_version=True)
    share = {row.name: trials["share"] for row, trials in summary.Reproduction(paper, experiment, lines).rows()}
    left = [one for name in ("lstm-100", "lstm-100-0.003", "lstm-100-long") for one in share[name]]
    assert len(left) == 9
    assert 0.8 < min(left) < max(left) < 0.975
    for name in ("tanh-100", "tanh-100-long"):
        assert min(share[name]) < 0.99 < 1 < max(share[name])
    for cell in ("lstm", "tanh"):
        for length in (200, 300, 500):
            assert abs(share[f"{cell}-{length}"] - 1).max() < 0.002
