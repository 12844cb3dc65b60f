"""Networks from and to PyTorch: the weights as in `interop.torch`, and how the layers are put together."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lstm_edu.cells import Recurrent
from lstm_edu.core import Layer
from lstm_edu.nn.layers import Conv1D, Dense, Dropout, Embedding, MaxPool1D
from lstm_edu.nn.network import Sequential
from lstm_edu.nn.wrappers import Bidirectional, Residual

from . import torch as layout
from .blocks import at, short
from .layers import again

_NAME = re.compile("(weight_ih|weight_hh|weight_hr|bias_ih|bias_hh)_l(0|[1-9][0-9]{0,3})(_reverse)?")
_DEEPEST = 16  # of modules in modules


def needed() -> Any:
    """PyTorch; ImportError that says what is missing and why."""
    try:
        import torch
    except ImportError as error:
        raise ImportError(f"lstm_edu.interop.to_torch and from_torch need PyTorch (pip install torch): {error}") from (
            error
        )
    return torch


def to_torch(net: Layer) -> Any:
    """A module of PyTorch that computes the same as a layer or a network.

    It is called as ``y, state = module(x, state=None, lengths=None)``, all of it in tensors: x (T, B, D) or (T, B)
    symbols, time first as here; the state is shaped as `tape.state` here, (h,) or (h, c) of a cell, each (B, H), and
    for a network one entry for each layer, () where it has none; lengths (B,) are whole numbers. Beyond a sequence's
    end what a cell puts out is zero there.

    Parameters
    ----------
    net : Layer
        RNN, LSTM, ProjectedLSTM, GRU(reset_after=True), Dense, Conv1D, MaxPool1D, Embedding, Dropout, and Sequential,
        Bidirectional and Residual of these.

    Returns
    -------
    torch.nn.Module
        On the CPU, of the net's float type, with copies of its weights, in training mode as every new module:
        `module.eval()` switches dropout off.

    Raises
    ------
    ImportError
        Without PyTorch.
    ValueError
        For a layer that PyTorch has not; it says where and why.

    Notes
    -----
    PyTorch adds two biases where one would do. In these modules the second one is zero and does not learn (of a GRU all
    but the part inside the reset product), so that the network trains as it does here. `module.requires_grad_(True)`
    would undo it. What the network's numbers mean, `net.about`, stays behind.

    Examples
    --------
    >>> import lstm_edu as le
    >>> net = le.Sequential([le.LSTM(3, 5, rng=0), le.Dense(5, 1, rng=1)])
    >>> module = to_torch(net)                                              # doctest: +SKIP
    >>> y, state = module(torch.ones(7, 2, 3))                              # doctest: +SKIP
    >>> y.shape, state[0][1].shape                                          # doctest: +SKIP
    (torch.Size([7, 2, 1]), torch.Size([2, 5]))
    >>> to_torch(le.GRU(3, 5))                                              # doctest: +SKIP
    Traceback (most recent call last):
        ...
    ValueError: net: PyTorch has no GRU with the reset gate before the product with h: its own is reset_after=True
    """
    needed()
    if not isinstance(net, Layer):
        raise ValueError(f"net must be a layer or a network, got {type(net).__name__}")
    with at("net"):
        return _module(net)


def _module(layer: Layer) -> Any:
    import torch

    from . import torch_modules as modules

    def child(place: str, inner: Layer) -> Any:
        with at(place):
            return _module(inner)

    def filled(cls: str, *arguments: Any, **options: Any) -> Any:
        arrays = layout.to_arrays(layer)
        with torch.device("meta"):  # nothing is drawn, and the global generator stays where it is
            made = getattr(torch.nn, cls)(*arguments, **options, dtype=getattr(torch, layer.dtype.name))
        made = made.to_empty(device="cpu")
        made.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
        return made

    if type(layer) is Sequential:
        return modules.Sequential([child(f"[{k}]", inner) for k, inner in enumerate(layer.layers)])
    if type(layer) is Bidirectional:
        ahead, back = (child(f".{name}", inner) for name, inner in layer.children().items())
        return modules.Bidirectional(ahead, back, layer.merge, layer.steps)
    if type(layer) is Residual:
        return modules.Residual(child(".layer", layer.layer))
    if type(layer) is MaxPool1D:
        return modules.MaxPool1D(torch.nn.MaxPool1d(layer.width, layer.stride))
    if type(layer) is Dropout:
        return modules.Dropout(torch.nn.Dropout(layer.rate), layer.per)
    cls = layout.class_name(layer)
    if type(layer) is Dense:
        return modules.Dense(filled(cls, layer.inputs, layer.units), layer.steps, layer.activation)
    if type(layer) is Conv1D:
        conv = filled(cls, layer.inputs, layer.filters, layer.width, stride=layer.stride)
        return modules.Conv1D(conv, layer.padding, layer.activation)
    if type(layer) is Embedding:
        return modules.Embedding(filled(cls, layer.symbols, layer.units))
    projection = {"proj_size": layer.projection} if hasattr(layer, "projection") else {}
    return modules.Cell(filled(cls, layer.inputs, layer.units, **projection))


def from_torch(module: Any) -> Layer:
    """The layer or network that computes the same as a module of PyTorch.

    Parameters
    ----------
    module : torch.nn.Module, mapping or list of torch.nn.Module
        One of these:

        - `torch.nn.RNN`, `LSTM` or `GRU`, with any `num_layers`, `bidirectional`, `proj_size` and `dropout`.
        - `Linear`, `Conv1d`, `MaxPool1d`, `Embedding`, `Dropout`; `Tanh`, `Sigmoid` and `ReLU` after a Linear or a
          Conv1d are its activation.
        - `torch.nn.Sequential` of these.
        - What `to_torch` makes.
        - A `state_dict` of one recurrent module, in tensors or arrays. Its names tell layers, directions and
          projection; dropout and `batch_first` stand in no name. PyTorch is not asked for.
        - A list of modules: the parts of a module of one's own, whose forward nobody can read, in the order in which
          its forward uses them.

    Returns
    -------
    Layer
        A cell; a Sequential for several layers, each Bidirectional if the module is. Its weights are copies.

    Raises
    ------
    ImportError
        For a module without PyTorch.
    ValueError
        For a module that has no like here, and for weights that are missing, surplus or do not fit; it says where and
        why.

    Notes
    -----
    Time comes first here, whatever the module has: `batch_first` is not looked at, as no weight depends on it. A
    `Conv1d` has (B, D, T) there and (T, B, D) here. The state there is one array (layers * directions, B, H), here one
    tuple for each layer.

    The two biases become their sum. There both learn, so that the sum learns at twice the rate: to train on in step
    with this package, use `to_torch(from_torch(module))`. A missing bias is zero here, and learns.

    Examples
    --------
    >>> import lstm_edu as le
    >>> arrays = le.interop.torch.to_arrays(le.LSTM(3, 5, rng=0))
    >>> above = {name.replace("l0", "l1"): array for name, array in
    ...          le.interop.torch.to_arrays(le.LSTM(5, 5, rng=1)).items()}
    >>> list(from_torch(arrays | above).params)
    ['0.W', '0.U', '0.b', '1.W', '1.U', '1.b']
    >>> from_torch(torch.nn.GRU(3, 5, bidirectional=True)).units             # doctest: +SKIP
    10
    """
    if isinstance(module, Mapping):
        with at("state_dict"):
            return _from_names(module)
    torch = needed()
    with at("module"):
        if isinstance(module, list | tuple):
            net = _row(module)
            _check_untied(module)
            return net
        if not isinstance(module, torch.nn.Module):
            raise ValueError(
                f"from_torch takes a torch.nn.Module, a list of them or a state_dict, got {type(module).__name__}"
            )
        net = _layer(module)
        _check_untied([module])  # once it is known that modules do not lie in each other without end
        return net


def _from_names(arrays: Mapping, dropout: float = 0.0) -> Layer:
    """The layers of one recurrent module, from the names in its state_dict."""
    found: dict[tuple[int, str], dict] = {}
    for name, array in arrays.items():
        match = _NAME.fullmatch(name) if isinstance(name, str) else None
        if match is None:
            raise ValueError(f"a name must be one of a recurrent module, as weight_ih_l0 is, got {short(repr(name))}")
        kind, k, direction = match.groups()
        found.setdefault((int(k), direction or ""), {})[f"{kind}_l0"] = array
    directions = ("", "_reverse") if any(direction for _, direction in found) else ("",)
    lowest = found.get((0, ""), {})
    layers: list[Layer] = []
    first: Any = None
    count = len({k for k, _ in found})
    for k in range(count):
        cells = []
        for direction in directions:
            own, end = found.get((k, direction), {}), f"_l{k}{direction}"
            for name in [*lowest, *own]:
                if name not in own:
                    raise ValueError(f"{name.replace('_l0', end)} is missing, {name} is there")
                if name not in lowest:
                    raise ValueError(f"{name} is missing, {name.replace('_l0', end)} is there")
            try:
                cell: Any = layout.from_arrays(own)
            except ValueError as error:
                raise ValueError(str(error).removeprefix("arrays: ").replace("_l0", end)) from None
            first = cell if first is None else first
            inputs = len(directions) * first.outputs if k else first.inputs
            needed, got = _kind(first, inputs), _kind(cell, cell.inputs)
            if needed != got:
                raise ValueError(f"weight_ih{end} and its like must make {needed}, got {got}")
            cells.append(cell)
        layers.append(Bidirectional(*cells) if len(cells) == 2 else cells[0])
        if dropout and k < count - 1:
            layers.append(Dropout(dropout))
    if not layers:
        raise ValueError("weight_ih_l0 is missing")
    return layers[0] if len(layers) == 1 else Sequential(layers)


def _kind(cell: Recurrent, inputs: int | None) -> str:
    return f"a {type(cell).__name__} of {inputs} inputs, {cell.units} units, {cell.outputs} outputs, {cell.dtype}"


def _recurrent(module: Any) -> Layer:
    if module.mode == "RNN_RELU":
        raise ValueError("the RNN of this package has tanh alone, got nonlinearity='relu'")
    return _from_names(module.state_dict(), module.dropout)


def _linear(module: Any) -> Layer:
    return layout.around(Dense, module.state_dict())


def _conv(module: Any) -> Layer:
    for name, usual in {"dilation": (1,), "groups": 1, "padding_mode": "zeros"}.items():
        if getattr(module, name) != usual:
            raise ValueError(f"Conv1D has no {name}: it must be {usual}, got {getattr(module, name)!r}")
    (width,), padding = module.kernel_size, module.padding
    if padding in ("valid", (0,)):
        padding = "valid"
    elif padding == ((width - 1) / 2,) or padding == "same":
        padding = "same"
    else:
        raise ValueError(
            f"Conv1D has the paddings 'valid' (0) and 'same' ((kernel_size - 1) / 2 on both sides), got {padding!r}"
        )
    return layout.around(Conv1D, module.state_dict(), stride=module.stride[0], padding=padding)


def _pool(module: Any) -> Layer:
    usual = {"padding": 0, "dilation": 1, "ceil_mode": False, "return_indices": False}
    for name, value in usual.items():
        if getattr(module, name) not in (value, (value,)):
            raise ValueError(f"MaxPool1D has no {name}: it must be {value}, got {getattr(module, name)!r}")
    width, stride = (n[0] if isinstance(n, tuple) else n for n in (module.kernel_size, module.stride))
    return MaxPool1D(width, stride)


def _embedding(module: Any) -> Layer:
    if module.max_norm is not None:
        raise ValueError(f"Embedding has no max_norm: it must be None, got {module.max_norm!r}")
    return layout.around(Embedding, module.state_dict())


# By the name of the class in torch.nn.
READERS: dict[str, Callable[[Any], Layer]] = {
    "RNN": _recurrent,
    "LSTM": _recurrent,
    "GRU": _recurrent,
    "Linear": _linear,
    "Conv1d": _conv,
    "MaxPool1d": _pool,
    "Embedding": _embedding,
    "Dropout": lambda module: Dropout(module.p),
}
AFTER = {"Tanh": "tanh", "Sigmoid": "sigmoid", "ReLU": "relu"}  # activations, which are part of the layer before
ACROSS = ("Conv1d", "MaxPool1d")  # in torch.nn.Sequential these have time last, the others the features


def _layer(module: Any, depth: int = 0) -> Layer:
    """The layer that a module stands for."""
    import torch

    from . import torch_modules as modules

    def child(place: str, inner: Any) -> Layer:
        with at(place):
            return _layer(inner, depth + 1)

    if depth > _DEEPEST:
        raise ValueError(f"modules lie more than {_DEEPEST} deep in each other")
    cls = type(module)
    if cls is torch.nn.Sequential:
        names = {type(inner).__name__ for inner in module}
        if names & {*ACROSS} and names - {*ACROSS, *AFTER, "Dropout"}:
            raise ValueError(
                "in a torch.nn.Sequential Conv1d and MaxPool1d have time last, the others the features: pass the parts "
                "as a list, in which time is first for all"
            )
        return _row([*module], depth + 1)
    if cls is modules.Sequential:
        return Sequential([child(f"[{k}]", inner) for k, inner in enumerate(module.layers)])
    if cls is modules.Bidirectional:
        ahead, back = child(".layer", module.layer), child(".backward_layer", module.backward_layer)
        return Bidirectional(ahead, back, merge=module.merge, steps=module.steps)
    if cls is modules.Residual:
        return Residual(child(".layer", module.layer))
    if cls is modules.Cell:
        return child(".rnn", module.rnn)
    if cls is modules.Dense:
        arguments = {"steps": module.steps, "activation": module.activation}
        return layout.around(Dense, module.linear.state_dict(), **arguments)
    if cls is modules.Conv1D:
        arguments = {"padding": module.padding, "activation": module.activation}
        return layout.around(Conv1D, module.conv.state_dict(), stride=module.conv.stride[0], **arguments)
    if cls is modules.Dropout:
        return Dropout(module.dropout.p, per=module.per)
    inside = {modules.MaxPool1D: "pool", modules.Embedding: "embedding"}
    if cls in inside:
        return child(f".{inside[cls]}", getattr(module, inside[cls]))
    name = cls.__name__
    if name in READERS and cls is getattr(torch.nn, name):
        return READERS[name](module)
    raise ValueError(
        f"from_torch reads {', '.join([*READERS, *AFTER])}, Sequential and what to_torch makes, got {short(name)}; of "
        "a module of one's own pass the parts as a list, in the order in which its forward uses them"
    )


def _row(parts: Sequence, depth: int = 0) -> Layer:
    """Modules in a row; an activation becomes part of the layer before."""
    import torch

    layers: list[Layer] = []
    for k, part in enumerate(parts):
        with at(f"[{k}]"):
            name = type(part).__name__
            if name in AFTER and type(part) is getattr(torch.nn, name):
                before: Any = layers.pop() if layers else None
                if not isinstance(before, Dense | Conv1D) or before.activation is not None:
                    raise ValueError(f"{name} must stand right after a Linear or a Conv1d")
                layers.append(again(before, activation=AFTER[name]))
            else:
                layers.append(_layer(part, depth))
    return Sequential(layers)


def _check_untied(modules: Sequence) -> None:
    """ValueError where two modules share a weight: here each layer has its own."""
    seen: dict[int, str] = {}
    for k, module in enumerate(modules):
        for name, parameter in module.named_parameters(remove_duplicate=False):
            here = f"[{k}].{name}" if len(modules) > 1 else name
            other = seen.setdefault(id(parameter), here)
            if other != here:
                raise ValueError(f"{short(other)} and {short(here)} are one parameter, here each layer has its own")
