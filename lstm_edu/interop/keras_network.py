"""Networks from and to Keras: the weights as in `interop.keras`, and how the layers are put together."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from lstm_edu.cells import GRU, Recurrent
from lstm_edu.core import Layer
from lstm_edu.nn.layers import Conv1D, Dense, Dropout, Embedding, MaxPool1D
from lstm_edu.nn.network import Sequential
from lstm_edu.nn.wrappers import Bidirectional, Residual
from lstm_edu.nn.wrappers.bidirectional import MERGES

from . import keras as layout
from .blocks import at, short
from .layers import again

_DEEPEST = 16  # of networks in networks


def needed() -> Any:
    """Keras; ImportError that says what is missing and why."""
    try:
        import keras
    except ImportError as error:
        raise ImportError(
            f"lstm_edu.interop.to_keras and from_keras need Keras 3 and one of its backends (pip install keras "
            f"tensorflow): {error}"
        ) from error
    return keras


def to_keras(net: Layer) -> Any:
    """A layer or model of Keras that computes the same as a layer or a network.

    Keras takes the sequences first, x (B, T, D) or (B, T) symbols, where here time comes first.

    Parameters
    ----------
    net : Layer
        RNN, LSTM, GRU of both forms, Dense, Conv1D, MaxPool1D, Embedding, Dropout, Bidirectional of two cells, and
        Sequential of these. A Dense with `steps` "last" needs a cell somewhere before it, which then returns its last
        step alone. Networks within a network are unrolled.

    Returns
    -------
    keras.Layer or keras.Sequential
        Of the net's float type, with copies of its weights. A cell comes as its layer with `return_sequences`:
        ``layer(x, initial_state=[h, c])`` takes the state, (B, H) each.

    Raises
    ------
    ImportError
        Without Keras.
    ValueError
        For a layer that Keras has not; it says where and why.

    Notes
    -----
    A GRU(reset_after=True) has two rows of biases there, of which r and z add both, and both learn: that sum learns at
    twice the rate. All other layers train as here, and with the same numbers: Keras' Adam adds ε to √s before s is
    corrected. What the network's numbers mean, `net.about`, stays behind.

    Examples
    --------
    >>> import lstm_edu as le
    >>> net = le.Sequential([le.GRU(3, 5, rng=0), le.Dense(5, 1, steps="last", rng=1)])
    >>> to_keras(net)(np.ones((2, 7, 3))).shape                             # doctest: +SKIP
    TensorShape([2, 1])
    """
    needed()
    if not isinstance(net, Layer):
        raise ValueError(f"net must be a layer or a network, got {type(net).__name__}")
    with at("net"):
        if type(net) is Sequential:
            return _sequential(net)
        return _made(net, net.dtype or np.dtype(np.float32), not _takes_last(net))


def _takes_last(layer: Layer) -> bool:
    return isinstance(layer, Bidirectional) and layer.steps == "last"


def _made(layer: Layer, dtype: np.dtype, sequences: bool, one_step: bool = False) -> Any:
    """The layer in Keras, with its weights. `sequences`: whether a cell returns all steps; `one_step`: reads one."""
    import keras

    if isinstance(layer, Residual):
        raise ValueError("Keras has no Residual: a way past a layer needs a functional model there")
    if isinstance(layer, Dropout) and layer.per == "sequence" and not one_step:
        return keras.layers.SpatialDropout1D(layer.rate, dtype=dtype.name)
    if isinstance(layer, Dropout):
        return keras.layers.Dropout(layer.rate, dtype=dtype.name)
    if isinstance(layer, MaxPool1D):
        return keras.layers.MaxPooling1D(layer.width, layer.stride, dtype=dtype.name)
    made, arrays = _blank(layer, sequences)
    made.build((None, None) if isinstance(layer, Embedding) else (None, None, layer.inputs))
    made.set_weights(arrays)
    return made


def _blank(layer: Layer, sequences: bool, backwards: bool = False) -> tuple[Any, list]:
    """The layer in Keras without weights, and its weights."""
    import keras

    common = {"dtype": layer.dtype.name}
    if type(layer) is Bidirectional:
        parts = []
        for name, inner in layer.children().items():
            with at(f".{name}"):
                if not isinstance(inner, Recurrent):
                    raise ValueError(f"the Bidirectional of Keras takes a cell, got {type(inner).__name__}")
                parts.append(_blank(inner, sequences, name == "backward_layer"))
        (ahead, one), (back, other) = parts
        both = keras.layers.Bidirectional(ahead, backward_layer=back, merge_mode=layer.merge, **common)
        return both, one + other
    cls, arrays = layout.class_name(layer), list(layout.to_arrays(layer).values())
    options: dict[str, Any] = {}
    if isinstance(layer, Recurrent):
        options = {"units": layer.units, "return_sequences": sequences, "go_backwards": backwards}
        if isinstance(layer, GRU):
            options["reset_after"] = layer.reset_after
    if isinstance(layer, Dense):
        options = {"units": layer.units, "activation": layer.activation}
    if isinstance(layer, Embedding):
        options = {"input_dim": layer.symbols, "output_dim": layer.units}
    if isinstance(layer, Conv1D):
        if layer.padding == "same" and layer.stride > 1:
            raise ValueError("the padding 'same' of Keras depends on T where the stride is above 1, here it never does")
        options = {"filters": layer.filters, "kernel_size": layer.width, "strides": layer.stride}
        options |= {"padding": layer.padding, "activation": layer.activation}
    return getattr(keras.layers, cls)(**options, **common), arrays


def _sequential(net: Sequential) -> Any:
    import keras

    layers = list(_unrolled(net.layers, lambda layer: layer.layers if type(layer) is Sequential else None))
    ends = _where_steps_end(layers)
    symbols = len(net.input_shape()) == 2
    shape = (None,) if symbols else (None, net.inputs)
    model = keras.Sequential([keras.Input(shape, dtype="int32" if symbols else net.dtype.name)])
    for k, (place, layer) in enumerate(layers):
        with at(place):
            model.add(_made(layer, net.dtype, k not in ends, one_step=any(end < k for end in ends)))
    return model


def _unrolled(parts: Sequence, inner: Callable, place: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """The place and the layer of each, with networks within the network as their layers."""
    if depth > _DEEPEST:
        raise ValueError(f"networks lie more than {_DEEPEST} deep in each other")
    for k, part in enumerate(parts):
        here, within = f"{place}[{k}]", inner(part)
        if within is None:
            yield here, part
        else:
            yield from _unrolled(within, inner, here, depth + 1)


def _where_steps_end(named: list[tuple[str, Layer]]) -> set[int]:
    """The numbers of the layers that return their last step alone."""
    layers = [layer for _, layer in named]
    ends = {k for k, layer in enumerate(layers) if _takes_last(layer)}
    whole = True  # whether all steps are still there
    for k, layer in enumerate(layers):
        if k in ends:
            whole = False
        if isinstance(layer, Dense) and layer.steps == "last" and whole:
            last = k - 1
            while last >= 0 and isinstance(layers[last], Dropout | Dense):
                last -= 1
            if last < 0 or not isinstance(layers[last], Recurrent):
                with at(named[k][0]):
                    raise ValueError(
                        "Keras takes the last step in a recurrent layer alone: steps='last' needs a cell before it, "
                        "with no more than Dense and Dropout between"
                    )
            ends.add(last)
            whole = False
    return ends


def from_keras(model: Any) -> Layer:
    """The layer or network that computes the same as a layer or model of Keras.

    Parameters
    ----------
    model : keras.Layer, keras.Sequential or list of keras.Layer
        SimpleRNN, LSTM, GRU of both forms, Bidirectional of them, Dense, Conv1D, MaxPooling1D, Embedding, Dropout,
        SpatialDropout1D (`per` "sequence" here), and Activation after a Dense or a Conv1D, all of them built; a
        Sequential of these. A list holds the layers of a functional model, in the order in which it uses them.

    Returns
    -------
    Layer
        Time comes first here, x (T, B, D), where Keras takes (B, T, D). Its weights are copies.

    Raises
    ------
    ImportError
        Without Keras.
    ValueError
        For a layer or an option that has no like here, and for a layer that has no weights yet; it says where and why.

    Notes
    -----
    A cell here gives all steps. Where one there has not `return_sequences`, the next Dense here has `steps` "last";
    without a Dense after it, its output there is ``y[-1]`` here. What belongs to training alone (regularizers,
    constraints, what is frozen) is not read. A missing bias is zero here, and learns.

    Examples
    --------
    >>> layers = [keras.Input((None, 3)), keras.layers.LSTM(5), keras.layers.Dense(1)]     # doctest: +SKIP
    >>> from_keras(keras.Sequential(layers))                                # doctest: +SKIP
    Sequential([
        LSTM(inputs=3, units=5, dtype='float32', forget_bias=1.0, input_bias=0.0),
        Dense(inputs=5, units=1, steps='last', activation=None, dtype='float32'),
    ])
    """
    keras = needed()
    with at("model"):
        if isinstance(model, list | tuple):
            return _row(model)
        if not isinstance(model, keras.Layer):
            raise ValueError(f"from_keras takes a keras.Layer or a list of them, got {type(model).__name__}")
        return _row(model.layers) if type(model) is keras.Sequential else _layer(model)


def _same(layer: Any, usual: dict[str, Any]) -> None:
    """ValueError where an option of the layer is none that is here."""
    for name, value in usual.items():
        got = getattr(layer, name)
        got = getattr(got, "__name__", got) if name.endswith("activation") else got
        if got != value and got != (value,):
            raise ValueError(f"here {name} must be {value!r}, got {short(repr(got))}")


def _arrays(layer: Any, names: Sequence[str]) -> dict[str, Any]:
    """The weights by name, as arrays."""
    import keras

    if not layer.built:
        raise ValueError("it has no weights yet: call it, or build it with its input's shape")
    policy = layer.dtype_policy
    if policy.compute_dtype != policy.variable_dtype:
        raise ValueError(f"here all numbers are of one type, got the policy {short(policy.name)}")
    weights = layer.weights
    expected = [name for name in names if name != "bias" or layer.use_bias]
    by_name = {weight.name: weight for weight in weights if "seed" not in weight.path}
    if set(by_name) != set(expected):
        raise ValueError(f"it must have the weights {', '.join(expected)}, got {short(', '.join(by_name))}")
    return {name: keras.ops.convert_to_numpy(by_name[name]) for name in expected}


def _recurrent(layer: Any, backwards: bool = False) -> Layer:
    name = type(layer).__name__
    usual = {"activation": "tanh", "dropout": 0, "recurrent_dropout": 0, "go_backwards": backwards, "stateful": False}
    _same(layer, usual | ({} if name == "SimpleRNN" else {"recurrent_activation": "sigmoid"}))
    arrays = _arrays(layer.cell, tuple(layout.CELL_AXES))
    form = {"reset_after": bool(layer.reset_after)} if name == "GRU" else {}
    return layout.from_arrays(name, arrays, **form)


def _bidirectional(layer: Any) -> Layer:
    if layer.merge_mode not in MERGES:
        raise ValueError(f"Bidirectional has the merges 'concat' and 'sum', got merge_mode={layer.merge_mode!r}")
    cells = []
    for name in ("forward_layer", "backward_layer"):
        with at(f".{name}"):
            inner = getattr(layer, name)
            if type(inner).__name__ not in layout.CLASSES.values():
                raise ValueError(f"Bidirectional is read around SimpleRNN, LSTM and GRU, got {type(inner).__name__}")
            cells.append(_recurrent(inner, name == "backward_layer"))
    steps = "all" if layer.forward_layer.return_sequences else "last"
    return Bidirectional(*cells, merge=layer.merge_mode, steps=steps)


def _activation(layer: Any) -> str | None:
    name = getattr(layer.activation, "__name__", repr(layer.activation))
    if name == "softmax":
        raise ValueError("here a softmax is part of the loss: make the layer without, its outputs are the same scores")
    if name not in ("linear", "tanh", "sigmoid", "relu"):
        raise ValueError(f"here an activation is None, tanh, sigmoid or relu, got {short(name)}")
    return None if name == "linear" else name


def _dense(layer: Any) -> Layer:
    return layout.from_arrays("Dense", _arrays(layer, ("kernel", "bias")), activation=_activation(layer))


def _conv(layer: Any) -> Layer:
    _same(layer, {"dilation_rate": 1, "groups": 1, "data_format": "channels_last"})
    (stride,) = layer.strides
    if layer.padding == "same" and stride > 1:
        raise ValueError("the padding 'same' of Keras depends on T where strides are above 1, here it never does")
    options = {"stride": stride, "padding": layer.padding, "activation": _activation(layer)}
    return layout.from_arrays("Conv1D", _arrays(layer, ("kernel", "bias")), **options)


def _pool(layer: Any) -> Layer:
    _same(layer, {"padding": "valid", "data_format": "channels_last"})
    width, stride = (n[0] if isinstance(n, tuple) else n for n in (layer.pool_size, layer.strides))
    return MaxPool1D(width, stride)


def _embedding(layer: Any) -> Layer:
    if layer.mask_zero:
        raise ValueError("here no symbol is a mask: make it with mask_zero=False, and pass lengths=... to the network")
    return layout.from_arrays("Embedding", _arrays(layer, ("embeddings",)))


def _dropout(layer: Any) -> Layer:
    _same(layer, {"noise_shape": None})
    return Dropout(layer.rate)


# By the name of the class in keras.layers.
READERS: dict[str, Callable[[Any], Layer]] = {
    "SimpleRNN": _recurrent,
    "LSTM": _recurrent,
    "GRU": _recurrent,
    "Bidirectional": _bidirectional,
    "Dense": _dense,
    "Conv1D": _conv,
    "MaxPooling1D": _pool,
    "Embedding": _embedding,
    "Dropout": _dropout,
    "SpatialDropout1D": lambda layer: Dropout(layer.rate, per="sequence"),
}


def _layer(layer: Any) -> Layer:
    import keras

    name = type(layer).__name__
    if name in READERS and type(layer) is getattr(keras.layers, name):
        return READERS[name](layer)
    raise ValueError(
        f"from_keras reads {', '.join(READERS)}, Activation and Sequential, got {short(name)}; of a functional model "
        "pass the layers as a list, in the order in which it uses them"
    )


def _row(parts: Sequence) -> Layer:
    """Layers in a row; a Dense takes the last step alone where a cell before it returned no sequences."""
    import keras

    layers: list[Layer] = []
    last = False  # whether one step is left
    seen: set[int] = set()
    for place, part in _unrolled(parts, lambda part: part.layers if type(part) is keras.Sequential else None):
        with at(place):
            if id(part) in seen:
                raise ValueError("it is there twice, here each layer has weights of its own")
            seen.add(id(part))
            if type(part) is keras.layers.InputLayer:
                continue
            if type(part) is keras.layers.Activation:
                before = layers.pop() if layers else None
                if not isinstance(before, Dense | Conv1D) or before.activation is not None:
                    raise ValueError("Activation must stand right after a Dense or a Conv1D without one")
                layers.append(again(before, activation=_activation(part)))
                continue
            layer = _layer(part)
            if last and isinstance(layer, Dense):
                layer, last = again(layer, steps="last"), False
            elif last and not isinstance(layer, Dropout):
                raise ValueError(
                    f"{type(part).__name__} has no sequence to read: a layer before it lacks return_sequences"
                )
            last |= isinstance(layer, Recurrent) and not part.return_sequences
            layers.append(layer)
    return Sequential(layers)
