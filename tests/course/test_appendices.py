"""The appendices say what is so: numbers, names and places are compared with the package and the chapters."""

import re
from pathlib import Path

import numpy as np
import pytest

import lstm_edu as le

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


def test_the_orders_of_gates_lead_to_the_other_library():
    ours, onnx = list("ifgo"), list("iofg")  # ONNX calls g c
    assert "LSTM to ONNX `[0, 3, 1, 2]`, back `[0, 2, 3, 1]`" in " ".join(text("12").replace("\n# ", " ").split())
    assert [ours[k] for k in (0, 3, 1, 2)] == onnx
    assert [onnx[k] for k in (0, 2, 3, 1)] == ours
    assert [list("rzn")[k] for k in (1, 0, 2)] == list("zrn")


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
