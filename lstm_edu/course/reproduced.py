"""What a chapter shows of a paper run again: the trials that `lstm-edu reproduce` wrote."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from . import library

if TYPE_CHECKING:
    from lstm_edu.reproduce import Experiment, Paper, Reproduction


def reproduced(paper: str) -> "list[Reproduction]":
    """The experiments of a paper of which trials are kept.

    Each is looked for in the folder `evidence` beside a copy of the chapters, then in `figures/reproduced`.

    Parameters
    ----------
    paper : str
        A name of `lstm_edu.reproduce.PAPERS`.

    Returns
    -------
    list of Reproduction
        In the order of the paper: one for each experiment that has a file.

    Raises
    ------
    ValueError
        For an unknown paper, where there is no file at all, and for one of another form or of other settings.

    Examples
    --------
    >>> "order" in [found.experiment.name for found in reproduced("hochreiter1997")]
    True
    """
    from lstm_edu.reproduce.papers import paper_of

    chosen, here = paper_of(paper), Path.cwd()
    folders = [*(folder / "evidence" for folder in (here, *here.parents)), library.find().reproduced]
    found = [trials for each in chosen.experiments if (trials := kept(chosen, each, folders)) is not None]
    if not found:
        raise ValueError(
            f"there are no trials of {chosen.name} in {folders[-1]}: `lstm-edu reproduce {chosen.name}` makes them"
        )
    return found


def kept(paper: "Paper", experiment: "Experiment", folders: Iterable[Path]) -> "Reproduction | None":
    """The trials of one experiment, from the first of some folders that has them.

    Parameters
    ----------
    paper, experiment : Paper, Experiment
        Of which.
    folders : iterable of pathlib.Path
        Where to look.

    Returns
    -------
    Reproduction or None
        None: there are none.

    Raises
    ------
    ValueError
        For a file of another form or of other settings.
    """
    from lstm_edu.reproduce import Reproduction, results

    name = f"reproduce-{paper.name}-{experiment.name}.csv"
    path = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if path is None:
        return None
    lines, _ = results.read(path, paper, experiment, any_version=True)
    return Reproduction(paper, experiment, lines)
