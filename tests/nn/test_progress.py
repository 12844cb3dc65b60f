"""The bar: what stands in it stands there whole, and it is seen to be alive."""

import io
import threading
import time

import pytest
from tqdm import tqdm

from lstm_edu.nn import progress

WORDS = ("lstm, seed 3: test loss 6.123e-05", "lstm 6.123e-05")


def shown(width, words=WORDS, done=3, total=15):
    """The line that a terminal of that width shows."""
    out = io.StringIO()
    with tqdm(total=total, desc="compare Adding", file=out, ncols=width, bar_format=progress._FORMAT) as bar:
        progress.say(bar, *words)
        bar.update(done)
        bar.refresh()
        line = out.getvalue().split("\r")[-1]
    return line


@pytest.mark.parametrize("width", [30, 60, 80, 120])
def test_no_number_is_cut_and_the_line_fits(width):
    line = shown(width).rstrip()
    assert len(line) <= width
    assert not line.endswith(("6", "6.", "6.1", "6.12", "6.123", "6.123e", "6.123e-", "6.123e-0"))
    if width >= 60:
        assert "3/15" in line
    if width == 80:
        assert WORDS[1] in line
    if width == 120:
        assert WORDS[0] in line


def test_the_clock_goes_on_while_nothing_else_does(monkeypatch):
    monkeypatch.setattr(progress, "_EVERY", 0.01)
    out = io.StringIO()
    with tqdm(total=2, desc="compile", file=out, ncols=80, mininterval=0) as bar, progress.ticking(bar):
        before, end = out.getvalue().count("\r"), time.monotonic() + 5
        while out.getvalue().count("\r") < before + 3 and time.monotonic() < end:
            time.sleep(0.01)
    assert out.getvalue().count("\r") >= before + 3


def test_a_bar_that_is_off_takes_words_and_no_thread():
    before = threading.active_count()
    with progress.bar(3, "x", show=False) as bar, progress.ticking(bar):
        progress.say(bar, "words")
        assert threading.active_count() == before
    assert bar.disable
