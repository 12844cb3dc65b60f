"""One progress bar for notebook and terminal."""

import os
import sys
from typing import Any


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

    if show is None:
        wanted = os.environ.get("TQDM_DISABLE", "0") in ("", "0")
        show = wanted and (any("notebook" in cls.__module__ for cls in tqdm.__mro__) or sys.stderr.isatty())
    return tqdm(total=total, desc=what, disable=not show, dynamic_ncols=True, leave=False)
