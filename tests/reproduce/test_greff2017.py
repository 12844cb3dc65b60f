"""The random search over variants of the LSTM: what is drawn, what is noise, and what is compared."""

import re
from dataclasses import replace

import numpy as np
import pytest

from lstm_edu import plotting
from lstm_edu.cells import SEARCH_SPACE
from lstm_edu.core.statistics import explained, welch
from lstm_edu.reproduce import PAPERS, results
from lstm_edu.reproduce.chung2014 import PianoRolls, progressions
from lstm_edu.reproduce.greff2017 import Noisy, Setting, drawn, trial
from lstm_edu.reproduce.outcome import Outcome
from lstm_edu.reproduce.summary import Reproduction
from lstm_edu.tasks import EmbeddedReber, Text

PAPER = PAPERS["greff2017"]
REBER, CHORDS = PAPER.experiments
SHORT = Setting("reber", "V", most=4, every=2, batch=3)


def test_each_experiment_has_the_vanilla_lstm_and_its_eight_variants():
    for experiment in (REBER, CHORDS):
        names = [row.name for row in experiment.rows]
        assert names == ["V", "NIG", "NFG", "NOG", "NIAF", "NOAF", "CIFG", "NP", "FGR"]
        assert {row.setting.variant for row in experiment.rows} == set(SEARCH_SPACE)
        settings = {replace(row.setting, variant="V") for row in experiment.rows}
        assert len(settings) == 1  # nothing else differs


def test_hyperparameters_lie_where_they_are_said_to_evenly_on_their_scales():
    found = np.array([drawn(SHORT, seed) for seed in range(400)])
    scales = [(np.log, SHORT.rates), (np.log, SHORT.units), (lambda m: np.log(1 - m), SHORT.momenta), (None, (0, 1))]
    for k, (scale, between) in enumerate(scales):
        low, high = between if scale is None else np.log(between)
        values = found[:, k] if scale is None else scale(found[:, k])
        place = (values - low) / (high - low)
        assert -0.03 < place.min() < 0.05  # units are rounded
        assert 0.95 < place.max() < 1.03
        assert place.mean() == pytest.approx(0.5, abs=0.06)  # 4 standard errors
    correlation = np.corrcoef(np.log(found[:, 0]), found[:, 3])[0, 1]
    assert abs(correlation) < 0.2


def test_a_seed_draws_the_same_for_every_variant_and_ends_the_same_again():
    one, again, other = (trial.run(setting, 5) for setting in (SHORT, SHORT, replace(SHORT, variant="FGR")))
    assert one == again
    assert one.values[2:] == other.values[2:] == drawn(SHORT, 5)
    assert one.values[0] != other.values[0]


@pytest.mark.parametrize("variant", SEARCH_SPACE)
@pytest.mark.parametrize("task", ["reber", "chords"])
def test_every_variant_can_begin_on_every_task(variant, task):
    outcome = trial.run(Setting(task, variant, most=2, every=1, batch=2, units=(3, 3)), 0)
    assert outcome.success
    assert outcome.sequences == 4
    assert outcome.values[3] == 3


def test_a_trial_that_diverges_has_failed():
    outcome = trial.run(replace(SHORT, rates=(1e38, 1e38), most=50), 0)
    assert not outcome.success
    assert np.isnan(outcome.values[:2]).all()
    assert outcome.values[2] == pytest.approx(1e38)


def test_a_step_of_the_chords_is_a_sum_over_keys_with_the_rate_of_that_sum():
    setting = Setting("chords", "V", rates=(1e-12, 1e-12), most=1, every=1, batch=2)
    test, *_ = trial.run(setting, 0).values
    assert 40 < test < 80  # nothing is learnt: about 88 ln 2


def test_noise_is_on_training_sequences_alone_and_never_on_padding():
    task = PianoRolls(progressions(6, 3, 3))
    noisy = Noisy(task, 0.5)
    clean, changed = task.sample(4, rng=1), noisy.sample(4, rng=1)
    difference = changed.x - clean.x
    assert not difference[~clean.counted].any()
    assert difference[clean.counted].std() == pytest.approx(0.5, rel=0.03)
    np.testing.assert_array_equal(changed.target, clean.target)
    for split in ("valid", "test"):
        np.testing.assert_array_equal(noisy.sample(3, rng=1, split=split).x, task.sample(3, rng=1, split=split).x)


def lines(experiment, losses, rates=None):
    """Trials: a validation loss for each seed, and a test loss 1 above it; NaN has failed."""
    found = []
    for row, values in losses.items():
        for seed, loss in enumerate(values):
            rate = seed + 1.0 if rates is None else rates[seed]
            outcome = Outcome(1, bool(np.isfinite(loss)), 1, values=(loss + 1, loss, rate, 10, 0.5, (7 * seed) % 20))
            found.append(results.line_of(PAPER, experiment, row, seed, outcome, 1.0))
    return Reproduction(PAPER, experiment, found)


def test_the_best_tenth_by_validation_is_compared_by_welchs_test():
    rng = np.random.default_rng(0)
    losses = {"V": rng.uniform(size=30), "NFG": rng.uniform(0.5, 1.5, size=30)}
    losses["NFG"][3] = np.nan
    rows = {row["row"]: row for row in lines(REBER, losses).summary().to_dict("records")}
    best = {name: np.sort(values)[:3] + 1 for name, values in losses.items()}  # NaN is last
    assert rows["NFG"]["best tenth"] == f"{best['NFG'].mean():.4g} ± {best['NFG'].std(ddof=1):.2g}"
    assert rows["NFG"]["failed"] == "1 of 30"
    assert rows["NFG"]["less V"] == f"{best['NFG'].mean() - best['V'].mean():+.2g}"
    found = float(rows["NFG"]["p"])
    assert found == pytest.approx(welch(best["NFG"], best["V"]).p, rel=0.05)
    assert rows["V"]["p"] == "-"


def test_what_decides_the_ranks_is_what_explains_them_and_failures_are_last():
    losses = {"V": [*np.linspace(1, 2, 18), np.nan, np.nan], "NIG": np.linspace(3, 1, 20) ** 2}
    found = lines(REBER, losses).explained()
    assert list(found) == ["rate", "units", "momentum", "noise"]
    assert found["rate"].share > 0.9 > found["rate"].chance  # the rates rise with the seeds
    assert found["noise"].share < found["noise"].chance
    assert found["units"] == (0, 0)  # the same in all
    ranks = np.stack([[*range(1, 19), 19.5, 19.5], np.arange(20)[::-1]], axis=1)
    assert found["rate"] == explained(np.arange(20), ranks)
    assert lines(REBER, {"V": [1.0] * 9}).explained() == {}


def test_seeds_that_a_row_lacks_are_left_out():
    whole = {"V": np.arange(12.0), "NIG": np.arange(12.0)}
    more = {"V": np.arange(15.0), "NIG": np.arange(12.0)}
    assert lines(REBER, whole).explained() == lines(REBER, more).explained()


def test_the_figure_has_boxes_of_all_and_of_the_best_trials_and_a_bar_a_hyperparameter():
    rng = np.random.default_rng(0)
    found = lines(REBER, {"V": rng.uniform(size=20), "NP": [*rng.uniform(size=19), np.nan], "NOG": [np.nan] * 20})
    all_trials, best_trials, bars = plotting.random_search(found).axes
    assert [label.get_text() for label in all_trials.get_yticklabels()] == ["V", "NOG", "NP"]
    assert (len(all_trials.patches), len(best_trials.patches)) == (2, 2)  # nothing of a variant that always failed
    points = [line.get_xdata() for line in best_trials.lines if line.get_marker() == "o"]
    assert [len(some) for some in points] == [2, 2]
    expected = found.best(found.rows()[0][1], "valid", 0.1)["test"]
    np.testing.assert_allclose(points[0], expected)
    widths = [patch.get_width() for patch in bars.patches]
    np.testing.assert_allclose(widths, [share.share for share in found.explained().values()])


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"task": "adding"}, "unknown task 'adding'"),
        ({"variant": "NXG"}, "unknown variant 'NXG'"),
        ({"rates": (1.0, 0.1)}, "rates must be a lower and a higher number above 0"),
        ({"units": (0, 4)}, "units must be a lower and a higher number above 0"),
        ({"most": 0}, "most must be a whole number of at least 1"),
    ],
)
def test_an_impossible_setting_is_refused(changed, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        replace(SHORT, **changed)


def test_symbols_get_no_noise():
    with pytest.raises(ValueError, match="task must have numbers as inputs, got the symbols of Text"):
        Noisy(Text(), 0.1)
    with pytest.raises(ValueError, match="noise must be at least 0"):
        Noisy(EmbeddedReber(), -0.1)
