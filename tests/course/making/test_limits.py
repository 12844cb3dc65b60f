"""The limits: a good chapter passes, and each way to fall short is found and said in words."""

import copy

import example_chapter
import pytest
from nbformat import v4

from lstm_edu.course.making import build, limits, notebook


@pytest.fixture(scope="module")
def _good(tmp_path_factory):
    """The chapter as if it had run: with outputs made by hand, so that no kernel is needed."""
    made = build.make(example_chapter.write(tmp_path_factory.mktemp("limits")).chapters[0])
    for count, cell in enumerate(notebook.code_cells(made), start=1):
        cell.execution_count = count
    return made


@pytest.fixture
def good(_good):
    return copy.deepcopy(_good)


def code(made, place=2):
    return notebook.code_cells(made)[place]


def stream(text, name="stdout"):
    return v4.new_output("stream", text=text, name=name)


def display(**data):
    return v4.new_output("display_data", data={kind.replace("_", "/"): text for kind, text in data.items()})


def test_a_good_chapter_has_no_problems(good):
    assert limits.problems(good) == []


PNG = "iVBORw0KGgo="
# Paths of no machine: made of parts, so that whoever looks for paths of a machine in this repository finds none.
HOME, TEMPORARY, USERS = "/".join(["", "home", "someone"]), "/".join(["", "tmp", "aa"]), "\\".join(["C:", "Users"])


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (v4.new_output("error", ename="ValueError", evalue="no", traceback=[]), "ValueError: no"),
        (stream("progress 10%", name="stderr"), "stderr: progress 10%"),
        (stream("x.py:3: RuntimeWarning: overflow"), "a warning (RuntimeWarning)"),
        (display(image_png=PNG, text_plain="<Figure>"), "an image without alt text"),
        (display(text_html=f'<p><img src="data:image/png;base64,{PNG}"></p>'), "an image without alt text"),
        (display(text_html='<img alt=" " src="x.png">'), "an image without alt text"),
        (stream(f"saved to {HOME}/x.csv"), f"the absolute path {HOME} in the output"),
        (stream(f"saved to {USERS}\\someone"), f"the absolute path {USERS} in the output"),
        (display(text_plain="<object at 0x7f3a2b1c4d5e>"), "an object's address"),
        (v4.new_output("display_data", data={"application/vnd.jupyter.widget-view+json": {}}), "a widget"),
    ],
)
def test_bad_outputs_are_found(good, output, words):
    code(good).outputs.append(output)
    (problem,) = limits.problems(good)
    assert words in problem
    assert problem.startswith("cell 4: ")


@pytest.mark.parametrize(
    "output",
    [
        display(text_html=f'<img alt="a line" src="data:image/png;base64,{PNG}{TEMPORARY}">', text_plain="a line"),
        stream(f"no warning: 1/2 of /3, see figures{HOME}/x.png"),
        stream("ran in 3 s on two cores"),
    ],
)
def test_good_outputs_are_let_through(good, output):
    code(good).outputs.append(output)
    assert limits.problems(good) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("![](../figures/x.png)", "an image without alt text"),
        ('<img src="../figures/x.png">', "an image without alt text"),
        ("![a line](https://example.org/x.png)", "comes from the network"),
        (f"It lies in {HOME}/x.", f"the absolute path {HOME}"),
    ],
)
def test_bad_text_is_found(good, text, words):
    good.cells.insert(1, v4.new_markdown_cell(text))
    (problem,) = limits.problems(good)
    assert problem.startswith("cell 2: ")
    assert words in problem


def remove(made, what):
    made.cells = [cell for cell in made.cells if what not in cell.source]
    renumber(made)


def renumber(made):
    for count, cell in enumerate(notebook.code_cells(made), start=1):
        cell.execution_count = count


def long_cell(made):
    code(made).source = "\n\n".join(["x = 1"] * 26)


def wide_cell(made):
    code(made).source = "x = " + "1 + " * 21 + "1"


def long_cells(made):
    for cell in notebook.code_cells(made)[1:-1]:
        cell.source += "\nx = 1" * 9


def swap(made):
    made.cells[9], made.cells[10] = made.cells[10], made.cells[9]


def tag(made, before, after):
    for cell in made.cells:
        cell.metadata["tags"] = [after if name == before else name for name in notebook.tags(cell)]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (long_cell, "cell 4 has 26 lines, at most 25 are asked for"),
        (wide_cell, "cell 4 has a line of 89 characters, at most 88 are asked for"),
        (long_cells, "the median code cell has "),
        (swap, "the headings stand in another order: The question, Intuition, What you need"),
        (lambda made: remove(made, "## What we saw"), 'the heading "What we saw" is missing'),
        (lambda made: remove(made, "the last but one"), "14 code cells, 15 to 25 are asked for"),
        (lambda made: remove(made, "word word"), " words of prose, 1500 to 2500 are asked for"),
        (lambda made: made.cells.insert(1, v4.new_markdown_cell("word " * 1000)), "256"),
        (lambda made: tag(made, "predict", "x"), "no cell asks for a prediction"),
        (lambda made: tag(made, "claim", "x"), "no cell holds what the text says by an assert"),
        (lambda made: setattr(code(made, 5), "source", "2 + 2"), 'has the tag "claim" and no assert'),
        (lambda made: setattr(code(made, 0), "source", "course.begin(9)"), "does not call course.begin(97)"),
        (lambda made: setattr(code(made, -1), "source", "print()"), "the last code cell does not call course.ran()"),
        (lambda made: setattr(made.cells[0], "source", "A test"), "does not begin with a heading"),
        (lambda made: setattr(code(made, 5), "execution_count", None), "did not run once each from first to last"),
        (lambda made: setattr(code(made, 5), "execution_count", 99), "did not run once each from first to last"),
        (lambda made: code(made, 6).outputs.append(stream("97.1: right.")), "is right before anybody has done it"),
        (lambda made: code(made, 7).outputs.append(stream("97.1: not yet. No.")), "is refused: 97.1: not yet. No."),
    ],
)
def test_what_a_chapter_must_keep_to_is_held(good, spoil, words):
    spoil(good)
    (problem,) = limits.problems(good)
    assert words in problem


def test_too_few_exercises_or_none_without_a_solution(good):
    exercises = notebook.exercises(good)
    tag_of = exercises[1].metadata
    tag_of["tags"] = []
    assert limits.problems(good) == ["3 exercises, 4 to 6 are asked for"]
    tag_of["tags"] = ["exercise"]
    for cell in good.cells:
        if "twice_4" in cell.source and "solution" in notebook.tags(cell):
            cell.metadata["tags"] = []
            above = good.cells[good.cells.index(cell) - 1]
            above.metadata["tags"] = []
    (problem,) = limits.problems(good)
    assert "has no solution" in problem


def test_a_chapter_needs_an_exercise_that_says_find_the_bug(good):
    for cell in good.cells:
        cell.source = cell.source.replace("find the bug", "find it")
    assert limits.problems(good) == ['no exercise says "find the bug"']


def test_chapters_about_more_than_one_cell_have_a_free_middle(good):
    good.cells[0].source = good.cells[0].source.replace("97", "11")
    code(good, 0).source = "course.begin(11)"
    for heading in ("Intuition", "One gate at a time", "The kernel"):
        remove(good, f"## {heading}")
    assert limits.problems(good) == []
    remove(good, "## References")
    assert limits.problems(good) == ['the heading "References" is missing']


def test_an_appendix_without_code_is_held_to_pictures_and_paths_only():
    appendix = v4.new_notebook(cells=[v4.new_markdown_cell("# 12 · Cheat sheet\n\nAll of it.")])
    assert limits.problems(appendix) == []
    appendix.cells.append(v4.new_markdown_cell("![](x.png)"))
    assert limits.problems(appendix) == ["cell 2: an image without alt text"]


def test_a_file_is_held_to_its_size_and_to_the_pictures_that_it_links(good, tmp_path):
    import nbformat

    (tmp_path / "notebooks").mkdir()
    path = tmp_path / "notebooks" / "97_test.ipynb"
    nbformat.write(good, path)
    assert limits.problems(path) == ["cell 1: there is no image ../figures/97-line.png"]
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "97-line.png").write_bytes(b"")
    assert limits.problems(path) == []
    code(good).outputs.append(stream("x" * 1_600_000))
    nbformat.write(good, path)
    (problem,) = limits.problems(path)
    assert "the file has 1.6" in problem
    path.write_text("{}")
    with pytest.raises(ValueError, match="is not a notebook"):
        limits.problems(path)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Two words.", 2),
        ("With $h_t = f(x)$ a formula is a word.", 7),
        ("$$\na = b\n$$", 1),
        ("```python\nx = 1\n```\n\nafter", 1),
        ("![alt text](x.png) [a link](https://example.org/a/b)", 2),
        ("don't split words-with-hyphens or 1,500", 5),
    ],
)
def test_words_are_those_that_a_reader_reads(text, count):
    assert notebook.words(v4.new_notebook(cells=[v4.new_markdown_cell(text)])) == count


def test_code_that_shows_a_figure_and_says_it_in_words_is_not_counted(good):
    cells, median = len(notebook.lesson_cells(good)), notebook.median_lines(good)
    long = "\n".join(["x = 1"] * 20)
    for _ in range(20):
        good.cells.insert(-1, v4.new_code_cell(long, metadata={"tags": ["alt", "hide-input"]}))
    renumber(good)
    assert (len(notebook.lesson_cells(good)), notebook.median_lines(good)) == (cells, median)
    assert limits.problems(good) == []
