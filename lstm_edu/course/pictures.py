"""Figures as small files: PNG with a palette, GIF below a limit, and both inside HTML that carries alt text."""

import base64
import contextlib
import html
import io
from collections.abc import Callable
from typing import Any

import numpy as np

DPI = 110
GIF_LIMIT = 400_000  # bytes


def render(figure: Any, dpi: float = DPI) -> Any:
    """A matplotlib figure as a Pillow image, RGB, with `dpi` pixels an inch."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    if not any(axes.get_subplotspec() for axes in figure.get_axes()):
        figure.set_layout_engine("none")  # there is nothing to lay out, and matplotlib would warn of that
    canvas = FigureCanvasAgg(figure)
    with _resolution(figure, dpi):
        canvas.draw()
        return Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())


@contextlib.contextmanager
def _resolution(figure: Any, dpi: Any) -> Any:
    before = figure.dpi
    try:
        figure.dpi = dpi
        yield
    finally:
        figure.dpi = before


def png(figure: Any, dpi: float = DPI) -> bytes:
    """A matplotlib figure as PNG of at most 256 colours: a quarter of the size of matplotlib's own.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        It stays as it is.
    dpi : float
        Pixels an inch.

    Returns
    -------
    bytes
        The file.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> png(Figure())[:4]
    b'\\x89PNG'
    """
    from PIL import Image

    image = render(figure, dpi).quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE)
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def gif(draw: Callable, frames: list, size: tuple[float, float], seconds: float, limit: int = GIF_LIMIT) -> bytes:
    """An animated GIF without end. Where it would be too large, fewer colours and then fewer pixels are tried.

    Parameters
    ----------
    draw : function
        ``draw(figure, frame)`` draws one frame into a new figure.
    frames : list
        What `draw` gets, one after the other.
    size : (float, float)
        Width and height in inches.
    seconds : float
        For one round; the last frame stays a second longer.
    limit : int
        The most bytes that it may have.

    Returns
    -------
    bytes
        The file.

    Raises
    ------
    ValueError
        Where even the fewest colours and pixels take more than `limit`.
    """
    for dpi in (90, 72, 60):
        images = [_frame(draw, frame, size, dpi) for frame in frames]
        for colours in (64, 32, 16):
            data = _join(images, colours, seconds)
            if len(data) <= limit:
                return data
    kilobytes = f"{len(data) / 1000:.0f} kB"
    raise ValueError(f"frames: {len(frames)} of them give {kilobytes}, at most {limit / 1000:.0f} kB are allowed")


def _frame(draw: Callable, frame: Any, size: tuple[float, float], dpi: Any) -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    draw(figure, frame)
    return render(figure, dpi)


def _join(images: list, colours: int, seconds: float) -> bytes:
    from PIL import Image

    # One palette for all, from a strip of a few of them: what does not move keeps its colour and costs nothing.
    some = images[:: max(1, len(images) // 6)] + images[-1:]
    strip = Image.new("RGB", (some[0].width, some[0].height * len(some)))
    for place, image in enumerate(some):
        strip.paste(image, (0, place * image.height))
    palette = strip.quantize(colours, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    first, *rest = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]
    file = io.BytesIO()
    each = 1000 * seconds / len(images)
    times = [each] * (len(images) - 1) + [each + 1000]  # the last one stays a second longer, to be looked at
    first.save(file, "GIF", save_all=True, append_images=rest, duration=times, loop=0, optimize=True)
    return file.getvalue()


def still(animation: bytes) -> bytes:
    """The last frame of a GIF as PNG, for readers who asked their system for less motion."""
    from PIL import Image

    image: Any = Image.open(io.BytesIO(animation))
    image.seek(image.n_frames - 1)
    file = io.BytesIO()
    image.convert("RGB").quantize(64, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()


def figure_html(data: bytes, alt: str) -> str:
    """A PNG or GIF inside HTML: the only form in which JupyterLab, nbconvert and the book all keep the alt text."""
    image = f'<img alt="{html.escape(alt)}" style="max-width:100%" src="{_address(data)}">'
    if data.startswith(b"GIF"):
        calm = f'<source media="(prefers-reduced-motion: reduce)" srcset="{_address(still(data))}">'
        image = f"<picture>{calm}{image}</picture>"
    return f'<figure style="margin:0">{image}</figure>'


def _address(data: bytes) -> str:
    kind = "gif" if data.startswith(b"GIF") else "png"
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"
