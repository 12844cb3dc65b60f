"""JupyterLab, started on one notebook, and the address at which that is to be found."""

import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

_PATIENCE = 60.0  # seconds until a server that says nothing is left alone


def run(folder: Path, name: str, options: Sequence[str]) -> int:
    """Start JupyterLab and wait until it ends.

    Parameters
    ----------
    folder : path
        Where the notebook is.
    name : str
        The notebook.
    options : sequence of str
        Of JupyterLab.

    Returns
    -------
    int
        Its exit code.
    """
    command = [sys.executable, "-m", "jupyterlab", str(folder / name), *options]
    with subprocess.Popen(command) as process:
        threading.Thread(target=_announce, args=(process, name), daemon=True).start()
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:  # JupyterLab got it too, and asks whether it is meant
                continue


def address(server: dict, name: str) -> str:
    """Where a notebook is to be found.

    Parameters
    ----------
    server : dict
        What a running server says of itself.
    name : str
        The notebook, in the folder in which the server was started with it.

    Returns
    -------
    str
        With the token, if it has one.

    Examples
    --------
    >>> address({"url": "http://localhost:8888/", "token": "abc"}, "03_lstm_1997.ipynb")
    'http://localhost:8888/lab/tree/03_lstm_1997.ipynb?token=abc'
    """
    token = f"?token={server['token']}" if server.get("token") else ""
    return f"{server['url']}lab/tree/{quote(name)}{token}"


def _announce(process: subprocess.Popen, name: str) -> None:
    """Print the address once the server runs; JupyterLab itself names the launcher's."""
    from jupyter_server.serverapp import list_running_servers

    began = time.monotonic()
    while process.poll() is None and time.monotonic() - began < _PATIENCE:
        for server in list_running_servers():
            if server.get("pid") == process.pid:
                time.sleep(1)  # after its own lines
                print(f"\nthe chapter: {address(server, name)}\n", flush=True)
                return
        time.sleep(0.3)
