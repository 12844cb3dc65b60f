"""What the tests of the chapters' exercises share."""

import numpy as np

from lstm_edu import course


def told(capsys, number, answer):
    """Whether the check says right, and what it prints."""
    right = course.check(number, answer)
    return right, capsys.readouterr().out


def refused(capsys, number, answer, words):
    """The answer counts as wrong, and these words say why."""
    right, said = told(capsys, number, answer)
    assert not right
    assert words in said


def sigmoid(a):
    return 1 / (1 + np.exp(-a))
