"""A whole network in one safetensors file: the numbers, and in the file's metadata how the layers are put together."""

import hashlib
import json
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from lstm_edu.core import About, Layer
from lstm_edu.core.files import as_path, replace_file
from lstm_edu.core.version import __version__

from .architecture import build, check, describe, short

_KEY = "lstm_edu"  # the name of our entry in the file's metadata
_ENTRY = ("version", "architecture", "about", "sha256")

# A file from elsewhere can hold anything; these keep reading it short.
_LONGEST_HEADER = 2**24  # bytes
_LONGEST = 2**22  # characters of our entry


def save(net: Layer, path: str | PathLike) -> None:
    """Write a network, or a single layer, with its architecture and what its numbers mean (`about`) as safetensors.

    The file is readable by every library that knows the format, and holds no code, but a checksum of all that `load`
    takes from it. It is written under a temporary name and renamed, so that an interrupted save leaves the old file
    whole; the old file's mode is kept, and a link stays a link to the file that is written.

    Parameters
    ----------
    net : Layer
        A network or a single layer.
    path : str or os.PathLike
        The file.

    Raises
    ------
    FileNotFoundError
        Without the folder.
    ValueError
        For a path that can't be written or is no regular file, and for a layer of a class that `load` does not know.

    Examples
    --------
    >>> import tempfile, lstm_edu as le
    >>> net = le.Sequential([le.LSTM(2, 8, rng=0), le.Dense(8, 1, rng=1)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     le.save(net, folder + "/net.safetensors")
    ...     again = le.load(folder + "/net.safetensors")
    >>> bool((again.params.flat == net.params.flat).all())
    True
    """
    from safetensors.numpy import save as to_bytes

    if not isinstance(net, Layer):
        raise ValueError(f"net must be a layer or a network, got {type(net).__name__}")
    path = as_path(path)
    architecture = describe(net)
    arrays = {name: array.copy() for name, array in net.params.items()}  # training may go on in another thread
    about = {} if net.about is None else {"about": net.about.to_json()}
    checksum = _checksum(architecture, arrays, about.get("about"))
    entry = json.dumps({"version": __version__, "architecture": architecture} | about | {"sha256": checksum})
    try:
        _checked(entry, arrays)
    except ValueError as error:
        raise ValueError(f"net: load could not read its architecture: {error}") from None
    replace_file(path, to_bytes(arrays, metadata={_KEY: entry}), durable=True)


def load(path: str | PathLike, into: Layer | None = None) -> Layer:
    """The network that `save` wrote.

    A file from somewhere else can do no harm: it holds no code, and no layer is made that needs more numbers than the
    file holds. Nothing is drawn but the seed of a Dropout's own generator.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    into : Layer, optional
        The network that the numbers are put into; it is changed only if everything fits. None: a new one is made.

    Returns
    -------
    Layer
        The new network, or `into`.

    Raises
    ------
    FileNotFoundError
        Without a file.
    ValueError
        For a file that is damaged, was not written by `save`, or (with `into`) belongs to another architecture.

    Examples
    --------
    >>> import tempfile, lstm_edu as le
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     le.save(le.GRU(2, 3, rng=0), folder + "/gru.safetensors")
    ...     type(le.load(folder + "/gru.safetensors"))
    <class 'lstm_edu.cells.gru.GRU'>
    """
    if into is not None and not isinstance(into, Layer):
        raise ValueError(f"into must be a layer or a network, got {type(into).__name__}")
    path = as_path(path)
    metadata, arrays = _read(path)
    net = into
    if net is None and _KEY not in metadata:
        raise ValueError(
            f"path: {str(path)!r} was not written by lstm_edu.save: its metadata holds no architecture; "
            "make the network yourself and pass it as into="
        )
    try:
        architecture, about = _checked(metadata[_KEY], arrays) if _KEY in metadata else ({}, None)
        if net is None:
            net = build(architecture)
    except _Damaged:
        raise ValueError(f"path: {str(path)!r} is damaged: its checksum does not fit what it holds") from None
    except Exception as error:  # a foreign file can give a constructor anything; RecursionError is one more
        reason = short(error if isinstance(error, ValueError) else f"{type(error).__name__}: {error}")
        raise ValueError(f"path: the architecture in {str(path)!r} can't be read ({reason})") from None
    _check_fit(path, arrays, net)
    net.params.update(arrays)
    net.about = about
    return net


def _read(path: Path) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    """The metadata and the arrays of a safetensors file."""
    from safetensors import SafetensorError, safe_open

    try:
        if path.is_dir():
            raise ValueError(f"path: {str(path)!r} is a folder, the name of a file is needed")
        if not path.is_file():
            raise FileNotFoundError(f"path: there is no file {str(path)!r}")
        with path.open("rb") as file:  # also for the reason why it can't be read
            header = int.from_bytes(file.read(8), "little")
        if _LONGEST_HEADER < header < path.stat().st_size:
            raise ValueError(
                f"path: {str(path)!r} has a header of {header} bytes, more than the {_LONGEST_HEADER} that load reads"
            )
        with safe_open(path, framework="numpy") as file:
            names = file.keys()
            arrays = {name: file.get_tensor(name) for name in names}
            for array in arrays.values():
                if array.dtype.isbuiltin != 1:  # bfloat16 and the like, which other packages add to NumPy
                    raise TypeError(array.dtype)
            return file.metadata() or {}, arrays
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ValueError(f"path: {str(path)!r} can't be read ({error.strerror or error})") from None
    except (AttributeError, TypeError) as error:
        raise ValueError(
            f"path: {str(path)!r} holds numbers of a type that NumPy does not have ({short(error)})"
        ) from None
    except SafetensorError as error:
        raise ValueError(f"path: {str(path)!r} is no whole safetensors file ({short(error)})") from None


def _check_fit(path: Path, arrays: dict[str, np.ndarray], net: Layer) -> None:
    needed = net.params.shapes
    for name in [*needed, *arrays]:
        got = arrays[name].shape if name in arrays else "none"
        need = needed.get(name, "none")
        if got != need:
            raise ValueError(
                f"path: {str(path)!r} belongs to another architecture: "
                f"parameter {short(repr(name))} has shape {short(got)} in the file, the network needs {need}"
            )
        if arrays[name].dtype != net.dtype:
            raise ValueError(f"path: {str(path)!r} holds {arrays[name].dtype} numbers, the network needs {net.dtype}")


class _Damaged(Exception):
    """The checksum of a file does not fit."""


def _checked(text: str, arrays: dict[str, np.ndarray]) -> tuple[dict, About | None]:
    """What our entry of a file's metadata says, with its checksum found right and of a size that can be."""
    if len(text) > _LONGEST:
        raise ValueError(f"it takes {len(text)} characters, the limit is {_LONGEST}")
    entry = json.loads(text)
    if not isinstance(entry, dict) or "architecture" not in entry or entry.keys() - _ENTRY:
        raise ValueError(f"its entry must hold {', '.join(_ENTRY)}, no more")
    architecture = entry["architecture"]
    # files that are older than the checksum load without
    if "sha256" in entry and entry["sha256"] != _checksum(architecture, arrays, entry.get("about")):
        raise _Damaged
    check(architecture, held=sum(array.size for array in arrays.values()))
    return architecture, About.from_json(entry["about"]) if "about" in entry else None


def _checksum(architecture: Any, arrays: dict[str, np.ndarray], about: Any = None) -> str:
    """SHA-256 over what is known, the name, type and shape of each array, and the numbers, all sorted by name."""
    names = sorted(arrays)
    shapes = [[name, arrays[name].dtype.name, arrays[name].shape] for name in names]
    known = [architecture, shapes] if about is None else [architecture, shapes, about]
    digest = hashlib.sha256(json.dumps(known, sort_keys=True, separators=(",", ":")).encode())
    for name in names:
        digest.update(np.ascontiguousarray(arrays[name], arrays[name].dtype.newbyteorder("<")).data)
    return digest.hexdigest()
