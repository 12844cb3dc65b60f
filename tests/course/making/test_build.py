"""From source to notebook: outputs, figures, tidy files, drift; the commands; the copies for a class and a learner."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import example_chapter
import nbformat
import pytest

from lstm_edu import cli
from lstm_edu.course import library
from lstm_edu.course.making import build, copies, limits, notebook


@pytest.fixture(scope="module")
def _built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built")
    course = example_chapter.write(folder)
    build.build(course.chapters[0])
    return folder


@pytest.fixture
def folder(_built, tmp_path, monkeypatch):
    """A clone with one chapter that is built, which is the present folder."""
    shutil.copytree(_built, tmp_path / "clone")
    monkeypatch.chdir(tmp_path / "clone")
    return tmp_path / "clone"


def run(*args):
    with pytest.raises(SystemExit) as stop:
        cli.main(["course", *args])
    return stop.value.code


def test_a_built_chapter_keeps_to_every_limit_and_agrees_with_its_source(folder):
    (chapter,) = library.find().chapters
    assert chapter.notebook.read_text(encoding="utf-8").endswith("}\n")
    assert limits.problems(chapter.notebook) == []
    assert build.drift(chapter) == []
    made = notebook.read(chapter.notebook)
    nbformat.validate(made)
    printed = [o.text for cell in notebook.code_cells(made) for o in cell.outputs if o.output_type == "stream"]
    assert printed[0] == "97.1: not yet. Your function returns nothing yet. Two times what?\n"
    assert printed[1] == "97.1: right. It is the answer.\n"
    assert re.fullmatch(r"ran in \d+ s on \S+ cores?\n", printed[-1])


def test_a_named_figure_stands_in_figures_and_no_scratch_file_is_left(folder):
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert files == ["figures/97-line.png", "notebooks/97_test.ipynb", "notebooks/src/97_test.py"]


def test_a_second_build_writes_the_same_bytes_but_for_the_seconds(folder):
    (chapter,) = library.find().chapters
    before = chapter.notebook.read_text(encoding="utf-8")
    build.build(chapter)
    after = chapter.notebook.read_text(encoding="utf-8")
    seconds = re.compile(r"ran in \d+ s")
    assert seconds.sub("", before) == seconds.sub("", after)
    assert build.make(chapter) == build.make(chapter)


def test_an_edited_cell_changes_its_own_id_only(folder):
    (chapter,) = library.find().chapters
    before = [cell.id for cell in build.make(chapter).cells]
    text = chapter.source.read_text(encoding="utf-8")
    chapter.source.write_text(text.replace("assert 2 + 2 == 4", "assert 2 + 2 != 5"), encoding="utf-8")
    after = [cell.id for cell in build.make(chapter).cells]
    assert len(set(before)) == len(before)
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1


def test_solutions_are_folded(folder):
    made = notebook.read(folder / "notebooks" / "97_test.ipynb")
    solutions = [cell for cell in made.cells if "solution" in notebook.tags(cell)]
    assert len(solutions) == 8
    for cell in solutions:
        if cell.cell_type == "code":
            assert cell.metadata.jupyter.source_hidden is True
            assert "hide-cell" in cell.metadata.tags
        else:
            assert cell.source.startswith("<details><summary>Solution</summary>\n\n")
            assert cell.source.endswith("\n\n</details>")


def test_of_a_cell_that_says_a_figure_in_words_only_the_code_is_folded(folder):
    made = notebook.read(folder / "notebooks" / "97_test.ipynb")
    (cell,) = (cell for cell in made.cells if "alt" in notebook.tags(cell))
    assert cell.metadata.jupyter == {"source_hidden": True}
    assert "hide-input" in cell.metadata.tags
    assert "hide-cell" not in cell.metadata.tags
    assert 'alt="A line that rises' in cell.outputs[0].data["text/html"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("assert 2 + 2 == 4", "assert 2 + 2 == 4.0", "cell 8 differs from the source (`assert 2 + 2 == 4.0`)"),
        ('tags=["claim"]', 'tags=["other"]', "cell 8 differs from the source"),
        ("# # 97 · A test", "# # 97 · Another test", "cell 1 differs from the source (`# 97 · Another test`)"),
        ("# %%\ncourse.ran()\n", "", "in the source: build the chapter anew"),
    ],
)
def test_a_notebook_that_has_drifted_from_its_source_is_found(folder, old, new, words, capsys):
    (chapter,) = library.find().chapters
    text = chapter.source.read_text(encoding="utf-8")
    assert old in text
    chapter.source.write_text(text.replace(old, new), encoding="utf-8")
    (problem,) = build.drift(chapter)
    assert words in problem
    assert run("check") == 1
    assert f"97_test: {problem}" in capsys.readouterr().out


def test_source_and_notebook_need_each_other(folder):
    (chapter,) = library.find().chapters
    chapter.source.rename(folder / "notebooks" / "src" / "96_other.py")
    first, second = library.find().chapters
    assert build.drift(first) == ["not built yet"]
    assert build.drift(second) == ["97_test: there is a notebook without a source"]


FAILING = '\n# %%\n# what now?\nraise RuntimeError("no way")\n'


def test_a_chapter_that_fails_is_named_with_its_cell_and_nothing_is_written(tmp_path, monkeypatch, capsys):
    example_chapter.write(tmp_path, start=FAILING)
    example_chapter.write(tmp_path, name="98_good")
    monkeypatch.chdir(tmp_path)
    assert run("build") == 1
    printed = capsys.readouterr().out
    assert "97_test: cell 9 (`# what now?`): RuntimeError: no way" in printed
    assert re.search(r"98_good +\d+ +15 +\S+ +15\d\d +4 +0.0\d +0\n", printed)
    assert "limits                           60      15-25          8  1500-2500        4-6        1.5" in printed
    assert sorted(path.name for path in (tmp_path / "notebooks").iterdir()) == ["98_good.ipynb", "src"]
    assert [path.name for path in (tmp_path / "figures").iterdir()] == ["97-line.png"]


QUIET = """
# %%
import os
from pathlib import Path

import lstm_edu as le

task = le.tasks.Adding(length=6)
net = le.make_network(task, "rnn", units=3, rng=0)
history = le.fit(net, task, steps=2, batch=2, seed=0)
assert not list(Path().iterdir())
"""


def test_a_chapter_runs_without_progress_bars_in_an_empty_folder(tmp_path):
    course = example_chapter.write(tmp_path, start=QUIET)
    made = build.run(course.chapters[0])
    assert limits.problems(made) == []
    assert not (tmp_path / "figures").exists()


def test_the_links_to_binder_and_colab_come_from_one_setting(folder):
    assert "Run this chapter" not in build.make(library.find().chapters[0]).cells[0].source
    (folder / "pyproject.toml").write_text('[tool.lstm_edu]\nrepository = "someone/course"\nbranch = "dev"\n')
    text = build.make(library.find().chapters[0]).cells[0].source
    assert "(https://mybinder.org/v2/gh/someone/course/dev?labpath=notebooks%2F97_test.ipynb)" in text
    assert "(https://colab.research.google.com/github/someone/course/blob/dev/notebooks/97_test.ipynb)" in text
    assert "git+https://github.com/someone/course" in text


def test_list_shows_question_and_minutes(folder, capsys):
    assert run("list") == 0
    assert capsys.readouterr().out == "97  A test (45 min)\n    How long does a test take?\n"


def test_check_is_content_with_what_build_wrote(folder, capsys):
    assert run("check", "97") == 0
    assert capsys.readouterr().out == "1 chapters agree with their sources and keep to the limits\n"
    assert run("check", "3") == 2
    assert "unknown chapter '03'" in capsys.readouterr().err


def test_without_chapters_an_error_says_where_they_were_looked_for(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(library, "__file__", str(tmp_path / "a" / "b" / "c.py"))
    monkeypatch.setattr(library.sysconfig, "get_path", lambda name: str(tmp_path / "none"))
    monkeypatch.setattr(library.site, "getuserbase", lambda: str(tmp_path / "none"))
    assert run("list") == 2
    message = capsys.readouterr().err
    assert "neither in" in message
    assert "nor installed with the package" in message


def test_another_projects_notebooks_are_not_taken_for_the_course(tmp_path, monkeypatch, folder):
    monkeypatch.setattr(library, "__file__", str(folder / "lstm_edu" / "course" / "library.py"))
    other = tmp_path / "other" / "notebooks" / "src"
    other.mkdir(parents=True)
    (other / "01_mine.py").write_text("# %%\nprint(1)\n")
    monkeypatch.chdir(tmp_path / "other")
    assert library.find().folder == folder / "notebooks"
    monkeypatch.chdir(folder / "notebooks" / "src")
    assert library.find().folder == folder / "notebooks"


def test_the_installed_copy_is_found(tmp_path, monkeypatch, folder):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(library, "__file__", str(tmp_path / "a" / "b" / "c.py"))
    monkeypatch.setattr(library.sysconfig, "get_path", lambda name: str(tmp_path / "venv"))
    place = tmp_path / "venv" / "share" / "lstm_edu"
    shutil.copytree(folder, place)
    shutil.rmtree(place / "notebooks" / "src")
    assert library.find().folder == place / "notebooks"


def test_a_missing_extra_is_named_with_what_to_type(monkeypatch):
    with pytest.raises(ImportError, match=r'this needs no_such_module: pip install "lstm_edu\[course\]"'):
        library.need("json", "no_such_module")


# Copies


def test_the_students_copy_has_neither_solutions_nor_outputs_and_the_key_has_both(folder, capsys):
    assert run("student", "class/one") == 0
    assert "answer-key" in capsys.readouterr().out
    target = folder / "class" / "one"
    files = sorted(path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file())
    both = ["97_test.ipynb", "figures/97-line.png", "requirements.txt"]
    assert files == [f"answer-key/{name}" for name in both] + sorted(
        f"class/{name}" for name in [*both, "HOW-TO-RUN.md"]
    )
    plain, key = (notebook.read(target / name / "97_test.ipynb") for name in ("class", "answer-key"))
    assert "lstm_edu[course]" in (target / "class" / "requirements.txt").read_text(encoding="utf-8")
    assert "jupyterlab 97_test.ipynb" in (target / "class" / "HOW-TO-RUN.md").read_text(encoding="utf-8")
    nbformat.validate(plain)
    nbformat.validate(key)
    assert "return 2 * x" not in json.dumps(plain)
    assert "x + x" not in json.dumps(plain)
    assert all(cell.outputs == [] and cell.execution_count is None for cell in notebook.code_cells(plain))
    assert len(notebook.exercises(plain)) == 4
    assert "](figures/97-line.png)" in plain.cells[0].source
    solutions = [cell for cell in key.cells if "solution" in notebook.tags(cell)]
    assert len(solutions) == 8
    assert not any("jupyter" in cell.metadata or "<details>" in cell.source for cell in solutions)
    assert "97.1: right." in json.dumps(key)
    assert (target / "answer-key" / key.cells[0].source.split("](")[1].split(")")[0]).resolve().is_file()
    # making the copies has not changed the course
    assert build.drift(library.find().chapters[0]) == []


def test_the_evidence_goes_along_with_every_copy_and_is_renewed(folder, tmp_path):
    course, mine = library.find(), tmp_path / "mine"
    copies.working_copy(course, mine)
    assert not (mine / "evidence").exists()
    course.evidence.mkdir()
    for content in (b"# one", b"# two"):
        (course.evidence / "ch97.csv").write_bytes(content)
        copies.working_copy(course, mine)
        assert (mine / "evidence" / "ch97.csv").read_bytes() == content
    copies.student(course, tmp_path / "class")
    for name in ("class", "answer-key"):
        assert (tmp_path / "class" / name / "evidence" / "ch97.csv").read_bytes() == b"# two"


def test_the_trials_of_papers_run_again_go_along_with_every_copy(folder, tmp_path):
    course, mine = library.find(), tmp_path / "mine"
    course.reproduced.mkdir(parents=True)
    name = "reproduce-hochreiter1997-order.csv"
    (course.reproduced / name).write_bytes(b"# three")
    copies.working_copy(course, mine)
    copies.student(course, tmp_path / "class")
    for copied in (mine, tmp_path / "class" / "class", tmp_path / "class" / "answer-key"):
        assert (copied / "evidence" / name).read_bytes() == b"# three"


def test_in_a_students_copy_a_prediction_comes_before_its_result(folder):
    plain = copies.without_solutions(notebook.read(folder / "notebooks" / "97_test.ipynb"))
    (asked,) = (k for k, cell in enumerate(plain.cells) if "predict" in notebook.tags(cell))
    answer, result = plain.cells[asked + 1 : asked + 3]
    assert answer.source.startswith('my_prediction = ""')
    assert "assert 2 + 2 == 4" in result.source
    assert result.metadata["jupyter"]["source_hidden"] is True
    following = plain.cells[asked + 3]
    assert following.source.startswith("## ")  # with the next heading all is open again
    assert "<details>" not in "".join(cell.source for cell in plain.cells[asked + 3 :])
    before = plain.cells[:asked]
    assert not any(cell.metadata.get("jupyter") for cell in before if "alt" not in notebook.tags(cell))
    nbformat.validate(plain)


def test_prose_that_tells_the_result_is_folded_too(folder):
    made = notebook.read(folder / "notebooks" / "97_test.ipynb")
    (asked,) = (k for k, cell in enumerate(made.cells) if "predict" in notebook.tags(cell))
    made.cells.insert(asked + 2, nbformat.v4.new_markdown_cell("It is four."))
    plain = copies.without_solutions(made)
    (told,) = (cell.source for cell in plain.cells if "It is four." in cell.source)
    assert told == "<details><summary>What came out</summary>\n\nIt is four.\n\n</details>"


def test_a_solutions_verdict_stands_under_no_learners_answer(folder, tmp_path):
    built = notebook.read(folder / "notebooks" / "97_test.ipynb")
    solutions = [cell for cell in notebook.code_cells(built) if "solution" in notebook.tags(cell)]
    assert all(cell.metadata.jupyter == {"source_hidden": True, "outputs_hidden": True} for cell in solutions)
    copies.working_copy(library.find(), tmp_path / "mine")
    mine = notebook.read(tmp_path / "mine" / "97_test.ipynb")
    for cell in notebook.code_cells(mine):
        assert bool(cell.outputs) <= ("solution" not in notebook.tags(cell))


def test_only_the_chapters_that_were_asked_for_go_to_the_class(folder, capsys):
    example_chapter.write(folder, name="98_good")
    assert run("student", "some", "97") == 0
    assert [path.name for path in (folder / "some" / "class").glob("*.ipynb")] == ["97_test.ipynb"]
    assert run("student", "none", "55") == 2
    assert "unknown chapter '55'" in capsys.readouterr().err


def test_a_students_copy_never_overwrites(folder, capsys):
    (folder / "class").mkdir()
    (folder / "class" / "mine.txt").write_text("mine")
    assert run("student", "class") == 2
    assert "'class' is not empty" in capsys.readouterr().err
    assert [path.name for path in (folder / "class").iterdir()] == ["mine.txt"]
    (folder / "empty").mkdir()
    assert run("student", "empty") == 0


def test_a_learners_changes_are_kept_and_what_nobody_changed_is_renewed(folder, tmp_path):
    course, mine = library.find(), tmp_path / "mine"
    assert copies.working_copy(course, mine) == (["97_test.ipynb"], [])
    assert (mine / "figures" / "97-line.png").is_file()
    assert "](figures/97-line.png)" in (mine / "97_test.ipynb").read_text(encoding="utf-8")
    assert copies.working_copy(course, mine) == ([], [])

    def renew(word):
        (chapter,) = course.chapters
        chapter.notebook.write_text(re.sub("· .* test", f"· {word} test", chapter.notebook.read_text(encoding="utf-8")))

    renew("Newer")
    assert copies.working_copy(course, mine) == (["97_test.ipynb"], [])
    text = (mine / "97_test.ipynb").read_text(encoding="utf-8")
    assert "Newer test" in text
    (mine / "97_test.ipynb").write_text(text.replace("Newer test", "my own test"), encoding="utf-8")
    assert copies.working_copy(course, mine) == ([], [])  # changed, and there is nothing newer
    renew("Newest")
    assert copies.working_copy(course, mine) == ([], ["97_test.ipynb"])
    assert "my own test" in (mine / "97_test.ipynb").read_text(encoding="utf-8")


def test_a_file_that_was_there_before_is_never_overwritten(folder, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "97_test.ipynb").write_text("mine")
    assert copies.working_copy(library.find(), mine) == ([], ["97_test.ipynb"])
    assert (mine / "97_test.ipynb").read_text() == "mine"


@pytest.mark.parametrize("content", ["[]", '"x"', "", "{", "3"])
def test_a_record_that_is_none_leaves_the_learners_files_alone_and_is_made_anew(folder, tmp_path, content):
    course, mine = library.find(), tmp_path / "mine"
    copies.working_copy(course, mine)
    (mine / ".lstm_edu-copied.json").write_text(content)
    (mine / "97_test.ipynb").write_text("mine")
    assert copies.working_copy(course, mine) == ([], ["97_test.ipynb"])
    assert (mine / "97_test.ipynb").read_text() == "mine"
    (mine / "97_test.ipynb").unlink()
    assert copies.working_copy(course, mine) == (["97_test.ipynb"], [])
    assert copies.working_copy(course, mine) == ([], [])


def test_open_starts_jupyterlab_at_the_chapter_in_the_learners_own_copy(folder, monkeypatch, capsys):
    commands = []

    class Started:
        def __init__(self, command):
            commands.append(command)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def wait(self):
            return 0

        def poll(self):
            return 0

    monkeypatch.setattr(subprocess, "Popen", Started)
    assert run("open", "--no-browser", "97", "--port=8899") == 0
    file = str(Path("lstm_edu-course", "97_test.ipynb"))
    assert commands == [[sys.executable, "-m", "jupyterlab", file, "--no-browser", "--port=8899"]]
    assert (folder / "lstm_edu-course" / "97_test.ipynb").is_file()
    assert "your copy of the course" in capsys.readouterr().out
    assert run("open", "12") == 2
    (folder / "notebooks" / "97_test.ipynb").unlink()
    assert run("open", "97") == 2
    assert "lstm-edu course build 97" in capsys.readouterr().err
