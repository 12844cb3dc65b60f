"""The drawings of cells and networks: complete, growing, true to the kernels, and with nothing on top of another."""

import itertools
import re
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import Circle, FancyBboxPatch

import lstm_edu as le
from lstm_edu.plotting.diagrams.parts import CIRCUITS

STAGES = [(cell, stage) for cell in CIRCUITS for stage in (*range(1, len(CIRCUITS[cell].stages) + 1), None)]
NET = le.Sequential(
    [
        le.Embedding(12, 6, rng=0),
        le.Conv1D(6, 9, 3, padding="valid", rng=0),
        le.MaxPool1D(2),
        le.PeepholeLSTM(9, 32, rng=0),
        le.Dropout(0.2, rng=0),
        le.GRU(32, 16, rng=0),
        le.Dense(16, 1, steps="last", rng=0),
    ]
)
PICTURES = {
    **{f"{cell} {stage}": (le.plotting.diagram, (cell, stage)) for cell, stage in STAGES},
    **{f"unrolled {n} {back}": (le.plotting.unrolled, (n, back)) for n in (1, 4, 5, 8) for back in (False, True)},
    **{
        f"unrolled lstm97 {n} {back}": (le.plotting.unrolled, (n, back, "lstm97"))
        for n in (1, 3, 4)
        for back in (False, True)
    },
    "stack of a network": (le.plotting.stack, (NET,)),
    "stack of pairs": (le.plotting.stack, ([("", "(T, B, 2)"), ("a" * 30 + "\n" + "m" * 30, "w" * 30), ("GRU", "")],)),
}


@pytest.fixture(scope="module", params=PICTURES)
def picture(request):
    draw, arguments = PICTURES[request.param]
    return measured(draw(*arguments))


def measured(figure):
    """A figure with its texts, its boxes and nodes, and its wires, each with where it is, in pixels.

    Texts are taken a little smaller, because their extent has a margin; the frame and the taps are left out.
    """
    renderer = FigureCanvasAgg(figure).get_renderer()
    axes = figure.axes[0]
    kinds = (FancyBboxPatch, Circle)
    patches = [p for p in axes.patches if isinstance(p, kinds) and p.get_gid() not in ("frame", "tap")]
    return SimpleNamespace(
        figure=figure,
        texts=[(t, t.get_window_extent(renderer).padded(-1)) for t in axes.texts if t.get_text()],
        shapes=[(p, p.get_window_extent(renderer)) for p in patches],
        wires=[(line, axes.transData.transform(line.get_xydata())) for line in axes.lines],
    )


def dense(points):
    """Points on a line so close that none of its way is missed."""
    pieces = [np.linspace(a, b, 2 + int(np.abs(b - a).max())) for a, b in itertools.pairwise(points)]
    return np.concatenate(pieces)


def inside(points, box, margin=0.0):
    (x0, y0), (x1, y1) = box.min, box.max
    x, y = points.T
    return (x > x0 + margin) & (x < x1 - margin) & (y > y0 + margin) & (y < y1 - margin)


def test_no_two_texts_overlap(picture):
    for (a, box_a), (b, box_b) in itertools.combinations(picture.texts, 2):
        assert not box_a.overlaps(box_b), (a.get_text(), b.get_text())


def test_a_text_lies_in_its_own_box_and_touches_no_other(picture):
    for text, extent in picture.texts:
        for shape, box in picture.shapes:
            if text.get_gid() == shape.get_gid():
                assert inside(np.array([extent.min, extent.max]), box).all(), text.get_text()
            else:
                assert not extent.overlaps(box), (text.get_text(), shape.get_gid())


def test_no_wire_runs_through_a_text_or_a_shape(picture):
    for line, points in picture.wires:
        way = dense(points)
        for text, extent in picture.texts:
            assert not inside(way, extent).any(), (line.get_gid(), text.get_text())
        for shape, box in picture.shapes:
            assert not inside(way, box, margin=3).any(), (line.get_gid(), shape.get_gid())


def test_all_of_it_is_in_the_picture_and_can_be_read(picture):
    figure = picture.figure
    width, height = figure.bbox.size
    for text, extent in picture.texts:
        assert extent.x0 >= 0, text.get_text()
        assert extent.y0 >= 0, text.get_text()
        assert extent.x1 <= width, text.get_text()
        assert extent.y1 <= height, text.get_text()
        assert text.get_fontsize() >= 8
    for line, points in picture.wires:
        assert (points >= 0).all(), line.get_gid()
        assert (points <= (width, height)).all(), line.get_gid()
    assert figure.get_figwidth() <= 7.5
    assert len(figure.alt_text) > 40


def test_straight_wires_that_cross_are_joined_by_a_tap_or_arch_over_each_other(picture):
    figure = picture.figure
    taps = [p.center for p in figure.axes[0].patches if p.get_gid() == "tap"]
    level, upright = [], []
    for line in figure.axes[0].lines:
        for (x0, y0), (x1, y1) in itertools.pairwise(line.get_xydata()):
            level += [(y0, *sorted((x0, x1)))] if y0 == y1 else []
            upright += [(x0, *sorted((y0, y1)))] if x0 == x1 else []
    for (y, x0, x1), (x, y0, y1) in itertools.product(level, upright):
        if x0 + 0.02 < x < x1 - 0.02 and y0 + 0.02 < y < y1 - 0.02:
            assert any(np.allclose((x, y), tap) for tap in taps), (x, y)


@pytest.mark.parametrize(("cell", "arcs"), [("lstm", 0), ("peephole", 1), ("gru", 1), ("gru-after", 1)])
def test_the_crossings_are_drawn_as_arcs(cell, arcs):
    figure = le.plotting.diagram(cell)
    lines = {line.get_gid(): line.get_xydata() for line in figure.axes[0].lines}
    # an arc is the only place where a wire leaves its height and comes back to it between two points of that height
    rises = [way for way in lines.values() if _bumps(way)]
    assert len(rises) == arcs
    assert any("Arc" in text.get_text() for text in figure.axes[0].texts) == bool(arcs)


def _bumps(way):
    heights, counts = np.unique(way[:, 1].round(6), return_counts=True)
    return any(0.1 < peak - low < 0.13 for peak in heights for low in heights[counts >= 3])


@pytest.mark.parametrize("cell", CIRCUITS)
def test_each_stage_has_all_of_the_one_before_at_the_same_place(cell):
    lines = le.plotting.diagram_stages(cell)
    assert len(set(lines)) == len(lines) >= 2
    before = {}
    for stage in range(1, len(lines) + 1):
        figure = le.plotting.diagram(cell, stage)
        assert lines[stage - 1] in [text.get_text() for text in figure.axes[0].texts]
        assert lines[stage - 1] in figure.alt_text
        parts = {}
        for patch, box in measured(figure).shapes:
            parts[patch.get_gid()] = tuple(np.round(box.bounds, 6))
        for text in figure.axes[0].texts:
            if text.get_gid() and text.get_gid().startswith(("port", "gate", "wire", "equation")):
                parts[text.get_gid(), "text"] = text.get_position()
        for line in figure.axes[0].lines:
            parts[line.get_gid(), "line"] = True
        assert before.items() <= parts.items()
        assert len(parts) > len(before)
        before = parts
    whole = le.plotting.diagram(cell)
    assert {line.get_gid() for line in whole.axes[0].lines} == {line.get_gid() for line in figure.axes[0].lines}


@pytest.mark.parametrize("cell", CIRCUITS)
def test_only_the_new_part_is_highlighted(cell):
    accent = matplotlib.colors.to_rgba(le.plotting.style.COLOURS[1])

    def highlighted(figure):
        edges = {p.get_gid() for p, _ in measured(figure).shapes if p.get_edgecolor() == accent}
        lines = {li.get_gid() for li in figure.axes[0].lines if matplotlib.colors.to_rgba(li.get_color()) == accent}
        return edges | lines

    assert not highlighted(le.plotting.diagram(cell))
    stages = range(1, len(CIRCUITS[cell].stages) + 1)
    new = [highlighted(le.plotting.diagram(cell, stage)) for stage in stages]
    assert all(new)
    for a, b in itertools.combinations(new, 2):
        assert a.isdisjoint(b)


@pytest.mark.parametrize("cell", CIRCUITS)
def test_every_gate_of_the_cell_is_named(cell):
    layer = le.CELLS[cell.removesuffix("-after")]
    shown = [text.get_text() for text in le.plotting.diagram(cell).axes[0].texts]
    for letter in {*layer.gate_names, *layer.state_names, "x"}:
        assert f"${letter}$" in shown
    for letter in layer.state_names:
        assert f"${letter}'$" in shown


@pytest.mark.parametrize("cell", CIRCUITS)
def test_the_equations_are_those_of_the_class(cell):
    layer = le.CELLS[cell.removesuffix("-after")]
    said = re.findall(r"^ +([a-z](?:\[t\])?) = (.+?)(?: {5}.*)?$", layer.__doc__, re.MULTILINE)
    names = [name[0] for name, _ in said]
    after = cell == "gru-after"
    equations = {}
    for name, text in said:
        if "reset_after" not in text and names.count(name) > 1 and ("bn" in text) != after:
            continue  # the other form of the GRU
        text = text.replace("h[t-1]", "h'").replace("x[t]", "x")
        if cell == "lstm97":  # g and h are squashing functions there, tanh unless one asks for 1997
            text = text.replace("g(", "tanh(").replace("h(c)", "tanh(c)")
        equations[name[0]] = text
    drawn = dict(re.findall(r"([a-z]) = ([^;]+?)(?:;|\.$)", le.plotting.diagram(cell).alt_text.split("Equations: ")[1]))
    assert {n: t.replace(" ", "") for n, t in drawn.items()} == {n: t.replace(" ", "") for n, t in equations.items()}


def test_a_cell_or_stage_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="unknown cell 'ltsm': did you mean 'lstm'"):
        le.plotting.diagram("ltsm")
    with pytest.raises(ValueError, match="unknown cell 7: there are rnn, lstm97, lstm, peephole, gru, gru-after"):
        le.plotting.diagram_stages(7)
    with pytest.raises(ValueError, match=r"stage must be a whole number in 1 \.\. 6 for 'lstm', got 7"):
        le.plotting.diagram("lstm", 7)
    for wrong in (0, -1, 1.0, True, "1"):
        with pytest.raises(ValueError, match="stage must be a whole number of at least 1, got "):
            le.plotting.diagram("gru", wrong)


@pytest.mark.parametrize("steps", [1, 3, 8])
def test_unrolled_has_a_box_an_input_and_a_factor_for_each_step(steps):
    there, back = le.plotting.unrolled(steps), le.plotting.unrolled(steps, backward=True)
    for figure in (there, back):
        boxes = [p for p in figure.axes[0].patches if re.fullmatch(r"box \d+", str(p.get_gid()))]
        shown = [text.get_text() for text in figure.axes[0].texts]
        assert len(boxes) == steps
        assert [f"$x_{{{t}}}$" in shown for t in range(steps + 2)] == [False, *[True] * steps, False]
        assert [f"$h_{{{t}}}$" in shown for t in range(steps + 2)] == [*[True] * (steps + 1), False]
        assert shown.count("$U$") == shown.count("$W$") == steps
    factors = [text for text in back.axes[0].texts if text.get_gid().startswith("factor")]
    assert len(factors) == steps
    assert all(f"h_{{{t}}}^2" in text.get_text() for t, text in zip(range(steps, 0, -1), factors, strict=True))
    dashed = [line for line in back.axes[0].lines if line.get_linestyle() == "--"]
    assert len(dashed) == steps + 1
    assert not any(line.get_linestyle() == "--" for line in there.axes[0].lines)
    for t in range(1, steps + 1):  # to the left, against time
        (line,) = (line for line in dashed if line.get_gid() == f"dh {t}")
        assert line.get_xdata()[0] > line.get_xdata()[-1]


def test_the_factor_drawn_is_what_the_kernel_does():
    layer = le.RNN(2, 5, dtype=np.float64, rng=0)
    rng = np.random.default_rng(1)
    h0, dh1 = rng.standard_normal((2, 3, 5))
    y, tape = layer.forward(rng.standard_normal((1, 3, 2)), (h0,))
    _, _, (dh0,) = layer.backward(np.zeros_like(y), tape, (dh1,))
    for b in range(3):
        np.testing.assert_allclose(dh0[b], dh1[b] @ np.diag(1 - y[0, b] ** 2) @ layer.params["U"].T, rtol=1e-12)


@pytest.mark.parametrize("steps", [1, 3, 4])
def test_the_unrolled_lstm_has_two_lines_and_its_gradients_go_back_on_two(steps):
    figure = le.plotting.unrolled(steps, True, "lstm97")
    lines = {line.get_gid(): line for line in figure.axes[0].lines}
    shown = [text.get_text() for text in figure.axes[0].texts]
    for t in range(1, steps + 1):
        for name in (f"dh {t}", f"dc {t}"):  # to the left, against time
            assert lines[name].get_linestyle() == "--"
            assert lines[name].get_xdata()[0] > lines[name].get_xdata()[-1]
        assert lines[f"dh {t} to dc"].get_ydata()[0] < lines[f"dh {t} to dc"].get_ydata()[-1]
        assert f"$\\delta_{{{t}}}$" in shown
    assert shown.count("$U^\\top$") == shown.count("$\\cdot\\,1$") == steps
    assert "with the factor 1" in figure.alt_text
    there = le.plotting.unrolled(steps, cell="lstm97")
    assert not any(line.get_linestyle() == "--" for line in there.axes[0].lines)


def test_unrolled_refuses_what_cannot_be_drawn():
    with pytest.raises(ValueError, match=r"steps must be a whole number in 1 \.\. 4, got 5"):
        le.plotting.unrolled(5, cell="lstm97")
    with pytest.raises(ValueError, match="unknown cell 'gru'"):
        le.plotting.unrolled(3, cell="gru")
    for wrong in (0, -3, 2.5, True, "4", None):
        with pytest.raises(ValueError, match="steps must be a whole number of at least 1, got "):
            le.plotting.unrolled(wrong)
    with pytest.raises(ValueError, match=r"steps must be a whole number in 1 \.\. 8, got 9"):
        le.plotting.unrolled(9)
    with pytest.raises(ValueError, match="backward must be True or False, got 1"):
        le.plotting.unrolled(4, 1)


def test_the_shapes_of_a_stack_are_those_of_a_forward_pass():
    T, B = 21, 4
    written = {t.get_gid(): t.get_text() for t in le.plotting.stack(NET).axes[0].texts}
    x = np.random.default_rng(0).integers(12, size=(T, B))
    assert written["text input"] == "x  (T, B)"
    for k, layer in enumerate(NET.layers):
        x = layer(x)
        shape = written[f"text {k}"].replace("−", "-").replace("/", "//")
        assert eval(shape, {"T": T, "B": B}) == x.shape
    assert written["states 3"] == "$h$, $c$"
    assert written["states 5"] == "$h$"
    assert "states 6" not in written
    assert "PeepholeLSTM, 9 → 32, 5,472 parameters" in le.plotting.stack(NET).alt_text


def test_a_network_inside_a_network_is_one_box():
    inner = le.Sequential([le.LSTM(2, 5, rng=0), le.Dense(5, 3, steps="last", rng=0)])
    net = le.Sequential([le.Dense(4, 2, rng=0), inner])
    shown = [text.get_text() for text in le.plotting.stack(net).axes[0].texts]
    assert shown.count("Sequential") == 1
    assert "(B, 3)" in shown


def test_a_stack_of_pairs_stands_in_their_order():
    figure = le.plotting.stack([("first", "(T, B, 5)"), ("second", "(B, 5)")])
    heights = {text.get_text(): text.get_position()[1] for text in figure.axes[0].texts}
    assert heights["first"] < heights["(T, B, 5)"] < heights["second"] < heights["(B, 5)"]


def test_stack_refuses_what_is_no_stack():
    for wrong, got in ((3, "int"), (None, "NoneType"), ("LSTM", "str"), ({"a": "b"}, "dict"), (le.GRU(2, 3), "GRU")):
        with pytest.raises(ValueError, match=rf"^layers must be a Sequential or a list of \(name, text\), got {got}"):
            le.plotting.stack(wrong)
    for wrong in ("ab", ("a",), ("a", 1), (None, "a"), ("a", "b", "c"), le.GRU(2, 3)):
        with pytest.raises(ValueError, match=r"^layers\[1\] must be a pair of strings \(name, text\), got "):
            le.plotting.stack([("LSTM", ""), wrong])
    for wrong in ([], [("", "(T, B, 2)")]):
        with pytest.raises(ValueError, match="layers must hold at least one layer, got none"):
            le.plotting.stack(wrong)
    with pytest.raises(ValueError, match=r"^layers\[1\] must have a name"):
        le.plotting.stack([("LSTM", ""), ("", "(T, B, 2)")])
    for wrong in (("a" * 31, ""), ("a", "a" * 31), ("a\nb\nc", ""), ("a", "b\nc")):
        with pytest.raises(ValueError, match=r"^layers\[0\] must have a name of at most two lines .* 30 characters"):
            le.plotting.stack([wrong])


def test_drawing_leaves_the_settings_of_the_reader_as_they_were():
    before = dict(matplotlib.rcParams)
    for draw, arguments in list(PICTURES.values())[-3:]:
        draw(*arguments)
    le.plotting.diagram("gru")
    assert dict(matplotlib.rcParams) == before
