"""One progress bar for notebook and terminal."""

import sys


def bar(total: int, what: str, show: bool | None = None):
    """A tqdm bar over `total` steps. `show`: True, False, or None for: in a notebook and at a terminal.

    Where output goes to a file a bar would only fill it with half lines.
    """
    from tqdm.auto import tqdm

    if show is None:
        show = any("notebook" in cls.__module__ for cls in tqdm.__mro__) or sys.stderr.isatty()
    return tqdm(total=total, desc=what, disable=not show, dynamic_ncols=True, leave=False)
