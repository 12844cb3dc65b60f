"""A whole network in one safetensors file: the numbers, and in the file's metadata how the layers are put together."""

import json
import os
import tempfile
from pathlib import Path

import lstm_edu
from lstm_edu.cells import CELLS, Layer, checks

from . import layers as layer_module
from .network import Sequential

_CLASSES = {cls.__name__: cls for cls in [*CELLS.values(), Sequential]} | {
    name: cls for name, cls in vars(layer_module).items() if isinstance(cls, type) and issubclass(cls, Layer)
}
_KEY = "lstm_edu"  # the name of our entry in the file's metadata


def save(net: Layer, path) -> None:
    """Write the network (or a single layer) with its architecture to `path`, as safetensors.

    The file is readable by every library that knows the format, and holds no code. It is written under a temporary
    name and renamed, so that an interrupted save leaves the old file whole.

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
    path = Path(path)
    entry = {"version": lstm_edu.__version__, "architecture": _describe(net)}
    data = to_bytes(dict(net.params), metadata={_KEY: json.dumps(entry)})
    if not path.parent.is_dir():
        raise FileNotFoundError(f"path: there is no folder {str(path.parent)!r} to save {path.name!r} in")
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, 0o666 & ~_umask())  # mkstemp makes files that only their owner can read
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def load(path, into: Layer | None = None) -> Layer:
    """The network that `save` wrote to `path`; with `into`, its numbers are put into that network instead.

    Raises FileNotFoundError without a file, and ValueError for a file that is damaged, was not written by `save`, or
    (with `into`) belongs to another architecture. `into` is changed only if everything fits.
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"path: there is no file {str(path)!r}")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    except (SafetensorError, OSError) as error:
        raise ValueError(f"path: {str(path)!r} is no whole safetensors file ({error})") from None
    net = into
    if net is None:
        if _KEY not in metadata:
            raise ValueError(
                f"path: {str(path)!r} was not written by lstm_edu.save: its metadata holds no architecture; "
                "make the network yourself and pass it as into="
            )
        try:
            net = _build(json.loads(metadata[_KEY])["architecture"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"path: the architecture in {str(path)!r} can't be read ({error})") from None
    _check_fit(path, arrays, net)
    net.params.update(arrays)
    return net


def _check_fit(path, arrays, net) -> None:
    needed = net.params.shapes
    for name in [*needed, *arrays]:
        got = arrays[name].shape if name in arrays else "none"
        need = needed.get(name, "none")
        if got != need:
            raise ValueError(
                f"path: {str(path)!r} belongs to another architecture: "
                f"parameter {name!r} has shape {got} in the file, the network needs {need}"
            )
        if arrays[name].dtype != net.dtype:
            raise ValueError(f"path: {str(path)!r} holds {arrays[name].dtype} numbers, the network needs {net.dtype}")


def _describe(layer) -> dict:
    config = layer.config()
    if "layers" in config:
        config = {"layers": [_describe(inner) for inner in config["layers"]]}
    return {"class": type(layer).__name__} | config


def _build(entry: dict) -> Layer:
    arguments = dict(entry)
    cls = _CLASSES[checks.one_of("layer class", arguments.pop("class"), _CLASSES)]
    if "layers" in arguments:
        arguments["layers"] = [_build(inner) for inner in arguments["layers"]]
    return cls(**arguments)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
