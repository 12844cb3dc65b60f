"""`lstm-edu course stress`: every combination, nothing lost by a kill, failures as rows; and the evidence there is."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lstm_edu import cli, course
from lstm_edu.course.claims import COLUMNS, read
from lstm_edu.course.library import Course
from lstm_edu.course.making.stress import engine, evidence, experiment, training
from lstm_edu.course.making.stress.experiment import Experiment, experiments
from lstm_edu.experiments.lines import append

COMMAND = "lstm-edu course stress 98"


def run(variant, rate, seed, marks):
    """A "loss" that variant, rate, seed and mark change; b diverges at the highest rate after the first mark."""
    for steps in marks:
        if variant == "b" and rate == 0.9 and steps > marks[0]:
            raise FloatingPointError("the loss is nan, # of steps")
        yield steps, {"loss": ord(variant) / steps + rate + seed, "reach": float(steps)}


ONE = Experiment("first", "a before b", ("a", "b"), (0.1, 0.3, 0.9), (10, 30), ("loss", "reach"), run)
TWO = replace(ONE, name="second", seeds=6)
BOTH = (ONE, TWO)


@pytest.fixture(autouse=True)
def _without_waiting_for_the_disk(monkeypatch):
    """No test here cuts the power."""
    monkeypatch.setattr("os.fsync", lambda file: None)


def stress(path, experiments=BOTH, **settings):
    said = []
    outcomes = engine.stress(experiments, path, COMMAND, jobs=1, progress_bar=False, say=said.append, **settings)
    return outcomes, said


def plain(path):
    """The rows of a table without the seconds, which differ from run to run."""
    return read(path).drop(columns="seconds")


def test_every_combination_is_a_row_and_the_standard_is_kept(tmp_path):
    outcomes, _ = stress(tmp_path / "new" / "ch98.csv")
    table = read(tmp_path / "new" / "ch98.csv")
    assert len(outcomes) == 2 * 3 * (5 + 6)
    assert len(table) == len(outcomes) * 2 * 2
    assert set(table[table["experiment"] == "second"]["seed"]) == set(range(1000, 1006))
    row = table[(table.variant == "a") & (table.rate == 0.3) & (table.steps == 30) & (table.seed == 1002)]
    assert row[row.measure == "loss"]["value"].unique() == pytest.approx([97 / 30 + 0.3 + 1002], rel=1e-5)
    assert (row["failure"] == "").all()
    assert evidence.problems(tmp_path / "new" / "ch98.csv", BOTH, 98) == []
    assert (tmp_path / "new" / "ch98.csv").read_text().startswith(f"# {COMMAND}\n{','.join(COLUMNS)}\n")
    assert len(pd.read_csv(tmp_path / "new" / "ch98.csv", comment="#")) == len(table)


def test_a_run_that_diverges_is_a_row_that_says_so_and_what_it_had_reached_stays(tmp_path):
    _, said = stress(tmp_path / "ch98.csv", [ONE])
    table = read(tmp_path / "ch98.csv")
    failed = table[(table.variant == "b") & (table.rate == 0.9)]
    assert failed[failed.steps == 10]["value"].notna().all()
    assert failed[failed.steps == 30]["value"].isna().all()
    assert set(failed["failure"]) == {"FloatingPointError: the loss is nan, no. of steps"}
    assert table["value"].isna().sum() == 5 * 2
    assert "first, b, rate 0.9, seed 1000: FloatingPointError: the loss is nan, no. of steps" in said
    assert evidence.problems(tmp_path / "ch98.csv", [ONE], 98) == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([(10, {"loss": 1.0}), (30, {"loss": 1.0})], "ValueError: run must yield loss, reach, got loss"),
        ([(10, {"loss": 1.0, "reach": np.nan})], "FloatingPointError: reach is nan after 10 steps"),
        ([(10, {"loss": 1.0, "reach": 1})], "ValueError: run ended before 30 steps"),
        ([(30, {"loss": 1.0, "reach": 1})], "ValueError: run must yield at 10 steps, got 30"),
        ([(n, {"loss": 1.0, "reach": 1}) for n in (10, 30, 90)], "ValueError: run must yield at no further steps"),
    ],
)
def test_a_run_that_does_not_yield_what_was_declared_says_what(values, words):
    trial = replace(ONE, run=lambda variant, rate, seed, marks: iter(values)).trials()[0]
    outcome = experiment.execute(trial)
    assert words in outcome.failure
    assert {row[:2] for row in outcome.rows} == {(n, name) for n in ONE.steps for name in ONE.measures}


def interrupted_after(number):
    """`run`, which gets Ctrl-C at the start of a certain run."""
    calls = []

    def stopped(*arguments):
        calls.append(arguments)
        if len(calls) > number:
            raise KeyboardInterrupt
        return run(*arguments)

    return stopped


def test_killed_in_the_middle_and_resumed_the_table_has_the_same_rows(tmp_path):
    stress(tmp_path / "whole.csv")
    path = tmp_path / "killed.csv"
    with pytest.raises(KeyboardInterrupt):
        stress(path, (replace(ONE, run=interrupted_after(17)), TWO))
    assert len(read(path)) == 29 * 4  # of `first` two seeds and five runs more, of `second` two seeds
    # a kill in the midst of a write leaves half a run, and half a line
    whole = path.read_bytes()
    append(path, evidence.rows_of(experiment.execute(TWO.trials()[-1])))
    first = path.read_bytes().index(b"\n", len(whole)) + 1
    path.write_bytes(path.read_bytes()[: first + 20])
    half = path.read_bytes()[first:].decode()
    outcomes, said = stress(path)
    assert len(outcomes) == 66 - 29
    assert said[0] == f"half a line at the end of {path} is dropped: {half}"
    assert said[1] == "runs dropped (incomplete): 1"
    assert said[2] == "29 of 66 runs are there already"
    pd.testing.assert_frame_equal(plain(path), plain(tmp_path / "whole.csv"))
    assert stress(path)[0] == []


def test_fresh_begins_anew_and_with_an_experiments_name_leaves_the_others(tmp_path):
    path = tmp_path / "ch98.csv"
    stress(path)
    assert len(stress(path, only="first", fresh=True)[0]) == 30
    assert evidence.problems(path, BOTH, 98) == []
    assert len(stress(path, fresh=True)[0]) == 66


def test_more_seeds_are_added_to_those_that_are_there(tmp_path):
    path = tmp_path / "ch98.csv"
    stress(path, only="first", seeds=2)
    words = evidence.problems(path, [ONE], 98)
    assert words == ["first: 2 seeds, at least 5 are needed"]
    assert len(stress(path, only="first")[0]) == 3 * 6
    assert evidence.problems(path, [ONE], 98) == []


def test_what_is_no_longer_asked_for_goes_and_what_failed_for_another_reason_is_tried_again(tmp_path):
    def broken(variant, rate, seed, marks):
        if variant == "a" and seed == 1001:
            raise OSError("no disk")
        return run(variant, rate, seed, marks)

    path = tmp_path / "ch98.csv"
    stress(path, [replace(ONE, variants=("a", "b", "c"), run=broken)])
    outcomes, said = stress(path, [ONE])
    assert {outcome.trial.key[1:] for outcome in outcomes} == {("a", rate, 1001) for rate in ONE.rates}
    assert said[:2] == ["runs dropped (no longer asked for): 15", "runs dropped (failed, to be tried again): 3"]
    assert evidence.problems(path, [ONE], 98) == []


def test_a_file_that_is_no_evidence_is_not_overwritten(tmp_path):
    path = tmp_path / "ch98.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="is no table of evidence, or of another form: --fresh begins anew"):
        stress(path)
    assert path.read_text() == "a,b\n1,2\n"
    with pytest.raises(ValueError, match="must have the columns experiment, variant"):
        read(path)
    stress(path, [ONE], fresh=True)
    text = path.read_text().replace("first,b,0.9,10,1002", "first,b,0.9,10,1002,", 1)
    path.write_text(text)
    with pytest.raises(ValueError, match="a line of 14 columns, not 13"):
        stress(path, [ONE])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rates": (0.1, 0.2, 0.3)}, "first: no rate has one a factor 3 below and one a factor 3 above it"),
        ({"steps": (10, 20)}, "first: no budget is three times another"),
        ({"variants": ("a", "b", "c")}, "first: c at rate 0.1 is missing"),
        ({"seeds": 9}, "first: 5 seeds, at least 9 are needed"),
    ],
)
def test_evidence_that_falls_short_of_the_standard_is_found(tmp_path, change, words):
    path = tmp_path / "ch98.csv"
    there = {name: value for name, value in change.items() if name in ("rates", "steps")}
    stress(path, [replace(ONE, **there)])
    assert any(words in problem for problem in evidence.problems(path, [replace(ONE, **change)], 98))


def test_provenance_is_asked_for(tmp_path):
    path = tmp_path / "ch98.csv"
    stress(path, [ONE])
    text = path.read_text()
    numpy = f",{np.__version__},"
    for old, new, words in [
        (f"# {COMMAND}", "# made by hand", "the first line does not name the command"),
        (numpy, ",,", "a line without the version of numpy"),
        (",1000,", ",7,", "the seed 7 is not a fresh one"),
        (",1003,loss", ",1003,lost", "runs dropped (incomplete)"),
    ]:
        path.write_text(text.replace(old, new))
        assert any(words in problem for problem in evidence.problems(path, [ONE], 98)), words


def test_an_experiment_that_is_none_is_refused():
    for change, words in [
        ({"rates": (0.3, 0.1)}, "rates must rise"),
        ({"variants": ["a"]}, "variants must be a tuple of different values"),
        ({"measures": ("x", "x")}, "measures must be a tuple of different values"),
        ({"seeds": 0}, "seeds must be a whole number of at least 1"),
    ]:
        with pytest.raises(ValueError, match=words):
            replace(ONE, **change)


# Training at marks


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_the_marks_of_one_call_are_what_calls_of_their_own_give(schedule):
    import lstm_edu as le

    task = le.tasks.Adding(length=5)

    def make(rng):
        return le.make_network(task, "gru", 3, rng=rng)

    def parameters(*marks):
        return [
            (n, net.params.flat.copy()) for n, net in training.trained(make, task, 0.1, 7, marks, schedule=schedule)
        ]

    together, alone = parameters(2, 6), [*parameters(2), *parameters(6)]
    for (n, found), (m, expected) in zip(together, alone, strict=True):
        assert n == m
        np.testing.assert_array_equal(found, expected)
    assert not np.array_equal(together[0][1], together[1][1])


# The command


def command(*args):
    with pytest.raises(SystemExit) as stop:
        cli.main(["course", "stress", *args])
    return stop.value.code


def test_the_command_names_what_it_does_not_know(capsys):
    assert command("77") == 2
    assert "chapter 77 has no experiments to stress: only " in capsys.readouterr().err
    assert command("10", "--experiment", "addign") == 2
    assert "did you mean 'adding'?" in capsys.readouterr().err
    assert command("--help") == 0
    printed = capsys.readouterr().out
    for option in ("--experiment", "--seeds", "--jobs", "--resume", "--fresh", "--quick", "--out"):
        assert option in printed


def test_the_command_writes_the_table_from_worker_processes_and_goes_on_with_it(tmp_path, capsys, monkeypatch):
    import lstm_edu.course.making.stress.ch10 as chapter

    small = tuple(replace(e, steps=(1, 3), rates=e.rates[:2], seeds=1) for e in chapter.EXPERIMENTS[:2])
    monkeypatch.setattr(chapter, "EXPERIMENTS", small)
    out = str(tmp_path / "ch10.csv")
    assert command("10", "--out", out, "--jobs", "2", "--experiment", "adding") == 0
    assert f"evidence: {out}" in capsys.readouterr().out
    assert command("10", "--out", out, "--jobs", "1", "--seeds", "2") == 0
    assert "8 of 28 runs are there already" in capsys.readouterr().out
    table = read(tmp_path / "ch10.csv")
    assert (tmp_path / "ch10.csv").read_text().startswith("# lstm-edu course stress 10 --seeds 2\n")
    assert table["value"].notna().all()
    assert set(table["seed"]) == {1000, 1001}


def test_quick_tries_everything_and_writes_nothing(tmp_path, capsys, monkeypatch):
    import lstm_edu.course.making.stress.ch10 as chapter

    monkeypatch.setattr(chapter, "EXPERIMENTS", BOTH)
    out = tmp_path / "ch10.csv"
    assert command("10", "--quick", "--out", str(out), "--experiment", "first") == 0
    printed = capsys.readouterr().out
    assert not out.exists()
    assert "second" not in printed
    assert [line.split()[:2] for line in printed.splitlines()] == [["first", "a"], ["first", "b"]]


# What is there


EVIDENCE = Course(evidence.Path(__file__).resolve().parents[3] / "notebooks").evidence


@pytest.mark.parametrize("number", experiment.chapters())
def test_the_evidence_of_a_chapter_is_complete_and_keeps_to_the_standard(number):
    path = EVIDENCE / f"ch{number:02d}.csv"
    assert path.is_file()
    assert evidence.problems(path, experiments(number), number) == []


def test_there_is_no_evidence_without_its_experiments():
    assert {path.name for path in EVIDENCE.glob("*")} <= {f"ch{n:02d}.csv" for n in experiment.chapters()}


# What chapters read


def table_of(values, **columns):
    rows = [(v, seed, value) for v, of_seed in values.items() for seed, value in enumerate(of_seed)]
    frame = pd.DataFrame(rows, columns=["variant", "seed", "value"])
    return frame.assign(**({"experiment": "x", "rate": 0.1, "steps": 10, "measure": "loss"} | columns))


def test_the_leader_has_the_best_median_and_failed_runs_are_the_worst():
    frame = table_of({"a": [1.0, 2.0, 9.0], "b": [1.5, 1.5, 1.5], "c": [np.nan, np.nan, 0.1]})
    low = course.leads(frame, "loss").loc[(0.1, 10)]
    assert low.tolist() == ["b", 1.5, "a", 2.0, 2, 3]
    high = course.leads(frame, "loss", better="high").loc[(0.1, 10)]
    assert high["leader"] == "a"
    won = course.beats(frame, "loss", "a", "c").loc[(0.1, 10)]
    assert won[["wins", "losses", "pairs"]].tolist() == [2, 1, 3]
    assert won["median of a"] == 2
    assert won["median of c"] == np.inf
    assert course.beats(frame, "loss", "c", "a", better="high").loc[(0.1, 10), "median of c"] == -np.inf


def test_the_best_rate_is_chosen_for_every_variant_and_budget():
    frame = pd.concat([table_of({"a": [value], "b": [4 - value]}, rate=rate, steps=steps)
                       for rate, steps, value in [(0.1, 10, 1), (0.3, 10, 3), (0.1, 30, 3), (0.3, 30, 1)]])  # fmt: skip
    assert course.best_rates(frame, "loss").to_dict() == {10: {"a": 0.1, "b": 0.3}, 30: {"a": 0.3, "b": 0.1}}
    assert course.best_rates(frame, "loss", better="high").loc["a"].tolist() == [0.3, 0.1]
    best = course.at_best_rates(frame, "loss")
    assert sorted(zip(best.variant, best.steps, best.value, strict=True)) == [
        ("a", 10, 1),
        ("a", 30, 1),
        ("b", 10, 1),
        ("b", 30, 1),
    ]
    assert course.leads(best, "loss").loc[("own best", 10), "pairs"] == 1


def test_a_comparison_names_what_is_wrong_with_its_arguments():
    frame = table_of({"a": [1.0], "b": [2.0]})
    for call, words in [
        (lambda: course.leads(frame, "los"), "unknown measure 'los'"),
        (lambda: course.leads(frame, "loss", better="lowest"), "unknown better 'lowest'"),
        (lambda: course.leads(frame[frame.variant == "a"], "loss"), "at least two variants"),
        (lambda: course.beats(frame, "loss", "a", "c"), "unknown variant 'c'"),
        (
            lambda: course.best_rates(pd.concat([frame, frame.assign(experiment="y")]), "loss"),
            "one experiment, got x, y",
        ),
    ]:
        with pytest.raises(ValueError, match=words):
            call()


def test_evidence_is_found_beside_a_copy_first_and_its_absence_says_what_makes_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"no evidence for chapter 98 .*`lstm-edu course stress 98` makes it"):
        course.evidence(98)
    stress(tmp_path / "evidence" / "ch98.csv")
    inner = tmp_path / "answer-key"
    inner.mkdir()
    monkeypatch.chdir(inner)
    assert len(course.evidence(98)) == len(course.evidence(98, "first")) + len(course.evidence(98, "second"))
    with pytest.raises(ValueError, match="unknown experiment 'frist': did you mean 'first'"):
        course.evidence(98, "frist")
