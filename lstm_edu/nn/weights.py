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
    name: cls
    for name, cls in vars(layer_module).items()
    if isinstance(cls, type) and issubclass(cls, Layer) and cls is not Layer
}
_KEY = "lstm_edu"  # the name of our entry in the file's metadata


def save(net: Layer, path) -> None:
    """Write the network (or a single layer) with its architecture to `path`, as safetensors.

    The file is readable by every library that knows the format, and holds no code. It is written under a temporary
    name and renamed, so that an interrupted save leaves the old file whole. Raises FileNotFoundError without the
    folder, and ValueError for a path that can't be written and for a layer of a class that `load` does not know.

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
    path = _path(path)
    entry = {"version": lstm_edu.__version__, "architecture": _describe(net)}
    data = to_bytes(dict(net.params), metadata={_KEY: json.dumps(entry)})
    try:
        if path.is_dir():
            raise ValueError(f"path: {str(path)!r} is a folder, the name of a file is needed")
        if not path.parent.is_dir():
            raise FileNotFoundError(f"path: there is no folder {str(path.parent)!r} to save {path.name!r} in")
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    except OSError as error:
        if error.strerror is None:  # ours, from above
            raise
        raise ValueError(f"path: {str(path)!r} can't be written ({error.strerror})") from None
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
    (with `into`) belongs to another architecture. `into` is changed only if everything fits. A file from somewhere
    else can do no harm: it holds no code, and no layer is made that needs more numbers than the file holds.
    """
    if into is not None and not isinstance(into, Layer):
        raise ValueError(f"into must be a layer or a network, got {type(into).__name__}")
    path = _path(path)
    metadata, arrays = _read(path)
    net = into
    if net is None:
        if _KEY not in metadata:
            raise ValueError(
                f"path: {str(path)!r} was not written by lstm_edu.save: its metadata holds no architecture; "
                "make the network yourself and pass it as into="
            )
        try:
            architecture = json.loads(metadata[_KEY])["architecture"]
            needed, held = _least_numbers(architecture), sum(array.size for array in arrays.values())
            if needed > held:
                raise ValueError(f"it needs at least {needed} numbers, the file holds {held}")
            net = _build(architecture)
        except Exception as error:  # a foreign file can give a constructor anything; RecursionError is one more
            reason = error if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
            raise ValueError(f"path: the architecture in {str(path)!r} can't be read ({reason})") from None
    _check_fit(path, arrays, net)
    net.params.update(arrays)
    return net


def _path(path) -> Path:
    try:
        return Path(path)
    except TypeError:
        raise ValueError(f"path must be the name of a file, got {path!r}") from None


def _read(path):
    """The metadata and the arrays of a safetensors file."""
    from safetensors import SafetensorError, safe_open

    try:
        if path.is_dir():
            raise ValueError(f"path: {str(path)!r} is a folder, the name of a file is needed")
        if not path.is_file():
            raise FileNotFoundError(f"path: there is no file {str(path)!r}")
        path.open("rb").close()  # for the reason why it can't be read
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
        raise ValueError(f"path: {str(path)!r} holds numbers of a type that NumPy does not have ({error})") from None
    except SafetensorError as error:
        raise ValueError(f"path: {str(path)!r} is no whole safetensors file ({error})") from None


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
    name = type(layer).__name__
    if _CLASSES.get(name) is not type(layer):
        raise ValueError(
            f"net: a layer of the class {name} can't be saved, load could not make it again; "
            f"it knows {', '.join(_CLASSES)}"
        )
    config = layer.config()
    if "layers" in config:
        config = {"layers": [_describe(inner) for inner in config["layers"]]}
    return {"class": name} | config


def _least_numbers(entry: dict) -> int:
    """How many parameters these layers have at least, told from their sizes alone."""
    if "layers" in entry:
        return sum(_least_numbers(inner) for inner in entry["layers"])
    names = ("inputs", "symbols", "units", "filters", "width")
    sizes = {name: checks.whole(name, entry[name]) for name in names if name in entry}
    units = sizes.get("units", sizes.get("filters", 0))  # 0: a layer without parameters
    inputs = sizes.get("inputs", sizes.get("symbols", 0))
    recurrent = units * units if entry["class"] in (cls.__name__ for cls in CELLS.values()) else 0
    return sizes.get("width", 1) * inputs * units + recurrent


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
