"""What the course's chapters call: figures with alt text, sliders, cells to play with, sources, checks of exercises.

A chapter's calls::

    from lstm_edu import course
    course.begin(3)                                   in the first code cell
    course.show(figure, alt="what is to be seen")
    course.check("03.2", answer)
    course.ran()                                      in the last one

`lstm-edu course` builds, lists and opens the chapters. Needs the extra `course`:  pip install "lstm_edu[course]"
"""

from .chapter import begin, ran
from .checker import check
from .display import animate, explore, show, source
from .playground import play

__all__ = ["animate", "begin", "check", "explore", "play", "ran", "show", "source"]
