"""What a chapter puts below a cell: figures, sliders, animations and sources, readable with and without a kernel."""

import inspect
import itertools
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from lstm_edu.core import checks

from . import listing, pictures
from .chapter import FIGURES, building


def put(html_or_markdown: dict, plain: str) -> None:
    """Display a bundle of forms in a notebook; elsewhere print the plain one."""
    if _in_notebook():
        from IPython.display import display

        display(html_or_markdown | {"text/plain": plain}, raw=True)
    else:
        print(plain)


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    return shell is not None and getattr(shell.get_ipython(), "kernel", None) is not None


def alt_text(alt: Any) -> str:
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError(f"alt must say in words what is to be seen, got {alt!r}")
    return " ".join(alt.split())


def show(figure: Any, *, alt: str, name: str | None = None) -> None:
    """Show a figure with its text for those who can't see it, and close it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        What to show.
    alt : str
        What is to be seen, in words; outside a notebook it is printed.
    name : str, optional
        While `lstm-edu course build` runs, the figure is also written to ``figures/<name>.png``.

    Raises
    ------
    ValueError
        Where `alt` is empty, or `name` has a folder or an ending.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> show(Figure(), alt="an empty page")
    an empty page
    """
    alt = alt_text(alt)
    if name is not None:
        _save(name, "png", lambda: pictures.png(figure, dpi=150))
    put({"text/html": pictures.figure_html(pictures.png(figure), alt)}, alt)
    _close(figure)


def _save(name: str | None, ending: str, data: Callable[[], bytes]) -> None:
    if not isinstance(name, str) or not name or Path(name).name != name or Path(name).suffix:
        raise ValueError(f"name must be a file's name without folder and ending, such as '03-carousel', got {name!r}")
    if building():
        path = Path(os.environ[FIGURES]) / f"{name}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data())


def _close(figure: Any) -> None:
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close(figure)


def source(thing: Any, *, whole: bool = False) -> None:
    """Show the source of a function, a kernel, a class or a module as a block of code.

    Of a kernel its equations are shown, and what only keeps the books is folded: names for parts of arrays, packed
    weights. Its file's own text is one click away.

    Parameters
    ----------
    thing : function, kernel, class or module
        What was written in Python.
    whole : bool, default False
        Whether to show a kernel's own text at once.

    Raises
    ------
    ValueError
        For something without a source.

    Examples
    --------
    >>> import lstm_edu as le
    >>> source(le.core.checks.whole)
    def whole(name: str, value: Any, least: int = 1) -> int:
        ...
    """
    made_of = getattr(thing, "py_func", thing)  # a kernel holds the function that it was made from
    try:
        text = inspect.getsource(made_of).rstrip()
    except (OSError, TypeError):
        raise ValueError(f"thing must be a function, class or module with a source, got {thing!r}") from None
    markdown = f"```python\n{text}\n```"
    if not whole and listing.is_kernel(text) and (short := listing.folded(text)) != text:
        said = "The file's own text, with the names for parts of arrays and the packed weights (chapter 11)"
        markdown = f"```python\n{short}\n```\n\n<details><summary>{said}</summary>\n\n{markdown}\n\n</details>"
    put({"text/markdown": markdown}, text)


def explore(draw: Callable, *, alt: str, **positions: Iterable[float]) -> None:
    """Some fixed positions side by side, and with a live kernel a slider from the first to the last.

    Parameters
    ----------
    draw : function
        ``draw(axes, <name>=value)`` draws one position into the axes, in less than 50 ms.
    alt : str
        What is to be seen, in words.
    **positions : list of numbers
        Exactly one: ``<name>=[...]``, two to four numbers in rising order. The name is the slider's label; whole
        numbers make a slider of whole numbers.

    Raises
    ------
    ValueError
        For no name or several, for other positions, and where `alt` is empty.

    Examples
    --------
    >>> explore(lambda axes, bias: axes.plot([0, bias]), bias=[0.0, 1.0, 3.0], alt="lines that get steeper")
    lines that get steeper
    """
    from lstm_edu.plotting import style

    alt = alt_text(alt)
    if len(positions) != 1:
        raise ValueError(f"explore needs exactly one slider, such as bias=[0.0, 1.0, 3.0], got {list(positions)}")
    ((name, values),) = positions.items()
    values = list(values)
    if not 2 <= len(values) <= 4 or any(b <= a for a, b in itertools.pairwise(values)):
        raise ValueError(f"{name} must be two to four numbers in rising order, got {values}")
    for value in values:
        checks.number(name, value)
    label = name.replace("_", " ")

    def side_by_side() -> Any:
        figure, axes = style.new_figure(1, len(values), size=(8.4, 2.8), sharey=True)
        for axis, value in zip(axes, values, strict=True):
            draw(axis, **{name: value})
            axis.set_title(f"{label} = {value:g}")
        for axis in axes[1:]:
            axis.set_ylabel("")
        return figure

    def one(value: Any) -> Any:
        figure, axis = style.new_figure(size=(5.6, 3.2))
        draw(axis, **{name: value})
        axis.set_title(f"{label} = {value:g}")
        return pictures.figure_html(pictures.png(figure), f"{alt} Here {label} = {value:g}.")

    side_by_side, one = style.in_style(side_by_side), style.in_style(one)
    put({"text/html": pictures.figure_html(pictures.png(side_by_side()), alt)}, alt)
    if _in_notebook() and not building():
        _slider(one, label, values)


def _slider(picture: Any, label: str, values: Any) -> None:
    try:
        import ipywidgets as widgets
        from IPython.display import display
    except ImportError:
        return  # the three positions stand there
    low, high, whole = values[0], values[-1], all(isinstance(value, int) for value in values)
    kind = widgets.IntSlider if whole else widgets.FloatSlider
    step = 1 if whole else slider_step(values)
    slider = kind(
        value=values[len(values) // 2],
        min=low,
        max=high,
        step=step,
        readout_format="d" if whole else f".{_decimals(step)}f",
        description=label,
        style={"description_width": "initial"},
        layout={"width": "30em"},
    )
    view = widgets.HTML(picture(slider.value))
    digits = 0 if whole else _decimals(step)
    slider.observe(lambda change: setattr(view, "value", picture(round(change["new"], digits))), "value")
    display(widgets.VBox([slider, view]))


def slider_step(values: Sequence[float]) -> float:
    """A step of a few digits that leads from the first position to all the others, in about sixty steps.

    Parameters
    ----------
    values : sequence of float
        In rising order.

    Returns
    -------
    float
        So that a slider says what its picture says.

    Examples
    --------
    >>> slider_step([0.7, 0.9, 0.99]), slider_step([0.0, 1.0, 3.0]), slider_step([-0.5, 0.25])
    (0.01, 0.1, 0.01)
    """
    low, high = values[0], values[-1]
    for decimals in range(8):
        for part in (5, 2, 1):
            step = part * 10.0**-decimals
            hits = all(abs((value - low) / step - round((value - low) / step)) < 1e-6 for value in values)
            if hits and (high - low) / step >= 20:
                return round(step, decimals)
    return (high - low) / 60


def _decimals(step: float) -> int:
    return next((digits for digits in range(8) if abs(step - round(step, digits)) < 1e-9), 8)


def animate(
    draw: Callable,
    frames: int | Iterable,
    *,
    alt: str,
    seconds: float = 5,
    size: tuple[float, float] = (6.4, 3.2),
    name: str | None = None,
) -> None:
    """An animation that plays without a kernel, as a GIF of at most 400 kB.

    Parameters
    ----------
    draw : function
        ``draw(figure, frame)`` draws one frame into a new figure.
    frames : int or iterable
        How many (frames 0, 1, ...), or the frames themselves; at least two.
    alt : str
        What is to be seen, in words.
    seconds : float
        For one round, at least 0.1.
    size : (float, float)
        Width and height in inches.
    name : str, optional
        While `lstm-edu course build` runs, it is also written to ``figures/<name>.gif``.

    Raises
    ------
    ValueError
        For fewer frames, for too little time, for frames that do not fit into the 400 kB, and where `alt` is empty.

    Examples
    --------
    >>> animate(lambda figure, k: figure.subplots().plot([0, k]), 3, alt="a line that rises", size=(2, 1))
    a line that rises
    """
    from lstm_edu.plotting import style

    alt = alt_text(alt)
    frames = list(range(checks.whole("frames", frames, least=2))) if isinstance(frames, int) else list(frames)
    if len(frames) < 2:
        raise ValueError(f"frames must be at least two, got {len(frames)}")
    checks.number("seconds", seconds, least=0.1)
    data = style.in_style(pictures.gif)(draw, frames, size, seconds)
    if name is not None:
        _save(name, "gif", lambda: data)
    put({"text/html": pictures.figure_html(data, alt)}, alt)
