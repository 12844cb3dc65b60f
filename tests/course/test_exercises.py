"""The exercises of all chapters: right answers pass, usual mistakes are named, an untouched skeleton gets a hint."""

import importlib

import pytest

from lstm_edu import course
from lstm_edu.course import checker

CHAPTERS = {
    number: importlib.import_module(f"answers.ch{number:02d}").EXERCISES for number in (*range(12), *range(16, 22))
}
EXERCISES = {number: answers for chapter in CHAPTERS.values() for number, answers in chapter.items()}
RIGHT = [(number, answer) for number, answers in EXERCISES.items() for answer in answers.right]
WRONG = [(number, words, answer) for number, answers in EXERCISES.items() for words, answer in answers.wrong]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_exercise_has_right_and_wrong_answers(chapter):
    assert list(CHAPTERS[chapter]) == checker.numbers(chapter)
    assert all(answers.right and answers.wrong for answers in CHAPTERS[chapter].values())


@pytest.mark.parametrize(("number", "answer"), RIGHT, ids=[number for number, _ in RIGHT])
def test_a_right_answer_passes(capsys, number, answer):
    assert course.check(number, answer), capsys.readouterr().out


@pytest.mark.parametrize(("number", "words", "answer"), WRONG, ids=[f"{number}-{words}" for number, words, _ in WRONG])
def test_a_wrong_answer_is_refused_in_words(capsys, number, words, answer):
    assert not course.check(number, answer)
    assert words in capsys.readouterr().out


@pytest.mark.parametrize("nothing", [None, ...])
@pytest.mark.parametrize("number", EXERCISES)
def test_an_untouched_skeleton_gets_a_hint(capsys, number, nothing):
    assert not course.check(number, lambda *given: nothing)
    said = capsys.readouterr().out
    assert said.startswith(f"{number}: not yet. ")
    assert EXERCISES[number].hint in said
