"""Which papers there are."""

from lstm_edu.core import checks

from .arjovsky2016 import PAPER as ARJOVSKY_2016
from .chung2014 import PAPER as CHUNG_2014
from .gers2000 import PAPER as GERS_2000
from .gers2001 import PAPER as GERS_2001
from .gers2002 import PAPER as GERS_2002
from .greff2017 import PAPER as GREFF_2017
from .hochreiter1997 import PAPER as HOCHREITER_1997
from .jozefowicz2015 import PAPER as JOZEFOWICZ_2015
from .karpathy2015 import PAPER as KARPATHY_2015
from .le2015 import PAPER as LE_2015
from .paper import Experiment, Paper
from .pascanu2013 import PAPER as PASCANU_2013
from .weiss2018 import PAPER as WEISS_2018
from .zaremba2014 import PAPER as ZAREMBA_2014

_IN_ORDER = (
    HOCHREITER_1997,
    GERS_2000,
    GERS_2001,
    GERS_2002,
    PASCANU_2013,
    CHUNG_2014,
    ZAREMBA_2014,
    JOZEFOWICZ_2015,
    KARPATHY_2015,
    LE_2015,
    ARJOVSKY_2016,
    GREFF_2017,
    WEISS_2018,
)  # of their years
PAPERS: dict[str, Paper] = {paper.name: paper for paper in _IN_ORDER}


def paper_of(name: str) -> Paper:
    """The paper of a name.

    Parameters
    ----------
    name : str
        One of `PAPERS`.

    Returns
    -------
    Paper
        It.

    Raises
    ------
    ValueError
        For an unknown one, with the nearest names.
    """
    return PAPERS[checks.one_of("paper", name, PAPERS)]


def experiment_of(paper: Paper, name: str) -> Experiment:
    """The experiment of a name.

    Parameters
    ----------
    paper : Paper
        Where it stands.
    name : str
        One of its experiments.

    Returns
    -------
    Experiment
        It.

    Raises
    ------
    ValueError
        For an unknown one, with the nearest names.
    """
    names = [experiment.name for experiment in paper.experiments]
    return paper.experiments[names.index(checks.one_of("experiment", name, names))]
