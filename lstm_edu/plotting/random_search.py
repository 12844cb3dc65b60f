"""A random search: what each row of a table reached, and which hyperparameter decided."""

from typing import TYPE_CHECKING, Any

from . import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@style.in_style
def random_search(reproduction: Any, *, title: str | None = None) -> "Figure":
    """A box for each row of a reproduced random search, and a bar for each hyperparameter.

    The wide grey boxes are of all trials, the narrow ones of the best tenth by validation, with their points; the
    whiskers end at the 5th and the 95th percentile. A bar is the share of the variance of the trials' ranks that a
    hyperparameter explains alone, the line across it what chance stays below in 95 of 100 cases.

    Parameters
    ----------
    reproduction : Reproduction
        From `lstm_edu.reproduce.reproduce`, of an experiment whose first measure is a loss, with one named "valid" and
        with some that are drawn.
    title : str, optional
        In place of the experiment's own.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.

    Examples
    --------
    >>> import lstm_edu as le
    >>> found = le.reproduce.reproduce("greff2017", "reber", rows=["V", "NIG"], trials=2, jobs=1)
    >>> [text.get_text() for text in random_search(found).axes[0].get_yticklabels()]
    ['V', 'NIG']
    """
    rows, experiment = reproduction.rows(), reproduction.experiment
    first, shares = experiment.measures[0], reproduction.explained()
    figure, (boxes, bars) = style.new_figure(1, 2, size=(9.0, 1.8 + 0.35 * len(rows)), width_ratios=(3, 2))
    for place, (_, trials) in enumerate(rows):
        whole = trials.loc[trials["success"], first.name]
        best = reproduction.best(trials, "valid", 0.1)[first.name]
        if not len(whole):
            continue
        common = {"positions": [place], "orientation": "horizontal", "showfliers": False, "whis": (5, 95)}
        black = {"medianprops": {"color": "black"}, "patch_artist": True}
        boxes.boxplot([whole], widths=0.7, boxprops={"facecolor": "#e6e6e6"}, **common, **black)
        boxes.boxplot([best], widths=0.3, boxprops={"facecolor": style.COLOURS[5]}, **common, **black)
        boxes.plot(best, [place] * len(best), "o", color=style.COLOURS[0], alpha=0.6, markersize=4)
    boxes.set_yticks(range(len(rows)), [row.name for row, _ in rows])
    boxes.set_ylim(len(rows) - 0.5, -0.5)
    boxes.set_xscale("log")
    boxes.set_xlabel(f"{first.words}: all trials, and the best tenth")
    for place, share in enumerate(shares.values()):
        bars.barh(place, share.share, color=style.COLOURS[0], height=0.6)
        bars.plot([share.chance] * 2, [place - 0.4, place + 0.4], color=style.COLOURS[1])
    if shares:
        bars.plot([], [], color=style.COLOURS[1], label="chance, 95 of 100 below")
        bars.legend(loc="lower right")
    bars.set_yticks(range(len(shares)), list(shares))
    bars.set_ylim(max(1, len(shares)) - 0.5, -0.5)
    bars.set_xlabel("share of the variance of ranks that it explains")
    words = f"{reproduction.paper.name}, experiment {experiment.number}: {experiment.name}"
    figure.suptitle(title or words, x=0.01, ha="left", fontsize=11)
    return figure
