"""What the course's chapters call: figures with alt text, sliders, cells to play with, sources, checks of exercises.

A chapter's calls::

    from lstm_edu import course
    course.begin(3)                                   in the first code cell
    course.show(figure, alt="what is to be seen")
    course.check("03.2", answer)
    course.evidence(3, "lags")                        a table of runs that took longer than a chapter may
    course.ran()                                      in the last one

`lstm-edu course` builds, lists and opens the chapters. Needs the extra `course`:  pip install "lstm_edu[course]"
"""

from .chapter import begin, ran
from .checker import check
from .claims import at_best_rates, beats, best_rates, evidence, leads
from .display import animate, explore, show, source
from .gradients import numerical_gradient
from .playground import play
from .reproduced import reproduced
from .thread import learn_marked_signs, marked_signs

__all__ = [
    "animate",
    "at_best_rates",
    "beats",
    "begin",
    "best_rates",
    "check",
    "evidence",
    "explore",
    "leads",
    "learn_marked_signs",
    "marked_signs",
    "numerical_gradient",
    "play",
    "ran",
    "reproduced",
    "show",
    "source",
]
