"""What a chapter shows of a paper run again: the trials that `lstm-edu reproduce` wrote."""

from pathlib import Path
from typing import TYPE_CHECKING

from . import library

if TYPE_CHECKING:
    from lstm_edu.reproduce import Reproduction


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
    from lstm_edu.reproduce import Reproduction, results
    from lstm_edu.reproduce.papers import paper_of

    chosen, here = paper_of(paper), Path.cwd()
    folders = [*(folder / "evidence" for folder in (here, *here.parents)), library.find().reproduced]
    found = []
    for experiment in chosen.experiments:
        name = f"reproduce-{chosen.name}-{experiment.name}.csv"
        path = next((folder / name for folder in folders if (folder / name).is_file()), None)
        if path is not None:
            lines, _ = results.read(path, chosen, experiment, any_version=True)
            found.append(Reproduction(chosen, experiment, lines))
    if not found:
        raise ValueError(
            f"there are no trials of {chosen.name} in {folders[-1]}: `lstm-edu reproduce {chosen.name}` makes them"
        )
    return found
