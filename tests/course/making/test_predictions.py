"""Predict first: what a class's copy shows before an answer is typed."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from lstm_edu.course import library
from lstm_edu.course.making import notebook, predictions


def text(source, *tags):
    return new_markdown_cell(source, metadata={"tags": list(tags)} if tags else {})


def code(source, *tags):
    return new_code_cell(source, metadata={"tags": list(tags)} if tags else {})


def sources(*cells):
    return [cell.source for cell in predictions.before_results(list(cells))]


def fold(words):
    return f"<details><summary>What came out</summary>\n\n{words}\n\n</details>"


ASKED = text("## The experiment\n\n**Predict first.** Which one?", "predict")
TYPED = predictions.before_results([ASKED])[1].source


def test_an_answer_is_typed_before_the_result():
    assert TYPED.startswith("my_prediction = ")
    assert sources(ASKED, text("The LSTM."))[1:] == [TYPED, fold("The LSTM.")]


def test_a_heading_in_the_midst_of_a_text_ends_what_is_folded():
    made = sources(ASKED, text("The LSTM.\n\n## Exercises\n\nWrite it."), text("More."))
    assert made[2:] == [fold("The LSTM."), "## Exercises\n\nWrite it.", "More."]


def test_what_we_saw_is_folded_below_its_heading():
    made = sources(
        ASKED, text("## What we saw\n\nThe LSTM."), text("By far."), text("## Where it breaks\n\nElsewhere.")
    )
    assert made[2:] == [f"## What we saw\n\n{fold('The LSTM.')}", fold("By far."), "## Where it breaks\n\nElsewhere."]


def test_a_heading_below_the_question_may_tell_the_result_and_is_folded_with_its_text():
    assert sources(ASKED, text("### Why the GRU fails\n\nIt saturates."))[2:] == [
        fold("### Why the GRU fails\n\nIt saturates.")
    ]


def test_what_leads_to_the_next_question_stays_open():
    again = text("**Predict first.** And now?", "predict")
    made = sources(ASKED, text("The LSTM."), text("### A harder task\n\nIt is longer."), again, text("The GRU."))
    assert made[2:] == [fold("The LSTM."), "### A harder task\n\nIt is longer.", again.source, TYPED, fold("The GRU.")]


def test_code_that_is_the_lesson_stays_open_and_what_states_the_result_is_folded():
    cells = [
        code("net = train()"),
        code("x = 1\nassert x > 0"),
        code("plot()", "claim"),
        code('show(f, alt="It rises")'),
    ]
    made = predictions.before_results([ASKED, *cells])[2:]
    assert [bool(cell.metadata.get("jupyter", {}).get("source_hidden")) for cell in made] == [False, True, True, True]
    assert [cell.source for cell in made] == [cell.source for cell in cells]  # what runs is the same
    assert not any("jupyter" in cell.metadata for cell in cells)


def test_a_comment_in_a_block_of_code_is_no_heading():
    block = "Done:\n\n```python\n# not a heading\n```\n\nThe LSTM."
    assert sources(ASKED, text(block))[2:] == [fold(block)]


@pytest.mark.parametrize("chapter", library.find().chapters, ids=lambda chapter: chapter.name)
def test_no_question_of_the_course_is_followed_by_its_answer(chapter):
    made = notebook.read(chapter.notebook)
    asked = sum("predict" in notebook.tags(cell) for cell in made.cells)
    before = [cell.source for cell in notebook.code_cells(made)]
    made.cells = predictions.before_results(made.cells)
    nbformat.validate(made)
    assert [cell.source for cell in notebook.code_cells(made) if "prediction" not in notebook.tags(cell)] == before
    waiting = answers = 0
    for cell in made.cells:
        tags = notebook.tags(cell)
        if "prediction" in tags:
            waiting, answers = 1, answers + 1
        elif cell.cell_type == "markdown":
            waiting = waiting and (cell.source.startswith("<details>") or "<details>" in cell.source)
        elif waiting and not cell.metadata.get("jupyter", {}).get("source_hidden"):
            assert "claim" not in tags
            assert "assert " not in cell.source
            assert "alt=" not in cell.source
    assert answers == asked
