"""What an optimizer remembers, from and to PyTorch: its averages lie as the weights do, one for each of them.

========  =======  =======================================  ==========================================
here      PyTorch  settings                                 averages
========  =======  =======================================  ==========================================
SGD       SGD      rate lr, momentum, nesterov              v momentum_buffer
RMSProp   RMSprop  rate lr, decay alpha, epsilon eps,       s square_avg, v momentum_buffer
                   momentum
Adam      Adam     rate lr, beta1 beta2 betas, epsilon eps  m exp_avg, s exp_avg_sq; steps_done step
========  =======  =======================================  ==========================================
"""

import copy
from collections.abc import Mapping
from typing import Any

from lstm_edu.core import Layer
from lstm_edu.nn.optimizers import SGD, Adam, Optimizer, RMSProp

from .blocks import short
from .torch_network import from_torch, needed, to_torch

CLASSES: dict[type[Optimizer], str] = {SGD: "SGD", RMSProp: "RMSprop", Adam: "Adam"}
SETTINGS: dict[type[Optimizer], dict[str, tuple[str, ...]]] = {
    SGD: {"lr": ("rate",), "momentum": ("momentum",), "nesterov": ("nesterov",)},
    RMSProp: {"lr": ("rate",), "alpha": ("decay",), "eps": ("epsilon",), "momentum": ("momentum",)},
    Adam: {"lr": ("rate",), "betas": ("beta1", "beta2"), "eps": ("epsilon",)},
}
AVERAGES: dict[type[Optimizer], dict[str, str]] = {
    SGD: {"momentum_buffer": "v"},
    RMSProp: {"square_avg": "s", "momentum_buffer": "v"},
    Adam: {"exp_avg": "m", "exp_avg_sq": "s"},
}
USUAL = {"weight_decay": 0, "dampening": 0, "maximize": False, "amsgrad": False, "centered": False}  # not here


def to_torch_optimizer(optimizer: Optimizer, net: Layer, module: Any) -> Any:
    """An optimizer of PyTorch that goes on from where one stands.

    Parameters
    ----------
    optimizer : Optimizer
        SGD, RMSProp or Adam, new or after any number of steps on the net.
    net : Layer
        The layer or network that it belongs to.
    module : torch.nn.Module
        What `to_torch` made of the net.

    Returns
    -------
    torch.optim.Optimizer
        Over the module's parameters.

    Raises
    ------
    ImportError
        Without PyTorch.
    ValueError
        For another optimizer, for one that belongs to another net, and for another module.

    Examples
    --------
    >>> module = to_torch(net)                                              # doctest: +SKIP
    >>> theirs = to_torch_optimizer(optimizer, net, module)                 # doctest: +SKIP
    """
    torch = needed()
    kind = type(optimizer)
    if kind not in CLASSES:
        raise ValueError(f"optimizer must be SGD, RMSProp or Adam, got {kind.__name__}")
    _check_like(net, module)
    settings: dict[str, Any] = {}
    for theirs, names in SETTINGS[kind].items():
        values = tuple(getattr(optimizer, name) for name in names)
        settings[theirs] = values if len(values) > 1 else values[0]
    made = getattr(torch.optim, CLASSES[kind])(module.parameters(), **settings)
    state = optimizer.state()
    size, dtype = net.params.flat.size, net.dtype.name
    if state["values"]["kind"] not in (None, [size, dtype]):
        raise ValueError(f"optimizer must be that of the net, {size} numbers of {dtype}, got {state['values']['kind']}")
    for theirs, ours in AVERAGES[kind].items():
        if ours in state["arrays"]:
            like = copy.deepcopy(net)
            like.params.flat[:] = state["arrays"][ours]
            for parameter, average in zip(module.parameters(), to_torch(like).parameters(), strict=True):
                if parameter.requires_grad:
                    own = made.state[parameter]
                    own[theirs] = average.detach().clone()
                    if kind is not SGD:
                        own["step"] = torch.tensor(float(optimizer.steps_done))
    return made


def from_torch_optimizer(optimizer: Any, module: Any) -> Optimizer:
    """The optimizer here that goes on from where one of PyTorch stands.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        SGD, RMSprop or Adam over all parameters of the module that learn, with the same settings for all.
    module : torch.nn.Module or list of torch.nn.Module
        What `from_torch` reads, with one bias that learns: a module that `to_torch` made, or an RNN or LSTM whose
        `bias_hh` has no gradient.

    Returns
    -------
    Optimizer
        For the network `from_torch(module)`.

    Raises
    ------
    ImportError
        Without PyTorch.
    ValueError
        For another optimizer, for a setting that is not here, and where two biases learn: their sum has two averages.

    Examples
    --------
    >>> net = from_torch(module)                                            # doctest: +SKIP
    >>> optimizer = from_torch_optimizer(theirs, module)                    # doctest: +SKIP
    """
    torch = needed()
    kinds = {getattr(torch.optim, theirs): ours for ours, theirs in CLASSES.items()}
    if type(optimizer) not in kinds:
        raise ValueError(f"optimizer must be torch.optim.SGD, RMSprop or Adam, got {type(optimizer).__name__}")
    if isinstance(module, Mapping):
        raise ValueError(f"module must be a torch.nn.Module or a list of them, got {type(module).__name__}")
    from_torch(module)  # refuses what it can't read
    kind = kinds[type(optimizer)]
    made = kind(**_settings(optimizer, kind))
    parts = isinstance(module, list | tuple)
    module = torch.nn.ModuleList(module) if parts else module
    held = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    for name, parameter in module.named_parameters():
        if parameter.requires_grad and id(parameter) not in held:
            raise ValueError(
                f"optimizer must be over all parameters of the module that learn, {short(name)} is not there"
            )
    states = {name: optimizer.state.get(parameter, {}) for name, parameter in module.named_parameters()}
    steps = {int(state.get("step", 0)) for state in states.values() if state}
    if not steps:
        return made
    if len(steps) > 1:
        raise ValueError(f"optimizer must have done as many steps for each parameter, got {sorted(steps)}")
    arrays, size = {}, 0
    for theirs, ours in AVERAGES[kind].items():
        found = {name: state.get(theirs) for name, state in states.items()}
        if all(average is None for average in found.values()):
            continue
        like = copy.deepcopy(module)
        grus = {name: inner for name, inner in module.named_modules() if isinstance(inner, torch.nn.GRU)}
        for name, parameter in like.named_parameters():
            average, (place, _, own) = found[name], name.rpartition(".")
            if own.startswith("bias_hh_l"):
                _check_one_bias(name, average, grus[place].hidden_size if place in grus else 0)
            with torch.no_grad():
                parameter.copy_(torch.zeros_like(parameter) if average is None else average)
        flat = from_torch([*like] if parts else like).params.flat
        arrays[ours], size = flat, flat.size
    if arrays:
        kept = [size, next(iter(arrays.values())).dtype.name]
        # SGD counts no steps there, and here nothing depends on how many there were
        done = {"steps_done": max(1, *steps), "kind": kept, "averages": sorted(arrays)}
        made.restore({"arrays": arrays, "values": made.state()["values"] | done})
    return made


def _settings(optimizer: Any, kind: type[Optimizer]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for group in optimizer.param_groups:
        for name, usual in USUAL.items():
            if group.get(name, usual) != usual:
                raise ValueError(f"optimizer: {kind.__name__} has no {name}, it must be {usual}, got {group[name]!r}")
        own: dict[str, Any] = {}
        for theirs, names in SETTINGS[kind].items():
            values = group[theirs] if len(names) > 1 else (group[theirs],)
            own |= zip(names, (v if isinstance(v, bool) else float(v) for v in values), strict=True)
        if found and own != found:
            raise ValueError(f"optimizer must have the same settings for all parameters, got {found} and {own}")
        found = own
    return found


def _check_one_bias(name: str, average: Any, inside: int) -> None:
    """ValueError where an average is that of a second bias, but for the last `inside` numbers of a GRU's."""
    if average is not None and average[: len(average) - inside].any():
        raise ValueError(
            f"optimizer: {name} learns beside another bias, and their sum here has one average: go on with a new "
            "optimizer, or train to_torch(from_torch(module)), whose second bias does not learn"
        )


def _check_like(net: Any, module: Any) -> None:
    """ValueError unless the module's parameters are those of `to_torch(net)`."""
    torch, like = needed(), to_torch(net)
    if not isinstance(module, torch.nn.Module):
        raise ValueError(f"module must be what to_torch makes of net, got {type(module).__name__}")
    expected, got = ({name: (p.shape, p.dtype) for name, p in m.named_parameters()} for m in (like, module))
    if expected != got:
        raise ValueError(
            f"module must be what to_torch makes of net, with {short(', '.join(expected))} of {net.dtype}, got another"
        )
