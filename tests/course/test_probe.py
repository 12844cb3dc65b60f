"""Labels from the tokenizer, and the scores of single units."""

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu.course import writer
from lstm_edu.course.writer import probe

SOURCE = '''\
@dec
def f(a, b=r"it's"):
    """Doc
    (more
    """
    x = [1, (2,
    3)]  # a "comment"

    return f"{a(1)} b" + b'x'

y = f"{f'{1}'}" "#"
z = f"""{1}"""
'''
MARKS = """\
.....
............sssss....
....ddddddd
dddddddddd
dddddd..
................
.........ccccccccccccc.
.
............sssssssss.....ss..
.
.....sssssssss..ss..
.....dddddddd..
"""


def marks(text):
    found = probe.labels_of(text)
    assert max(sum(found[name] for name in probe.YES_OR_NO)) <= 1
    letters = np.select([found[name] for name in probe.YES_OR_NO], list("sdc"), ".")
    return "".join(letters)


def test_strings_and_comments_are_what_the_tokenizer_says_in_every_version_of_python():
    assert marks(SOURCE) == MARKS.replace("\n", "")


def test_brackets_are_open_from_the_opening_to_before_the_closing_one_and_not_within_strings():
    found = probe.labels_of(SOURCE)["brackets"]
    depth = 0
    for letter, mark, count in zip(SOURCE, MARKS.replace("\n", ""), found, strict=True):
        if mark == ".":
            depth += (letter in "([{") - (letter in ")]}")
        assert count == depth
    assert found.max() == 2


def test_the_indentation_counts_blocks():
    text = "if a:\n  if b:\n\tc\n  d\ne\n".replace("\t", "    ")
    found = probe.labels_of(text)["indentation"]
    assert [int(found[text.index(letter)]) for letter in "abcde"] == [0, 1, 2, 1, 0]


@pytest.mark.parametrize("text", ["f(1,\n", 'x = """abc', "if a:\n    b", "a\x0cb = 1\n", "", "x = (\n\n'a'"])
def test_a_text_may_end_in_the_midst(text):
    for label in probe.labels_of(text).values():
        assert label.shape == (len(text),)


def test_what_is_no_python_is_refused():
    with pytest.raises(ValueError, match=r"text must be Python, got a text with .* in line 3"):
        probe.labels_of("if a:\n    b\n  c\n")


def test_every_file_of_the_standard_library_has_labels_that_close_again():
    sources = [s for s in writer.standard_library() if s.split == "test"][:12]
    for source in sources:
        found = probe.labels_of(source.text)
        assert found["brackets"].min() == found["brackets"][-1] == 0, source.name
        assert found["indentation"].min() == 0
        assert not (found["string"] & found["comment"]).any()


def test_auc_is_the_share_of_pairs_in_the_right_order():
    rng = np.random.default_rng(0)
    states, label = rng.integers(0, 6, (40, 3)).astype(float), rng.random(40) < 0.4
    pairs = [[(a > b) + 0.5 * (a == b) for a in states[label, k] for b in states[~label, k]] for k in range(3)]
    np.testing.assert_allclose(probe.auc(states, label), np.mean(pairs, axis=1))


def test_correlation_is_numpys():
    rng = np.random.default_rng(1)
    states, label = rng.standard_normal((50, 4)), rng.integers(0, 5, 50)
    wanted = [np.corrcoef(states[:, k], label)[0, 1] for k in range(4)]
    np.testing.assert_allclose(probe.correlation(states, label), wanted)


@pytest.mark.parametrize(("name", "worst"), [("string", 0.5), ("brackets", 0.0)])
def test_the_best_unit_is_found_whatever_its_sign_and_scored_where_it_was_not_chosen(name, worst):
    rng = np.random.default_rng(2)
    label = rng.random(600) < 0.5
    states = rng.standard_normal((600, 9))
    states[:, 4] = -2.0 * label + rng.standard_normal(600)
    halves = [(states[part], label[part]) for part in (slice(0, 300), slice(300, 600))]
    found = probe.best_unit(name, *halves)
    assert (found.unit, found.sign) == (4, -1)
    other = probe.best_unit(name, halves[1], halves[0])
    assert (found.score, found.chosen_at) == pytest.approx((other.chosen_at, other.score))
    noise = [(states[part][:, :4], label[part]) for part in (slice(0, 300), slice(300, 600))]
    lucky = probe.best_unit(name, *noise)
    assert lucky.chosen_at > worst  # the best of several is above a coin where it was chosen
    assert abs(lucky.score - worst) < 0.15


def test_states_are_those_after_each_character_read_in_one_go():
    class Letters:
        def encode(self, text):
            return np.array([ord(letter) % 7 for letter in text])

    net = le.Sequential([le.Embedding(7, 3, rng=0), le.LSTM(3, 5, rng=1), le.Dense(5, 7, rng=2)])
    texts = ["abc def" * 50, "fed", "cab" * 99]
    for name, bounded in (("1.c", np.tanh), ("1.h", lambda h: h)):
        for text, states in zip(texts, probe.states_of(net, Letters(), texts, name), strict=True):
            _, tape = net.forward(Letters().encode(text)[:, None])
            np.testing.assert_allclose(states, bounded(net.gates(tape)[name][:, 0]), rtol=1e-5, atol=1e-6)
