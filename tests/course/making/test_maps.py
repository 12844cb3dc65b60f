"""The tables of chapters: they are what the generator makes of the chapters, and it says what a chapter lacks."""

from pathlib import Path

import example_chapter
import pytest

from lstm_edu.course.library import Course
from lstm_edu.course.making import maps

COURSE = Course(Path(__file__).resolve().parents[3] / "notebooks")


def test_the_readme_is_what_the_generator_writes():
    text = (COURSE.folder.parent / "README.md").read_text(encoding="utf-8")
    assert maps.in_readme(COURSE, text) == text, "python -m lstm_edu.course.making.maps"


@pytest.mark.parametrize("source", maps.with_map(COURSE), ids=lambda source: source.stem)
def test_a_chapter_with_a_map_has_the_one_that_the_generator_writes(source):
    text = source.read_text(encoding="utf-8")
    assert maps.in_chapter(COURSE, text) == text, "python -m lstm_edu.course.making.maps"


def test_chapters_00_and_14_have_a_map():
    assert [source.stem for source in maps.with_map(COURSE)] == ["00_start_here", "14_teaching"]


README = "# A course\n\n<!-- the chapters -->\n{}<!-- end -->\n\nMore.\n"
TABLE = """
| chapter | the question | what answers it | minutes |
| --- | --- | --- | --- |
| [97 A test](notebooks/97_test.ipynb) | How long? | <img src="figures/97-line.png" alt="The figure of chapter 97" \
width="180"> | 45 |

"""


def test_a_new_table_takes_the_place_of_the_old_one_and_a_second_time_nothing_changes(tmp_path):
    course = example_chapter.write(tmp_path)
    readme = tmp_path / "README.md"
    readme.write_text(README.format("old\n"), encoding="utf-8")
    source = course.chapters[0].source
    with source.open("a", encoding="utf-8") as file:
        file.write("\n# %% [markdown]\n# | chapter | minutes |\n# | --- | --- |\n# | 97 A test | 5 |\n")
    assert maps.write(course) == [readme, source]
    assert readme.read_text(encoding="utf-8") == README.format(TABLE)
    assert source.read_text(encoding="utf-8").endswith("# | 97 A test | 45 |\n")
    assert maps.write(course) == []


def test_a_readme_without_markers_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="the README has no table of chapters between <!-- the chapters --> and"):
        maps.in_readme(example_chapter.write(tmp_path), "# A course\n")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (' question="How long?"', "", "97_test: the first cell has no short question"),
        ("](../figures/97-line.png)", "](other.png)", "97_test: its text shows no figure"),
    ],
)
def test_what_a_chapter_lacks_is_named(tmp_path, old, new, words):
    course = example_chapter.write(tmp_path)
    source = course.chapters[0].source
    source.write_text(source.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(ValueError, match=words):
        maps.table(course)
