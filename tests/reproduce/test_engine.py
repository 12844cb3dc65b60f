"""Trials of an experiment: their rules, their file, and what is printed beside what was published."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lstm_edu import plotting
from lstm_edu.reproduce import PAPERS, engine, papers, reproduce, results, summary
from lstm_edu.reproduce.hochreiter1997 import Design, Network, rules, trial
from lstm_edu.reproduce.hochreiter1997.problems import Marked, Reber, TwoClasses
from lstm_edu.reproduce.hochreiter1997.rules import AllRight, Grammar, Recent, legal_symbols
from lstm_edu.reproduce.outcome import Outcome
from lstm_edu.reproduce.paper import Experiment, Measure, Paper, Published, Row
from lstm_edu.tasks import EmbeddedReber

ADDING = Design(2, 1, 2, 2, biased="hidden", output_bias=True, linear_outputs=True, input_gates=(-3.0, -6.0))
EASY = trial.Setting(Marked(8), ADDING, 0.5, Recent(0.5, 1, 0.3, last=50), 2000, 64)
HARD = replace(EASY, rule=Recent(1e-9, 1, 1e-9, last=50), most=1200)


@pytest.fixture
def small(monkeypatch):
    """A paper with one experiment of two rows that take no time."""
    rows = (
        Row("easy", EASY, Published("table 1", 1000, 1.0, 3, 0.5), 0.1, 2),
        Row("hard", HARD, Published("table 1", None, None, 4), 0.1),
    )
    paper = Paper("small1999", "Nobody: nothing", (Experiment("sums", "1", "Add.", rows, trial.run),))
    monkeypatch.setitem(PAPERS, "small1999", paper)
    return paper


def run(tmp_path, **options):
    said = []
    path = tmp_path / "found.csv"
    found = reproduce("small1999", "sums", jobs=1, out=path, say=said.append, **options)
    return found, path, said


def test_each_budget_has_its_rows_and_trials(small, tmp_path):
    quick, path, _ = run(tmp_path)
    assert quick.table[["row", "seed"]].to_numpy().tolist() == [["easy", 0], ["easy", 1]]
    whole, _, _ = run(tmp_path, budget="paper")
    assert whole.table["row"].tolist() == ["easy"] * 3 + ["hard"] * 4
    one, _, _ = run(tmp_path, rows="hard", trials=1, seed=7)
    assert one.table[["row", "seed"]].to_numpy().tolist() == [["hard", 7]]
    assert path.read_text().splitlines()[0] == "# lstm-edu reproduce small1999 sums"


def test_a_trial_is_the_same_wherever_it_runs_and_in_another_order(small, tmp_path):
    first, _, _ = run(tmp_path, rows="easy", trials=3)
    later, _, _ = run(tmp_path, rows="easy", trials=1, seed=2)
    columns = ["success", "sequences", "steps", "wrong", "error"]
    assert first.table.iloc[2][columns].tolist() == later.table.iloc[0][columns].tolist()
    assert first.table["error"].nunique() == 3


def test_a_trial_that_never_meets_the_rule_ends_where_it_is_given_up(small, tmp_path):
    found, _, _ = run(tmp_path, rows="hard", trials=1)
    assert found.table.iloc[0][["success", "sequences", "tested", "wrong"]].tolist() == [False, 1200, 64, 64]


def test_what_is_there_is_not_run_again_and_half_a_line_is_dropped_with_a_notice(small, tmp_path):
    found, path, _ = run(tmp_path, rows="easy", trials=3)
    whole = path.read_bytes()
    path.write_bytes(whole[:-30])
    again, _, said = run(tmp_path, rows="easy", trials=3, resume=True)
    assert any(words.startswith(f"half a line at the end of {path} is dropped: ") for words in said)
    assert "2 of 3 trials are there already" in said
    kept = ["row", "seed", "success", "sequences", "steps", "wrong", "error"]
    pd.testing.assert_frame_equal(again.table[kept], found.table[kept])
    pd.testing.assert_series_equal(again.table["seconds"][:2], found.table["seconds"][:2])


def test_a_file_of_another_version_of_other_settings_or_of_something_else_is_refused(small, tmp_path):
    _, path, _ = run(tmp_path, rows="easy", trials=1)
    text = path.read_text()
    version = results.versions()[0]
    for changed, words in (
        (text.replace(f",{version},", ",0.0.1,"), "was made by version 0.0.1"),
        (text.replace("rate=0.5", "rate=0.25"), "other settings"),
        (text.replace("small1999", "large1999"), "holds large1999 sums"),
        (text.replace("easy,0", "gone,0"), "other settings"),
        (text.replace(",seed,", ",sead,"), "no file of results"),
        (text[:-1] + ",more\n", "columns"),
        ("", "no file of results"),
    ):
        path.write_text(changed)
        with pytest.raises(ValueError, match=words):
            run(tmp_path, rows="easy", trials=1, resume=True)
    path.write_text(text.replace(f",{version},", ",0.0.1,"))
    run(tmp_path, rows="easy", trials=1)  # without resume it is written over
    assert f",{version}," in path.read_text()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"paper": "hochreiter97"}, "did you mean 'hochreiter1997'"),
        ({"experiment": "addin"}, "did you mean 'adding'"),
        ({"rows": "10"}, "did you mean '100'"),
        ({"rows": []}, "rows must be names of rows"),
        ({"budget": "papers"}, "did you mean 'paper'"),
        ({"trials": 0}, "trials must be a whole number of at least 1, got 0"),
        ({"seed": -1}, "seed must be a whole number of at least 0, got -1"),
        ({"jobs": 0}, "jobs must be"),
        ({"resume": True}, "resume must be False where there is no file"),
    ],
)
def test_what_is_not_there_and_what_cannot_be_is_refused(options, words):
    with pytest.raises(ValueError, match=words):
        reproduce(**{"paper": "hochreiter1997", "experiment": "adding"} | options)


def test_ctrl_c_keeps_the_trials_that_had_ended(small, tmp_path, monkeypatch):
    real, calls = engine.execute, []

    def execute(trial):
        calls.append(trial)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(trial)

    monkeypatch.setattr(engine, "execute", execute)
    with pytest.raises(KeyboardInterrupt) as stop:
        run(tmp_path, rows="easy", trials=5)
    assert (len(stop.value.finished.table), stop.value.asked) == (2, 5)
    monkeypatch.setattr(engine, "execute", real)
    _, _, said = run(tmp_path, rows="easy", trials=5, resume=True)
    assert "2 of 5 trials are there already" in said


def test_the_summary_takes_the_mean_over_the_trials_that_succeeded(small):
    experiment = small.experiments[0]
    lines = [
        results.line_of(small, experiment, "easy", seed, Outcome(sequences, success, 10, None, wrong, 100, 0.1), 1.0)
        for seed, (sequences, success, wrong) in enumerate([(1000, True, 1), (3000, True, 3), (9000, False, 90)])
    ]
    [row] = summary.Reproduction(small, experiment, lines).summary().to_dict("records")
    assert row["published"] == "1 000"
    assert row["measured"] == "2 000"
    assert row["range"] == "1 000 .. 3 000"
    assert row["success"] == "100 % | 2 of 3"
    assert row["wrong"] == "50 % | 2 %"
    assert row["trials"] == "3 | 3"


def test_the_figure_has_every_trial_the_mean_and_the_published_number(small, tmp_path):
    found, _, _ = run(tmp_path, budget="paper")
    axes = plotting.reproduced(found).axes[0]
    points = {line.get_marker(): line.get_xdata() for line in axes.lines if len(line.get_xdata())}
    assert len(points["x"]) == 4  # every trial of the hard row
    assert points["D"].tolist() == [1000]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["easy", "hard"]
    words = [text.get_text() for text in axes.get_legend().get_texts()]
    assert words == ["a trial", "given up", "mean of the successes", "published mean"]
    [hard] = [trials for row, trials in found.rows() if row.name == "hard"]
    unknown = plotting.reproduced(summary.Reproduction(small, small.experiments[0], found.lines[3:]))
    assert len(hard) == 4
    words = [text.get_text() for text in unknown.axes[0].get_legend().get_texts()]
    assert "published mean" not in words


# Experiments that yield other numbers than sequences, or learn a file of the user's.


def _measured(setting, seed, tick, data=None):
    tick(1)
    found = setting["slope"] * seed + (0 if data is None else int(Path(data).read_text()))
    return Outcome(7, True, 70, values=(found, 2.0 * found))


@pytest.fixture
def measured(monkeypatch):
    """A paper whose experiments yield two numbers each; the second learns a file."""
    rows = (
        Row("low", {"slope": 1.0}, Published("table 1", None, None, 3, values={"nll": 0.5}), 0.1, 3),
        Row("high", {"slope": 10.0}, Published("not printed", None, None, 2), 0.1, 2),
    )
    measures = (Measure("nll", "negative log-likelihood (nats per step)"), Measure("twice", "twice of it", log=True))
    common = {"rows": rows, "run": _measured, "measures": measures, "counts": ""}
    free = Experiment("free", "1", "Without a file.", **common)
    bound = Experiment("bound", "2", "With one.", data="a file with a number", **common)
    paper = Paper("measured2001", "Nobody: numbers", (free, bound))
    monkeypatch.setitem(PAPERS, "measured2001", paper)
    return paper


def test_a_measure_is_the_mean_of_all_trials_beside_what_was_published(measured):
    found = reproduce("measured2001", "free", jobs=1)
    low, high = found.summary().to_dict("records")
    assert low == {"row": "low", "nll": "0.5 | 1 ± 1", "twice": "- | 2 ± 2", "trials": "3 | 3", "where": "table 1"}
    assert high["nll"] == "- | 5 ± 7.07"
    axes = plotting.reproduced(found).axes[0]
    assert (axes.get_xlabel(), axes.get_xscale()) == ("negative log-likelihood (nats per step)", "linear")
    points = {line.get_marker(): line.get_xdata().tolist() for line in axes.lines if len(line.get_xdata())}
    assert points["D"] == [0.5]
    assert points["|"] == [5.0]  # the mean of the last row


def test_an_outcome_has_a_value_for_every_measure(measured):
    with pytest.raises(ValueError, match="values must be 2 numbers, got 1"):
        results.line_of(measured, measured.experiments[0], "low", 0, Outcome(1, True, 1, values=(1.0,)), 1.0)


def test_trials_of_another_file_are_not_gone_on_with_but_can_be_looked_at(measured, tmp_path):
    data, path = tmp_path / "number", tmp_path / "found.csv"
    data.write_text("100")
    asked = {"jobs": 1, "data": data, "out": path, "say": lambda words: None}
    found = reproduce("measured2001", "bound", trials=1, **asked)
    assert found.table["nll"].tolist() == [100.0, 100.0]
    said = []
    reproduce("measured2001", "bound", trials=2, resume=True, **asked | {"say": said.append})
    assert said == ["2 of 4 trials are there already"]
    data.write_text("101")
    with pytest.raises(ValueError, match="other settings"):
        reproduce("measured2001", "bound", trials=3, resume=True, **asked)
    lines, _ = results.read(path, measured, measured.experiments[1], any_version=True)
    assert len(lines) == 4


@pytest.mark.parametrize(
    ("experiment", "data", "words"),
    [
        ("bound", None, "data must be a file with a number, got none: bound does not run without it"),
        ("bound", "nowhere.json", "data must be a file with a number, got 'nowhere.json', which is no file"),
        ("free", "nowhere.json", "data must be None, got 'nowhere.json': free draws what it learns itself"),
    ],
)
def test_a_file_that_is_missing_or_not_asked_for_is_refused(measured, experiment, data, words):
    with pytest.raises(ValueError, match=words):
        reproduce("measured2001", experiment, data=data)


# The rules of the paper.


def test_training_ends_at_the_very_sequence_at_which_the_last_ones_are_right():
    rule = Recent(0.5, 1, 0.3, last=50)
    outcome = trial.run(replace(EASY, rule=rule, most=20_000), 1)
    network, state = Network(ADDING, np.random.default_rng(np.random.SeedSequence(1).spawn(4)[0])), None
    state = trial.generator_state(np.random.SeedSequence(1).spawn(4)[1])
    problem, recent, count = Marked(8), [], 0
    while len(recent) < 50 or max(recent) >= 0.5 or np.mean(recent) >= 0.3:
        one = problem.room(1)
        problem.draw(state, one)
        recent = [*recent[-49:], abs(network.answers(one)[0, one.lengths[0] - 1, 0] - one.targets[0, 0])]
        _learn_one(network, one)
        count += 1
    assert outcome.success
    assert outcome.sequences == count


def _learn_one(network, one):
    from lstm_edu.reproduce.hochreiter1997 import blocks

    none = np.zeros((0, 2)), np.zeros(2, np.int64), np.zeros(3)
    blocks.learn(*network.kernel_arguments, *one, np.array([0]), 0.5, *none, np.zeros(1))


def test_a_weaker_rule_is_met_no_later_than_the_stronger_one():
    design = Design(1, 1, 3, 1, biased="hidden", input_gates=(-1.0, -3.0, -5.0), output_gates=(-2.0, -4.0, -6.0))
    rule = rules.Tested(0.2, (1, np.inf), (1, 0.05), sequences=64)
    outcome = trial.run(trial.Setting(TwoClasses(10, 3), design, 1.0, rule, 50_000, 256), 0)
    assert outcome.success
    assert 0 < outcome.first <= outcome.sequences
    assert outcome.sequences % 100 == 0
    assert outcome.wrong < 26


def test_the_fixed_test_set_is_the_one_that_the_rule_is_asked_on(monkeypatch):
    asked, met = [], rules.Tested.met

    def watched(rule, network, test, last):
        asked.append(test)
        return met(rule, network, test, last)

    monkeypatch.setattr(rules.Tested, "met", watched)
    rule = rules.Tested(0.2, (1, np.inf), (1, 1e-9), sequences=7)
    setting = trial.Setting(TwoClasses(10, 3), Design(1, 1, 3, 1), 1.0, rule, 300)
    trial.run(setting, 5)
    assert len(asked) == 3
    for test in asked:
        for ours, theirs in zip(trial.fixed_test(setting, 5), test, strict=True):
            np.testing.assert_array_equal(ours, theirs)
    assert not np.array_equal(trial.fixed_test(setting, 6).x, asked[0].x)


@pytest.mark.parametrize(
    ("first", "second"), [((4, np.inf), (4, 0.4)), ((9, 0.35), (3, np.inf)), ((50, 0.5), (50, 0.45))]
)
def test_a_look_that_ends_early_says_what_reading_every_sequence_says(first, second):
    rule, problem = rules.Tested(0.55, first, second, sequences=50), TwoClasses(10, 3)
    test, last, rng = problem.room(50), np.zeros((50, 2)), np.random.default_rng(7)
    problem.draw(trial.generator_state(np.random.SeedSequence(3)), test, testing=True)
    network, said = Network(Design(1, 1, 3, 1, biased="hidden", init=1.0), rng=0), []
    for _ in range(300):
        network.net.all[:] = rng.uniform(-3, 3, len(network.net.all)) * network.free.all
        rows, ends = np.arange(50), test.lengths - 1
        errors = abs(network.answers(test)[rows, ends, 0] - test.targets[:, 0])
        wrong, mean = (errors >= 0.55).sum(), errors.mean()
        plain = tuple(wrong < many and mean < limit for many, limit in (first, second))
        said.append(rule.met(network, test, last))
        assert said[-1] == plain
    assert len(set(said)) > 1


def test_a_look_at_a_net_that_fails_reads_the_worst_of_the_last_look_and_no_more(monkeypatch):
    from lstm_edu.reproduce.hochreiter1997 import blocks

    rule, problem, read, judge = rules.Tested(0.2, (2, np.inf), (1, 0.01), 100), TwoClasses(10, 3), [], blocks.judge
    monkeypatch.setattr(blocks, "judge", lambda *given: read.append(given[5:9]) or judge(*given))
    test, last = problem.room(100), np.zeros((100, 2))
    problem.draw(trial.generator_state(np.random.SeedSequence(3)), test, testing=True)
    last[[70, 30], 0] = 0.9, 0.8
    assert rule.met(Network(Design(1, 1, 3, 1), rng=0), test, last) == (False, False)
    assert len(read) == 1
    np.testing.assert_array_equal(read[0][1][:3], test.x[[70, 30, 0]])
    assert (last[:, 0] == 0).sum() == 100 - len(read[0][1])


def test_a_rule_that_asks_no_fixed_set_has_none():
    with pytest.raises(ValueError, match="setting must have a rule that is Tested, got Recent"):
        trial.fixed_test(EASY, 0)


def test_all_right_ends_at_the_first_wrong_sequence_and_needs_every_one():
    network, problem = Network(ADDING, rng=0), Marked(8)
    assert AllRight(2.0, sequences=250).met(network, problem, trial.generator_state(np.random.SeedSequence(0)))
    assert not AllRight(0.3, sequences=250).met(network, problem, trial.generator_state(np.random.SeedSequence(0)))


def test_the_rule_of_the_grammar_asks_what_the_task_asks():
    strings = Reber(30).sets(1)[0]
    legal = legal_symbols(strings)
    one_hot = np.eye(7, dtype=np.float32)[strings.lines[:, :-1, 0]].transpose(1, 0, 2)
    theirs = EmbeddedReber.legal_next(np.ascontiguousarray(one_hot), strings.lengths)
    np.testing.assert_array_equal(legal.transpose(1, 0, 2), theirs)


class Oracle:
    """Answers by the grammar itself, but for a string of which it gets a step wrong."""

    def __init__(self, wrong=None):
        self.wrong = wrong

    def answers(self, strings):
        y = legal_symbols(strings) * 0.5
        if self.wrong is not None and len(y) > self.wrong:
            y[self.wrong, 3] = 0.5 - y[self.wrong, 3]
        return y


def test_the_rule_of_the_grammar_is_met_by_the_grammar_and_by_nothing_less():
    sets = Reber(40).sets(0)
    assert Grammar().met(Oracle(), sets)
    assert not Grammar().met(Oracle(wrong=0), sets)
    assert not Grammar().met(Oracle(wrong=23), sets)  # behind the first look


def test_every_row_names_its_source():
    for paper in PAPERS.values():
        for experiment in paper.experiments:
            assert papers.experiment_of(paper, experiment.name) is experiment
            assert any(row.quick for row in experiment.rows)
            assert len({row.name for row in experiment.rows}) == len(experiment.rows)
            for row in experiment.rows:
                assert row.published.where
                assert row.published.trials > 1
                assert row.published.values.keys() <= {measure.name for measure in experiment.measures}


def test_every_row_of_1997_can_begin():
    for experiment in PAPERS["hochreiter1997"].experiments:
        for row in experiment.rows:
            fewer = {"test": min(row.setting.test, 5)} if hasattr(row.setting, "test") else {}
            outcome = experiment.run(replace(row.setting, most=3, **fewer), 0, lambda n: None)
            assert outcome.sequences == 3
            assert not outcome.success


def test_a_setting_whose_network_does_not_fit_the_problem_is_refused():
    with pytest.raises(ValueError, match="design must have the problem's 1 inputs, got 2"):
        trial.Setting(TwoClasses(), ADDING, 0.5, Recent(0.1), 10)


def test_no_two_columns_of_an_experiment_s_file_have_the_same_name():
    for paper in PAPERS.values():
        for experiment in paper.experiments:
            names = results.columns(experiment)
            assert len(set(names)) == len(names), (paper.name, experiment.name)
