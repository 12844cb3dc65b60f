"""A chapter's first and last line: its clock, and the look of its figures."""

import os
import time

from lstm_edu.core import checks
from lstm_edu.core.threads import available_cores

# Set while `lstm-edu course build` runs a chapter: the folder for the figures that have a name.
FIGURES = "LSTM_EDU_COURSE_FIGURES"

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")
_clock: dict[str, float] = {}


def building() -> bool:
    """Whether a chapter is being built: no sliders then, since nobody is there to move them."""
    return FIGURES in os.environ


def begin(number: int) -> None:
    """Start the clock of a chapter and give every figure drawn from now on the course's look.

    Parameters
    ----------
    number : int
        The chapter, from 0 on.

    Raises
    ------
    ValueError
        For anything but a whole number of at least 0.

    Examples
    --------
    >>> import matplotlib
    >>> with matplotlib.rc_context():  # so that this example leaves no trace
    ...     begin(3)
    """
    import matplotlib

    from lstm_edu.plotting import style

    checks.whole("number", number, least=0)
    matplotlib.rcParams.update(style.SETTINGS | {"figure.constrained_layout.use": True})
    _clock.update(chapter=number, start=time.perf_counter())


def ran() -> None:
    """Print how long the chapter took since `begin`, in whole seconds, and on how many cores.

    Examples
    --------
    >>> import matplotlib
    >>> with matplotlib.rc_context():
    ...     begin(3)
    >>> ran()
    ran in 0 s on ... core...
    """
    if "start" not in _clock:
        print("not yet run from the top: the first code cell starts the clock (Run > Run All Cells)")
        return
    seconds = time.perf_counter() - _clock["start"]
    cores = available_cores()
    words = _NUMBERS[cores] if cores < len(_NUMBERS) else str(cores)
    print(f"ran in {seconds:.0f} s on {words} core{'s' if cores > 1 else ''}")
