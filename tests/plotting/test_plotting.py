"""The figures: what is drawn, and that drawing touches nothing else."""

import matplotlib
import numpy as np
import pandas as pd
import pytest

import lstm_edu as le
from lstm_edu.plotting import style


@pytest.fixture(scope="module")
def comparison():
    task = le.tasks.Adding(length=6)
    return le.compare(task, cells=["rnn", "gru"], units=4, steps=10, seeds=3, jobs=1, progress_bar=False)


def test_learning_curves_show_the_median_the_range_and_the_baseline(comparison):
    axes = le.plotting.learning_curves(comparison).axes[0]
    lines = {line.get_label().split(",")[0]: line for line in axes.lines}
    assert list(lines) == ["RNN", "GRU", "baseline: best guess\nwithout memory"]
    runs = comparison.curves.query("cell == 'gru'").pivot(index="step", columns="seed", values="valid_loss")
    np.testing.assert_allclose(lines["GRU"].get_ydata(), np.median(runs, axis=1))
    band = axes.collections[1].get_paths()[0].vertices[:, 1]
    assert band.min() == pytest.approx(runs.min().min())
    assert band.max() == pytest.approx(runs.max().max())
    assert set(lines["baseline: best guess\nwithout memory"].get_ydata()) == {le.tasks.Adding(length=6).baseline}
    assert lines["RNN"].get_linestyle() != lines["GRU"].get_linestyle()  # not by colour alone


def test_gates_over_time_draws_the_chosen_sequence():
    layer = le.LSTM(2, 5, rng=0)
    x = np.random.default_rng(0).standard_normal((9, 3, 2))
    gates = layer.gates(layer.forward(x)[1])
    figure = le.plotting.gates_over_time(gates, x, sequence=2, names=["c", "f"])
    images = [axis.images[0].get_array() for axis in figure.axes if axis.images]
    np.testing.assert_array_equal(images[0], gates["c"][:, 2].T)
    np.testing.assert_array_equal(images[1], gates["f"][:, 2].T)
    with pytest.raises(ValueError, match=r"sequence must be a whole number in 0 \.\. 2, got 3"):
        le.plotting.gates_over_time(gates, x, sequence=3)
    with pytest.raises(ValueError, match="at least one of the gates, got none"):
        le.plotting.gates_over_time(gates, names=[])
    for shape in ((9, 2), (9, 3), (8, 3, 2), (9, 3, 2, 2)):
        with pytest.raises(ValueError, match=r"^x must have .*\(9, 3, D\).*, got "):
            le.plotting.gates_over_time(gates, np.zeros(shape))
    with pytest.raises(ValueError, match=r"^x must be an array"):
        le.plotting.gates_over_time(gates, [[1.0], [1.0, 2.0]])
    with pytest.raises(ValueError, match="at least one of the gates, got none"):
        le.plotting.gates_over_time({})
    for wrong in (5, None, [gates["c"]]):
        with pytest.raises(ValueError, match=r"gates must be a dict, as layer.gates\(tape\) gives it, got "):
            le.plotting.gates_over_time(wrong)
    for wrong in (0.5, True, -1):
        with pytest.raises(ValueError, match="sequence must be a whole number"):
            le.plotting.gates_over_time(gates, sequence=wrong)
    with pytest.raises(ValueError, match="there is no 'z'; there are i, f, g, o, h, c"):
        le.plotting.gates_over_time(gates, names=["z"])


def test_a_state_that_counts_leaves_candidate_and_output_a_scale_of_their_own_and_gates_theirs():
    rng = np.random.default_rng(0)
    gates = {name: rng.uniform(size=(9, 3, 5)) for name in ("i", "g", "c", "h")}
    gates["c"][:, 1] = -20.0
    figure = le.plotting.gates_over_time(gates, sequence=1)
    bounds = [axis.images[0].get_clim() for axis in figure.axes if axis.images]
    assert bounds == [(0, 1), (-1, 1), (-20, 20), (-1, 1)]
    bars = [axis.get_ylabel() for axis in figure.axes if not axis.images]
    assert sorted(bars) == ["candidate, output", "cell state", "gates"]


def test_time_steps_have_whole_numbers_as_ticks_for_short_sequences_too():
    figure = le.plotting.gates_over_time({"f": np.full((3, 1, 2), 0.5)})
    ticks = figure.axes[0].get_xticks()
    assert len(ticks) > 1
    np.testing.assert_array_equal(ticks, np.round(ticks))


def test_every_cell_has_a_style_of_its_own():
    assert set(style.CELL_STYLES) == set(style.CELL_TITLES) == set(le.cells.CLASSIC)
    assert len({colour for colour, _ in style.CELL_STYLES.values()}) == len(le.cells.CLASSIC)
    for cell, own in style.CELL_STYLES.items():
        assert (style.colour(cell), style.line(cell), style.cell_title(cell)) == (*own, style.CELL_TITLES[cell])


def test_a_cell_of_ones_own_is_drawn_under_its_name_in_a_colour_and_line_that_no_known_cell_has(comparison):
    renamed = {"cell": {"gru": "other"}}
    theirs = le.Comparison(comparison.table.replace(renamed), comparison.curves.replace(renamed), comparison.about)
    line = le.plotting.learning_curves(theirs).axes[0].lines[1]
    assert line.get_label().startswith("other, ")
    assert line.get_color() == style.colour("other")
    colours, lines = zip(*style.CELL_STYLES.values(), strict=True)
    for name in ("mine", "lstm-2", "GRU", "記憶"):
        assert style.colour(name) not in (*colours, style.REFERENCE)
        assert style.line(name) not in lines
        assert (style.colour(name), style.line(name)) == (style.colour(name), style.line(name))
    assert (style.colour("mine"), style.line("mine")) == ("#882255", (0, (7, 2)))  # the same in every process
    assert len({(style.colour(f"cell{k}"), style.line(f"cell{k}")) for k in range(40)}) > 15


def test_drawing_leaves_the_readers_settings_and_no_open_figures(comparison, tmp_path):
    before = dict(matplotlib.rcParams)
    path = le.plotting.save(le.plotting.learning_curves(comparison), tmp_path / "a" / "curves.png")
    assert dict(matplotlib.rcParams) == before
    assert path.read_bytes().startswith(b"\x89PNG")
    assert [p.name for p in path.parent.iterdir()] == ["curves.png"]


def test_a_figure_without_an_ending_becomes_a_png(tmp_path):
    layer = le.RNN(2, 3, rng=0)
    figure = le.plotting.gates_over_time(layer.gates(layer.forward(np.ones((4, 2, 2)))[1]))
    path = le.plotting.save(figure, tmp_path / "gates")
    assert path == tmp_path / "gates.png"
    assert path.read_bytes().startswith(b"\x89PNG")


def lines_of(figure):
    return {line.get_label(): line.get_ydata() for line in figure.axes[0].lines}


def test_a_history_and_a_table_of_curves_are_drawn_as_far_as_they_are_known(comparison):
    whole = lines_of(le.plotting.learning_curves(comparison))
    curves = lines_of(le.plotting.learning_curves(comparison.curves))
    assert list(curves) == ["RNN", "GRU"]
    for (_, drawn), known in zip(whole.items(), curves.values(), strict=False):
        np.testing.assert_array_equal(drawn, known)
    net = le.make_network(le.tasks.Adding(length=6), "gru", units=3, rng=0)
    history = le.fit(net, le.tasks.Adding(length=6), steps=6, every=2, batch=2, progress_bar=False)
    for given in (history, history.table):
        figure = le.plotting.learning_curves(given, title="mine")
        np.testing.assert_array_equal(lines_of(figure)["validation loss"], history["valid_loss"])
        assert figure.axes[0].get_xlim() == (0, 6)
        assert figure.get_suptitle() == "mine"


def test_several_histories_have_a_line_each_by_their_names():
    rows = [(10, 0.5, 0.3, 0, False, 1.0, 0.1, 1.0), (20, 0.2, 0.1, 1, True, 1.0, 0.1, 2.0)]
    short, long = le.History(rows[:1]), le.History(rows)
    drawn = lines_of(le.plotting.learning_curves([short, long]))
    assert {name: list(y) for name, y in drawn.items()} == {"1": [0.3], "2": [0.3, 0.1]}
    figure = le.plotting.learning_curves({"mine": short, "gru": long.table}, title="two")
    assert list(lines_of(figure)) == ["mine", "GRU"]
    assert figure.axes[0].lines[1].get_color() == style.colour("gru")
    assert figure.axes[0].get_xlim() == (0, 20)
    assert figure.get_suptitle() == "two"
    styles = {
        (line.get_color(), line.get_linestyle()) for line in le.plotting.learning_curves([long] * 7).axes[0].lines
    }
    assert len(styles) == 7
    with pytest.raises(ValueError, match=r"comparison must be what compare or fit returned, .*got int"):
        le.plotting.learning_curves([long, 5])
    with pytest.raises(ValueError, match="at least one evaluation"):
        le.plotting.learning_curves({"empty": le.History()})


def test_a_comparison_that_was_read_draws_the_same_lines(comparison, tmp_path):
    again = le.Comparison.read(comparison.save(tmp_path, "mine"))
    one, two = (lines_of(le.plotting.learning_curves(found)) for found in (comparison, again))
    assert list(one) == list(two)
    for label in one:
        np.testing.assert_array_equal(one[label], two[label])


@pytest.mark.parametrize(
    ("wrong", "got"),
    [(5, "got int"), (None, "got NoneType"), (pd.DataFrame({"step": [1]}), "got the columns step"), ([], "got list")],
    ids=["number", "None", "table", "list"],
)
def test_what_holds_no_curves_is_refused(wrong, got):
    with pytest.raises(ValueError, match=f"^comparison must be what compare or fit returned, or a table with .*{got}$"):
        le.plotting.learning_curves(wrong)
    with pytest.raises(ValueError, match="at least one evaluation"):
        le.plotting.learning_curves(le.History())


def evidence_table(**columns):
    """Two variants, two rates, two budgets and three seeds; every run of b at the higher rate but one has failed."""
    rows = [
        (variant, rate, steps, seed, seed + steps * rate + (variant == "b"))
        for variant in "ab"
        for rate in (0.1, 0.3)
        for steps in (10, 30)
        for seed in (1, 2, 70)
    ]
    frame = pd.DataFrame(rows, columns=["variant", "rate", "steps", "seed", "value"])
    frame.loc[(frame.variant == "b") & (frame.rate == 0.3) & (frame.seed > 1), "value"] = np.nan
    return frame.assign(**({"experiment": "x", "measure": "loss"} | columns))


def test_evidence_has_a_panel_a_rate_with_shared_scales_and_the_median_of_all_runs():
    figure = le.plotting.evidence(evidence_table(), "loss", label="the loss", reference=2.0, names={"a": "A"})
    left, right = figure.axes
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["rate 0.1", "rate 0.3"]
    assert left.get_ylim() == right.get_ylim()
    assert left.get_xscale() == "log"
    assert [tick.get_text() for tick in left.get_xticklabels()] == ["10", "30"]
    a, b, reference = left.lines
    np.testing.assert_allclose(a.get_ydata(), [3, 5])
    np.testing.assert_allclose(b.get_ydata(), [4, 6])
    assert set(reference.get_ydata()) == {2.0}
    assert np.isnan(right.lines[1].get_ydata()).all()  # not the median of the one that was left
    assert a.get_color() != b.get_color()
    assert a.get_linestyle() != b.get_linestyle()
    assert left.get_ylabel() == "the loss"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["A", "b"]


def test_evidence_of_cells_has_their_colours_and_of_large_ratios_a_logarithmic_axis():
    frame = evidence_table().replace({"variant": {"a": "lstm", "b": "gru"}})
    (axes, _) = le.plotting.evidence(frame, "loss", band="quartiles").axes
    assert axes.lines[0].get_color() == style.CELL_STYLES["lstm"][0]
    assert axes.get_yscale() == "log"
    assert le.plotting.evidence(frame, "loss", log=False).axes[0].get_yscale() == "linear"
    zeros = frame.assign(value=0.0)
    assert le.plotting.evidence(zeros[zeros.steps == 10], "loss").axes[0].get_yscale() == "linear"


def test_evidence_at_best_rates_has_a_panel_of_its_own_at_the_end():
    frame = pd.concat([evidence_table(rate="own best"), evidence_table()])
    figure = le.plotting.evidence(frame, "loss")
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["rate 0.1", "rate 0.3", "own best rate"]


def test_evidence_that_can_not_be_drawn_is_refused():
    frame = evidence_table()
    for wrong, measure, settings, words in [
        (frame, "los", {}, "measure must be one of loss, got 'los'"),
        (pd.concat([frame, evidence_table(experiment="y")]), "loss", {}, "frame must hold one experiment, got x, y"),
        (frame, "loss", {"band": "some"}, "band must be 'all' or 'quartiles', got 'some'"),
    ]:
        with pytest.raises(ValueError, match=words):
            le.plotting.evidence(wrong, measure, **settings)
