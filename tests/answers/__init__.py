"""Right and wrong answers to every exercise, one table for each chapter; tests/course/test_exercises.py checks them."""

from typing import Any, NamedTuple


class Answers(NamedTuple):
    """The answers to one exercise."""

    right: list[Any]
    wrong: list[tuple[str, Any]]  # words that the refusal must contain, and the answer
    hint: str = "Begin with"  # what an untouched skeleton is told
