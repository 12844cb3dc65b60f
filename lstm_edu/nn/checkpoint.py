"""A training in one safetensors file, to go on in another process with the same bits."""

import hashlib
import json
from os import PathLike
from pathlib import Path
from typing import Any

from lstm_edu.core.files import as_path, replace_file
from lstm_edu.core.version import __version__

from .training import Training

_KEY = "lstm_edu.training"  # the name of our entry in the file's metadata


def save_checkpoint(training: Training, path: str | PathLike) -> None:
    """Write the state of a training, the network's weights with it, to `path`.

    The file is a safetensors file without code in it: the arrays of `Training.state`, and its values as JSON in the
    metadata. It replaces an older one at once, so that an interrupted save leaves that whole.

    Parameters
    ----------
    training : Training
        Between two steps.
    path : str or os.PathLike
        The file.

    Raises
    ------
    FileNotFoundError
        Without the folder.
    ValueError
        For a path that can't be written, and for a training that was interrupted in the midst of a step.

    Examples
    --------
    >>> import tempfile, lstm_edu as le
    >>> def training():
    ...     net = le.Sequential([le.LSTM(2, 8, rng=0), le.Dense(8, 1, steps="last", rng=1)])
    ...     return le.Training(net, le.tasks.Adding(length=10), steps=20)
    >>> first = training()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     while first.done < 8:
    ...         first.step()
    ...     save_checkpoint(first, folder + "/training.safetensors")
    ...     second = load_checkpoint(training(), folder + "/training.safetensors")
    >>> second.done
    8
    """
    from safetensors.numpy import save as to_bytes

    _checked(training)
    state = training.state()
    values = json.dumps(state["values"])
    entry = {"lstm_edu": __version__, "sum": _sum(state["arrays"], values), "values": values}
    replace_file(path, to_bytes(state["arrays"], metadata={_KEY: json.dumps(entry)}), durable=True)


def load_checkpoint(training: Training, path: str | PathLike) -> Training:
    """Let a training go on from the place at which `save_checkpoint` wrote the file.

    Parameters
    ----------
    training : Training
        Made with the same arguments as the one that was saved; see `Training.restore`.
    path : str or os.PathLike
        The file.

    Returns
    -------
    Training
        The same one, with its network, its optimizer and all its generators as they were.

    Raises
    ------
    FileNotFoundError
        Without the file.
    ValueError
        For a file that is damaged or was not written by `save_checkpoint`, and for one that belongs to another
        network, task, optimizer, other settings or another format; nothing is changed then.

    Examples
    --------
    >>> import tempfile, lstm_edu as le
    >>> net = le.Sequential([le.LSTM(2, 8, rng=0), le.Dense(8, 1, steps="last", rng=1)])
    >>> training = le.Training(net, le.tasks.Adding(length=10), steps=20)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_checkpoint(training, folder + "/training.safetensors")
    ...     history = training.run()
    ...     load_checkpoint(training, folder + "/training.safetensors").done  # back at the beginning
    0
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load as from_bytes

    _checked(training)
    path = as_path(path)
    data = _read(path)
    try:
        arrays = from_bytes(data)
        metadata = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")]).get("__metadata__", {})
    except (SafetensorError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"path: {str(path)!r} is no whole safetensors file ({error})") from None
    if _KEY not in metadata:
        raise ValueError(f"path: {str(path)!r} is no checkpoint: it was not written by lstm_edu.save_checkpoint")
    try:
        entry = json.loads(metadata[_KEY])
        whole = entry["sum"] == _sum(arrays, entry["values"])
        values = json.loads(entry["values"])
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise ValueError(f"path: the checkpoint {str(path)!r} is damaged ({error!r})") from None
    if not whole:
        raise ValueError(f"path: the checkpoint {str(path)!r} is damaged: its check sum differs from its content's")
    try:
        training.restore({"arrays": arrays, "values": values})
    except ValueError as error:
        raise ValueError(f"path: the checkpoint {str(path)!r} does not fit: {error}") from None
    return training


def _checked(training: Any) -> None:
    if not isinstance(training, Training):
        raise ValueError(f"training must be a Training, got {type(training).__name__}")


def _sum(arrays: dict, values: str) -> str:
    total = hashlib.sha256(values.encode())
    for name in sorted(arrays):
        array = arrays[name]
        total.update(f"{name} {array.dtype} {array.shape}".encode())
        total.update(array.tobytes())
    return total.hexdigest()


def _read(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise ValueError(f"path: {str(path)!r} is a folder, the name of a file is needed")
        return path.read_bytes()
    except FileNotFoundError:
        raise FileNotFoundError(f"path: there is no file {str(path)!r}") from None
    except OSError as error:
        raise ValueError(f"path: {str(path)!r} can't be read ({error.strerror or error})") from None
