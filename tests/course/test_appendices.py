"""The appendices say what is so: numbers, names and places are compared with the package and the chapters."""

import copy
import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu.course.library import Course
from lstm_edu.course.making import build, notebook
from lstm_edu.interop import onnx as onnx_layout
from lstm_edu.interop import torch as torch_layout

SOURCES = Path(__file__).resolve().parents[2] / "notebooks" / "src"
if not SOURCES.is_dir():  # pragma: no cover - an installed package without its repository
    pytest.skip("the chapters' sources are not here", allow_module_level=True)


def text(number):
    return next(SOURCES.glob(f"{number}_*.py")).read_text()


def headings(number):
    return re.findall(r"^# ##+ (.+)$", text(number), re.MULTILINE)


def rows(number, columns):
    """The rows of all tables with so many columns, as lists of cells; the line under the head is no row."""
    lines = re.findall(r"^# \|(.*)\|$", text(number), re.MULTILINE)
    table = [[cell.strip() for cell in line.split("|")] for line in lines]
    return [row for row in table if len(row) == columns and not set("".join(row)) <= set("- ")]


CELLS = {
    "RNN": le.RNN(2, 32),
    "LSTM 1997": le.LSTM97(2, 32),
    "LSTM": le.LSTM(2, 32),
    "peephole LSTM": le.PeepholeLSTM(2, 32),
    "GRU, reset before": le.GRU(2, 32),
    "GRU, reset after": le.GRU(2, 32, reset_after=True),
    "Dense layer on top": le.Dense(32, 1),
}


@pytest.mark.parametrize("name", CELLS)
def test_the_cheat_sheet_counts_the_parameters(name):
    (row,) = [row for row in rows("12", 4) if row[0] == name]
    assert int(row[2].split()[0].replace(",", "")) == CELLS[name].count_parameters()


def test_the_half_lives_are_those_of_the_sigmoid():
    table = [row for row in rows("12", 3) if row[0].isdigit()]
    assert len(table) == 5
    for bias, gate, half_life in table:
        f = 1 / (1 + np.exp(-float(bias)))
        assert round(f, 4) == float(gate)
        assert np.isclose(np.log(2) / -np.log(f), float(half_life), rtol=0.01)


def under(number, heading):
    """The rows of the first table under a heading, without its head."""
    part = re.split(rf"^# ## {re.escape(heading)}", text(number), flags=re.MULTILINE)[1].split("\n# %%")[0]
    lines = re.search(r"(?:^# \|.*\|$\n?)+", part, re.MULTILINE).group().splitlines()[2:]
    return [[cell.strip() for cell in line[3:-1].split("|")] for line in lines]


def letters(cell):
    """The blocks that a cell of the table of orders names, by our names: "i o f c (c is our g)" is i o f g."""
    named = dict(re.findall(r"\b(\w) \(?is our (\w)", cell))
    return [named.get(letter, letter) for letter in re.split(r"[,(]", cell)[0].split()]


ORDERS = {row[0]: (letters(row[1]), letters(row[2])) for row in under("12", "Order of the gates")}
MOVES = {row[0]: [json.loads(cell.strip("`")) for cell in row[1:3] if "[" in cell] for row in under("12", "Moving")}


def test_the_orders_of_the_blocks_are_those_of_the_tables_that_convert():
    assert ORDERS["this package"] == (list(le.LSTM.gate_names), list(le.GRU.gate_names))
    assert ORDERS["PyTorch"] == tuple(list(torch_layout.GATES[cell]) for cell in (le.LSTM, le.GRU))
    assert ORDERS["ONNX"] == tuple(list(onnx_layout.GATES[name]) for name in ("LSTM", "GRU"))
    assert onnx_layout.PEEPHOLES == ("i", "o", "f")
    assert "`P` (1, 3H) in the order i o f" in " ".join(text("12").replace("\n# ", " ").split())


@pytest.mark.parametrize("library", [name for name in ORDERS if name != "this package"])
def test_a_move_leads_to_the_order_of_the_other_library(library):
    for ours, theirs, order in zip(ORDERS["this package"], ORDERS[library], MOVES[library], strict=False):
        assert [ours[k] for k in order] == theirs
    assert len(MOVES[library]) == (1 if library == "TensorFlow 1.x" else 2)


def test_the_way_to_pytorch_and_onnx_is_what_the_table_says():
    D, H = 3, 5
    layer = le.GRU(D, H, reset_after=True, rng=0)
    layer.params["b"], layer.params["bn"] = np.arange(15), np.arange(20, 25)
    arrays = torch_layout.to_arrays(layer)
    assert arrays["bias_ih_l0"].tolist() == [*range(15)]
    assert arrays["bias_hh_l0"].tolist() == [0] * 10 + [*range(20, 25)]
    bias = onnx_layout.to_arrays(layer)["B"]
    assert bias.tolist() == [[*range(5, 10), *range(5), *range(10, 15)] + [0] * 10 + [*range(20, 25)]]
    rows = dict(zip(*[[row[k] for row in under("12", "Order of the gates")] for k in (0, 3)], strict=True))
    lstm = {key: array.shape for key, array in torch_layout.to_arrays(le.LSTM(D, H)).items()}
    assert rows["PyTorch"] == "`weight_ih_l0` (4H, D), `weight_hh_l0` (4H, H)"
    assert (lstm["weight_ih_l0"], lstm["weight_hh_l0"]) == ((4 * H, D), (4 * H, H))


def test_the_listing_that_reorders_does_what_the_table_says():
    listing = re.search(r"# ```python\n((?:#.*\n)+?)# ```", text("12")).group(1)
    lines = [line[2:] for line in listing.splitlines()]
    lstm, gru = "\n".join(lines).split("# GRU(")
    D, H = 3, 2
    names = {"np": np, "W": np.arange(24).reshape(3, 8), "U": np.arange(24, 40).reshape(2, 8), "b": np.arange(8.0)}
    names["H"] = H
    exec(lstm, names)
    assert names["kernel"].shape == (D + H, 4 * H)
    assert names["kernel"][[0, -1]].tolist() == [[0, 1, 4, 5, 2, 3, 6, 7], [32, 33, 36, 37, 34, 35, 38, 39]]
    assert names["bias"].tolist() == [0, 1, 4, 5, 2 - 1, 3 - 1, 6, 7]
    names |= {"b": np.arange(6), "bn": np.array([8, 9]), "H": H}
    exec("#" + gru, names)
    assert names["bias"].tolist() == [[2, 3, 0, 1, 4, 5], [0, 0, 0, 0, 8, 9]]


def test_keras_and_the_cells_of_tensorflow_1_do_what_the_cheat_sheet_says():
    if not importlib.util.find_spec("tensorflow"):
        pytest.skip("TensorFlow is not installed")
    script = Path(__file__).with_name("beside_tensorflow.py")
    root = str(SOURCES.parents[1])
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": root, "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, str(script), json.dumps(MOVES)]
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-3000:]
    assert "all as chapter 12 says" in run.stdout


def test_this_package_starts_as_the_cheat_sheet_says():
    D, H = 3, 40
    layer = le.LSTM(D, H, dtype=np.float64, rng=0)
    limit = np.sqrt(6 / (D + H))
    for block in np.split(layer.params["W"], 4, axis=1):
        assert 0.9 * limit < np.abs(block).max() <= limit
    for block in np.split(layer.params["U"], 4, axis=1):
        np.testing.assert_allclose(block @ block.T, np.eye(H), rtol=0, atol=1e-12)
    assert layer.params["b"].tolist() == [0] * H + [1] * H + [0] * 2 * H
    assert not le.GRU(D, H, rng=0).params["b"].any()


def test_pytorch_starts_with_a_forget_gate_near_one_half():
    torch = pytest.importorskip("torch")
    D, H = 3, 64
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layer = torch.nn.LSTM(D, H)
    arrays = {name: array.detach().numpy() for name, array in layer.named_parameters()}
    assert set(arrays) == {"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"}
    for array in arrays.values():
        assert 0.9 / np.sqrt(H) < np.abs(array).max() <= 1 / np.sqrt(H)
    f = slice(H, 2 * H)
    gate = 1 / (1 + np.exp(-(arrays["bias_ih_l0"] + arrays["bias_hh_l0"])[f]))
    assert 0.43 < gate.min() < 0.48 < gate.mean() < 0.52 < gate.max() < 0.57
    assert np.isclose(1 / (1 + np.exp(-2 / np.sqrt(H))), 0.56, atol=0.005)  # what the text gives as the range
    # as the listing sets it: once, not twice
    listing = re.search(r"#   with torch.no_grad\(\):\n((?:#       .*\n)+)", text("12")).group(1)
    names = {"lstm": layer, "H": H}
    with torch.no_grad():
        exec("\n".join(line[8:] for line in listing.splitlines()), names)
    assert (layer.bias_ih_l0 + layer.bias_hh_l0)[f].tolist() == [1.0] * H


LENGTHS = [6, 4]


def padded(T, B, D):
    x = np.random.default_rng(0).standard_normal((T, B, D)).astype(np.float32)
    for b, length in enumerate(LENGTHS):
        x[length:, b] = 0
    return x


def test_beyond_a_sequence_s_end_this_package_reads_zeros_and_the_last_real_output_is_in_the_state():
    x = padded(6, 2, 3)
    layer = le.LSTM(3, 5, rng=0)
    y, tape = layer.forward(x + (x == 0), lengths=LENGTHS)  # ones as padding are not seen
    alone = layer(x)
    np.testing.assert_array_equal(y, alone)
    np.testing.assert_array_equal(tape.state[0], [alone[5, 0], alone[3, 1]])
    assert not np.allclose(alone[-1, 1], alone[3, 1])  # y[-1] is not the last real step
    head = le.Dense(5, 5, steps="last", rng=1)
    np.testing.assert_allclose(head(y, lengths=LENGTHS), head(tape.state[0]), rtol=0, atol=1e-6)


def test_beyond_a_sequence_s_end_pytorch_gives_zero_and_the_last_real_output_is_in_h_n():
    torch = pytest.importorskip("torch")
    pack, unpack = torch.nn.utils.rnn.pack_padded_sequence, torch.nn.utils.rnn.pad_packed_sequence
    x = torch.from_numpy(padded(6, 2, 3))
    layer = torch.nn.LSTM(3, 5, bidirectional=True)
    packed, (h_n, _) = layer(pack(x, LENGTHS))
    y = unpack(packed)[0].detach().numpy()
    h_n = h_n.detach().numpy()
    assert not y[-1, 1].any()
    np.testing.assert_array_equal(h_n[0], [y[5, 0, :5], y[3, 1, :5]])
    np.testing.assert_array_equal(h_n[1], y[0, :, 5:])  # backward: the first step is its last
    one_step = layer(x[5:6])[0].detach().numpy()
    np.testing.assert_allclose(y[-1, 0, 5:], one_step[0, 0, 5:], rtol=0, atol=1e-6)


def test_beyond_a_sequence_s_end_onnx_gives_zero_and_the_last_real_output_is_y_h():
    onnx, runtime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    layer = le.LSTM(3, 5, rng=0)
    arrays = onnx_layout.to_arrays(layer)
    given = {"X": padded(6, 2, 3), "W": arrays["W"], "R": arrays["R"], "B": arrays["B"], "L": np.int32(LENGTHS)}
    name, attributes = onnx_layout.operator(layer)
    make, types = onnx.helper, onnx.TensorProto
    inputs = [
        make.make_tensor_value_info(key, types.INT32 if key == "L" else types.FLOAT, array.shape)
        for key, array in given.items()
    ]
    outputs = [make.make_tensor_value_info(key, types.FLOAT, None) for key in ("Y", "Y_h")]
    graph = make.make_graph([make.make_node(name, list(given), ["Y", "Y_h"], **attributes)], "cell", inputs, outputs)
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", 22)], ir_version=10)
    Y, Y_h = runtime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, given)
    assert not Y[4:, 0, 1].any()
    np.testing.assert_array_equal(Y_h[0], [Y[5, 0, 0], Y[3, 0, 1]])


def test_what_the_teaching_guide_points_to_is_there():
    pointers = re.findall(r"(\d\d), ((?:\*[^*]+\*(?:,| and) ?)*\*[^*]+\*)", text("14"))
    assert len(pointers) > 10
    for number, titles in pointers:
        for title in re.findall(r"\*([^*]+)\*", titles):
            if title != "find the bug":
                assert any(heading.startswith(title) for heading in headings(number)), f"{number}: {title}"
            else:
                assert "Find the bug" in text(number)


def test_exercises_that_the_guide_names_exist():
    for number in re.findall(r"\b(\d\d\.\d)\b(?! to)", text("14")):
        if number[:2] <= "11":
            assert number in text(number[:2]), number


MADE = {chapter.number: build.make(chapter) for chapter in Course(SOURCES.parent).chapters}


def alone(number, titles=(), exercises=0):
    """The minutes for a chapter's text, or for some sections of it, by the rule of `notebook.minutes`."""
    cells = [cell for cell in MADE[number].cells if "exercise" not in notebook.tags(cell)]
    starts = [k for k, cell in enumerate(cells) if re.search("^##+ ", cell.source, re.MULTILINE)]
    if titles:
        kept = []
        for title in titles:
            begin = next(k for k in starts if re.search(rf"^##+ {re.escape(title)}", cells[k].source, re.MULTILINE))
            end = next((k for k in starts if k > begin), len(cells))
            kept += cells[begin:end]
        cells = kept
    part = copy.copy(MADE[number])
    part.cells = cells
    text = notebook.words(part) / notebook._WORDS_A_MINUTE + notebook._MINUTES_A_CELL * len(notebook.lesson_cells(part))
    return text + notebook._MINUTES_AN_EXERCISE * exercises


PLANS = {"One hour": 60, "Three hours": 180, "Six hours": 180}


@pytest.mark.parametrize("plan", PLANS)
def test_a_plan_fills_its_hours_and_a_row_has_the_minutes_that_it_takes(plan):
    rows = under("14", plan)
    assert sum(int(row[0]) for row in rows) == PLANS[plan]
    for minutes, _, where in rows:
        if place := re.match(r"(\d\d)\b(?!\.)", where):
            titles = re.findall(r"\*([^*]+)\*", where)
            needed = alone(int(place.group(1)), titles, len(re.findall(r"\d\d\.\d", where)))
            assert int(minutes) >= 0.9 * needed, f"{where}: {needed:.0f} minutes"


def test_the_guide_says_how_minutes_are_estimated_and_what_they_add_up_to():
    said = " ".join(text("14").replace("\n# ", " ").split())
    assert (notebook._WORDS_A_MINUTE, notebook._MINUTES_A_CELL, notebook._MINUTES_AN_EXERCISE) == (120, 0.5, 6)
    assert "120 words of prose a minute" in said
    assert "half a minute for each code cell, and six minutes for each exercise" in said
    chapters = [number for number, made in MADE.items() if notebook.code_cells(made)]
    assert [int(row[0][:2]) for row in under("14", "Minutes")] == chapters
    assert sum(notebook.minutes(MADE[number]) for number in chapters) > 600
    assert "more than ten hours" in said


def test_the_points_of_the_rubric_add_up():
    tables = re.findall(r"(?:^# \|.*\|$\n?)+", text("14").split("# ## A rubric")[1].split("# %%")[0], re.MULTILINE)
    sums = [sum(int(n) for n in re.findall(r"^# \| (\d+) \|", table, re.MULTILINE)) for table in tables]
    assert sums == [4, 20]
    own = text("14").split("**A comparison of one's own**")[1].split("# %%")[0]
    assert sum(int(n) for n in re.findall(r"\((\d)\)", own)) == 10


def test_every_term_of_the_glossary_is_used_in_its_chapter():
    table = [row for row in rows("13", 5) if row[4].isdigit()]
    assert len(table) > 70
    missing = []
    for term, _, _, chinese, chapter in table:
        assert re.search(r"[一-鿿]", chinese), term
        words = [word.strip().lower() for word in term.split(" (")[0].split(",")]
        body = re.sub(r"\s*\n# ?", " ", text(chapter)).lower().replace("*", "")
        if not any(word.rstrip("s") in body for word in words):
            missing.append((term, chapter))
    assert not missing


FIRST = {
    "constant error carousel": "恒定误差传送带",
    "weight": "权重",
    "state, hidden state": "状态、隐状态",
    "candidate (state)": "候选状态",
    "Holm's rule (for multiple comparisons)": "霍尔姆校正(多重比较)",
    "sign-flip test (a permutation test)": "符号翻转置换检验",
    "pooling": "汇聚",
    "dropout": "暂退法",
}


def test_the_terms_of_textbooks_come_first():
    chinese = {row[0]: row[3] for row in rows("13", 5)}
    assert {term: chinese[term].split(" / ")[0] for term in FIRST} == FIRST


# Bold in a chapter's prose, and no word that is defined there: what is emphasised, and how a chapter is used.
EMPHASIS = {
    *("any", "another start", "best", "each", "get there too", "to play with"),
    *("added", "cells", "exercise", "five seeds cannot cross it", "from", "its own slope", "last", "predict first"),
    *("sum", "the other factor", "the same", "to", "transposed", "two"),
}
# words by which a definition in italics is known: "called *logits*", "A *probe* is"
DEFINES = re.compile(
    r"(?:called|call it|calls? (?:this|that|it)|name is) \*([a-z][\w' -]*)\*"
    r"|\b(?:[Aa]n?|[Tt]he) \*([a-z][\w' -]*)\*,? (?:is|are|means|counts|divides|knows)\b"
)
BOLD = re.compile(r"\*\*([a-z][a-z' -]*)\*\*")  # no sentence, no number, no name of a step


def defined(number):
    """The words that a chapter's prose sets in bold, or in italics where it says what they mean."""
    found = set()
    for cell in MADE[number].cells:
        if cell.cell_type == "markdown" and "solution" not in notebook.tags(cell):
            prose = " ".join(cell.source.split("## References")[0].split())
            found |= {word for word in BOLD.findall(prose) if len(word.split()) <= 4}
            prose = re.sub(r"\*\*.+?\*\*", " ", prose)
            found |= {a or b for a, b in DEFINES.findall(prose)}
    return found - EMPHASIS


def stems(words):
    """The beginnings of a term's words, so that "vanishes" is found in "vanishing gradient"."""
    return {word[:6].rstrip("s") for word in re.findall(r"[a-z0-9]+", words.lower().replace("'s", "")) if len(word) > 2}


TERMS = [stems(row[0]) | stems(row[1]) for row in rows("13", 5)]


@pytest.mark.parametrize("number", [n for n, made in MADE.items() if notebook.code_cells(made)], ids="{:02d}".format)
def test_every_word_that_a_chapter_defines_is_in_the_glossary(number):
    small = {"with", "the", "for", "per", "time"}
    missing = {word for word in defined(number) if not any(stems(word) - small <= term for term in TERMS)}
    assert not missing, "13_glossary.py lacks them (or EMPHASIS here, if they are no terms)"


def test_the_rule_finds_the_words_that_are_defined_and_no_emphasis():
    found = {word for number in MADE for word in defined(number)}
    assert {"gate", "memory cell", "constant error carousel", "peephole", "p-value", "complex step"} <= found
    assert not found & EMPHASIS
    assert stems("vanishes") <= stems("vanishing gradient")
    assert not stems("spectral norm") <= stems("spectral radius")


def test_the_words_that_were_missed_once_are_there():
    terms = {word for row in rows("13", 5) for word in re.findall(r"[A-Za-z]+", row[0])}
    wanted = "logit relu stride filter perplexity nat probe autoregression bigram Adam"
    assert not set(wanted.split()) - terms


def test_links_of_the_reading_list_are_dois_or_arxiv_numbers():
    links = re.findall(r"\]\(([^)\s]+)\)", text("15"))
    assert len(links) == len(set(links)) > 15
    form = re.compile(r"https://doi\.org/10\.\d{4,5}/\S+|https://arxiv\.org/abs/\d{4}\.\d{4,5}")
    assert not [link for link in links if not form.fullmatch(link)]
    assert "http" not in re.sub(r"\]\([^)\s]+\)", "", text("15"))  # no bare address beside them


def test_every_paper_of_the_reading_list_has_a_link_or_says_that_there_is_none():
    cited = re.split(r"^# \*\*(?=[A-Z]\. )", text("15"), flags=re.MULTILINE)[1:]
    assert len(cited) > 15
    without = [entry.split(",")[0] for entry in cited if "](https://" not in entry.split(".**")[0][:600]]
    assert without == ["R. Jozefowicz"]
    assert "(neither DOI nor arXiv)" in text("15")
