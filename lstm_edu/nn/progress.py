"""One progress bar for notebook and terminal."""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any

# No speed, but room for what is learnt; a bar of fixed width never shrinks to a single character.
_FORMAT = "{desc} {percentage:3.0f}%|{bar:14}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]"
_EVERY = 0.5  # seconds between two looks at the clock


def bar(total: int, what: str, show: bool | None = None) -> Any:
    """A progress bar of tqdm.

    Where output goes to a file a bar would only fill it with half lines. TQDM_DISABLE=1 in the environment, which tqdm
    itself knows, makes None mean False: so a chapter's stored output holds no bars.

    Parameters
    ----------
    total : int
        Steps.
    what : str
        The word before it.
    show : bool or None
        None: in a notebook and at a terminal.

    Returns
    -------
    tqdm.tqdm
        A context manager.
    """
    from tqdm.auto import tqdm

    in_notebook = any("notebook" in cls.__module__ for cls in tqdm.__mro__)
    if show is None:
        wanted = os.environ.get("TQDM_DISABLE", "0") in ("", "0")
        show = wanted and (in_notebook or sys.stderr.isatty())
    look = {} if in_notebook else {"bar_format": _FORMAT}
    return tqdm(total=total, desc=what, disable=not show, dynamic_ncols=True, leave=False, **look)


def say(bar: Any, *words: str) -> None:
    """Put the first of these words behind a bar for which there is room; none of them, rather than a part of one.

    A number that is cut off is another number: 6e-05 is not 6.

    Parameters
    ----------
    bar : tqdm.tqdm
        From `bar`.
    *words : str
        The fullest first.
    """
    if bar.disable:
        return
    room = _room(bar)
    bar.set_postfix_str(next((each for each in words if room is None or len(each) + 2 <= room), ""))


def _room(bar: Any) -> int | None:
    """Characters that are left of the terminal's line; None in a notebook, which wraps."""
    if getattr(bar, "bar_format", None) != _FORMAT:
        return None
    known = bar.format_dict | {"postfix": "", "ncols": None, "prefix": bar.desc or ""}
    width = bar.ncols if bar.dynamic_ncols is False or bar.dynamic_ncols is None else bar.dynamic_ncols(bar.fp)
    return None if not width else width - 1 - len(bar.format_meter(**known))


@contextlib.contextmanager
def ticking(bar: Any) -> Iterator[None]:
    """While inside, the bar's clock goes on even if nothing else does: what compiles for seconds is seen to be alive.

    Parameters
    ----------
    bar : tqdm.tqdm
        From `bar`.
    """
    if bar.disable:
        yield
        return
    over = threading.Event()

    def tick() -> None:
        while not over.wait(_EVERY):
            bar.refresh()

    thread = threading.Thread(target=tick, name="lstm_edu clock", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
