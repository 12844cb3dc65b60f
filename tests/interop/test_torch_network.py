"""Whole networks from and to PyTorch: there and back bit for bit, the same outputs, and training that goes on."""

import copy
import subprocess
import sys

import numpy as np
import pytest
from cases import CELLS, case_id, random_state

import lstm_edu as le
from lstm_edu.interop import from_torch, from_torch_optimizer, to_torch, to_torch_optimizer
from lstm_edu.interop.torch import to_arrays
from lstm_edu.nn.losses import named

torch = pytest.importorskip("torch")
nn = torch.nn
pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")

T, B, D, H, P = 7, 3, 4, 6, 5
LENGTHS = np.array([7, 2, 4])
every_type = pytest.mark.parametrize("dtype", [np.float32, np.float64])
CELLS_THERE = [cell for cell in CELLS if cell.name in ("rnn", "lstm", "gru-after", "projected")]
ATOL = {"float32": 2e-6, "float64": 1e-13}


def drawn(net, seed=9):
    """The network with no parameter at zero."""
    rng = np.random.default_rng(seed)
    net.params.flat[:] = 0.4 * rng.standard_normal(net.params.flat.size)
    return net


def row(*layers):
    return drawn(le.Sequential(layers))


NETS = {
    "dense": lambda k: drawn(le.Dense(D, 2, activation="sigmoid", **k)),
    "dense-last": lambda k: drawn(le.Dense(D, 2, steps="last", activation="tanh", **k)),
    "conv-same": lambda k: drawn(le.Conv1D(D, 5, 4, activation="relu", **k)),
    "conv-causal": lambda k: drawn(le.Conv1D(D, 5, 3, stride=2, padding="causal", **k)),
    "conv-valid": lambda k: drawn(le.Conv1D(D, 5, 2, stride=2, padding="valid", **k)),
    "stack": lambda k: row(le.GRU(D, H, reset_after=True, **k), le.Dropout(0.3), le.LSTM(H, 2, **k)),
    "both": lambda k: drawn(le.Bidirectional(le.LSTM(D, H, **k))),
    "both-last-sum": lambda k: row(le.Bidirectional(le.RNN(D, H, **k), merge="sum", steps="last"), le.Dense(H, 2, **k)),
    "both-deep": lambda k: drawn(le.Bidirectional(le.Sequential([le.LSTM(D, H, **k), le.ProjectedLSTM(H, 4, 3, **k)]))),
    "residual": lambda k: drawn(le.Residual(le.GRU(D, D, reset_after=True, **k))),
    "all": lambda k: row(
        le.Conv1D(D, 5, 3, padding="causal", activation="tanh", **k),
        le.MaxPool1D(2, 1),
        le.Bidirectional(le.LSTM(5, H, **k)),
        le.Sequential([le.ProjectedLSTM(2 * H, H, P, **k), le.Residual(le.RNN(P, P, **k))]),
        le.Dropout(0.5),
        le.Dense(P, 2, steps="last", **k),
    ),
}  # fmt: skip
every_net = pytest.mark.parametrize("name", NETS)


def tensors(state):
    return tuple(tensors(s) if isinstance(s, tuple) else torch.from_numpy(np.array(s)) for s in state)


def arrays(state):
    return tuple(arrays(s) if isinstance(s, tuple) else s.detach().numpy() for s in state)


def assert_states(ours, theirs, atol):
    assert type(ours) is type(theirs)
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        if isinstance(one, tuple):
            assert_states(one, other, atol)
        else:
            np.testing.assert_allclose(one, other, rtol=0, atol=atol)


def some_state(layer, rng):
    """A state of no zeros, nested as the layers are."""
    if layer.children():
        return tuple(some_state(child, rng) for child in layer.children().values())
    return random_state(layer, B, rng) if isinstance(layer, le.Recurrent) else ()


def assert_same_net(one, other):
    assert repr(one) == repr(other)
    assert one.params.shapes == other.params.shapes
    assert one.params.flat.dtype == other.params.flat.dtype
    assert one.params.flat.tobytes() == other.params.flat.tobytes()
    assert not np.shares_memory(one.params.flat, other.params.flat)


@every_type
@pytest.mark.parametrize("cell", CELLS_THERE, ids=case_id)
def test_a_cell_to_pytorch_and_back_is_the_same_cell(cell, dtype):
    layer = cell.make(D, H, dtype)
    layer.params["b"][0] = -0.0
    again = from_torch(to_torch(layer))
    assert type(again) is type(layer)
    assert again.params.flat.tobytes() == layer.params.flat.tobytes()
    assert again.dtype == dtype


@every_type
@every_net
def test_a_network_to_pytorch_and_back_is_the_same_network(name, dtype):
    net = NETS[name]({"dtype": dtype})
    module = to_torch(net)
    assert_same_net(net, from_torch(module))
    assert_same_net(net, from_torch(to_torch(from_torch(copy.deepcopy(module)))))
    values = {name: p.detach().numpy().tobytes() for name, p in module.named_parameters()}
    again = to_torch(from_torch(module))
    assert values == {name: p.detach().numpy().tobytes() for name, p in again.named_parameters()}


@pytest.mark.parametrize("per", ["step", "sequence"])
def test_a_mask_lasts_as_long_in_pytorch_as_here(per):
    """A mask for all steps that became one for each would train another network."""
    module = to_torch(le.Dropout(0.5, per=per))
    assert from_torch(module).per == per
    torch.manual_seed(0)
    y, _ = module(torch.ones(T, B, 50))
    assert set(y.unique().tolist()) == {0.0, 2.0}
    assert bool((y == y[0]).all()) is (per == "sequence")
    assert not bool((y == y[:, :1]).all())
    last, _ = module(torch.ones(B, 50))
    assert not bool((last == last[:1]).all())
    whole, _ = module.eval()(torch.ones(T, B, 2))
    assert bool((whole == 1).all())


@every_type
@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["whole", "padded"])
@every_net
def test_a_network_and_its_module_give_the_same_outputs_and_states(name, lengths, dtype):
    net, rng = NETS[name]({"dtype": dtype}), np.random.default_rng(3)
    module, atol = to_torch(net).eval(), ATOL[np.dtype(dtype).name]
    x = rng.standard_normal((T, B, D)).astype(dtype)
    if lengths is not None:
        x[np.arange(T)[:, None] >= lengths] = 7  # what lies there is not looked at
    state = some_state(net, rng)
    y, tape = net.forward(x, state, lengths=lengths, training=False)
    Y, last = module(torch.from_numpy(x), tensors(state), None if lengths is None else torch.from_numpy(lengths))
    Y = Y.detach().numpy()
    assert Y.shape == y.shape
    assert Y.dtype == y.dtype
    if lengths is not None and y.ndim == 3:  # beyond the end each library has its own numbers
        real = np.arange(len(y))[:, None] < net.out_steps(lengths)
        y, Y = y[real], Y[real]
    np.testing.assert_allclose(Y, y, rtol=0, atol=atol)
    assert_states(tape.state, arrays(last), atol)


@pytest.mark.parametrize("cell", CELLS_THERE, ids=case_id)
def test_a_cell_s_gradients_are_those_of_its_module_with_one_bias(cell):
    layer, rng = cell.make(D, H), np.random.default_rng(3)
    module = to_torch(layer)
    x, state = rng.standard_normal((T, B, D)), random_state(layer, B, rng)
    dy = rng.standard_normal((T, B, layer.outputs))
    _, tape = layer.forward(x, state)
    grads = layer.backward(dy, tape)[1]
    (module(torch.from_numpy(x), tensors(state))[0] * torch.from_numpy(dy)).sum().backward()
    layer.params.flat[:] = grads.flat
    for name, expected in to_arrays(layer).items():
        got = getattr(module.rnn, name).grad
        got = np.zeros_like(expected) if got is None else got.numpy()
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-11, err_msg=name)


def test_symbols_go_to_pytorch_and_back():
    net = row(le.Embedding(9, D), le.LSTM(D, H), le.Dense(H, 9))
    module, x = to_torch(net), np.random.default_rng(0).integers(0, 9, (T, B))
    np.testing.assert_allclose(module(torch.from_numpy(x))[0].detach().numpy(), net(x), rtol=0, atol=2e-6)
    assert_same_net(net, from_torch(module))


@every_type
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no-bias"])
@pytest.mark.parametrize("batch_first", [False, True], ids=["time-first", "batch-first"])
@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU", "projected"])
def test_what_pytorch_made_becomes_a_network_that_computes_the_same(kind, layers, directions, batch_first, bias, dtype):
    options = {"bidirectional": directions == 2, "batch_first": batch_first, "bias": bias}
    options |= {"proj_size": P} if kind == "projected" else {}
    options |= {"dropout": 0.4} if layers > 1 else {}
    of_type = torch.float64 if dtype is np.float64 else torch.float32
    torch.manual_seed(0)
    cls = nn.LSTM if kind == "projected" else getattr(nn, kind)
    theirs = cls(D, H, layers, **options, dtype=of_type).eval()
    net = from_torch(theirs)
    x, out = torch.randn(T, B, D, dtype=of_type), P if kind == "projected" else H
    h, c = (torch.randn(layers * directions, B, width, dtype=of_type) for width in (out, H))
    state = (h, c) if cls is nn.LSTM else h
    Y, last = theirs(x.swapaxes(0, 1) if batch_first else x, state)
    Y = Y.swapaxes(0, 1) if batch_first else Y

    each = [tuple(s[k].numpy() for s in ((h, c) if cls is nn.LSTM else (h,))) for k in range(layers * directions)]
    by_layer = [
        tuple(each[k : k + directions]) if directions == 2 else each[k] for k in range(0, len(each), directions)
    ]
    ours = [s for k, s in enumerate(by_layer) for s in ([(), s] if k else [s])]  # Dropout stands between them
    state = by_layer[0] if layers == 1 else tuple(ours)
    y, tape = net.forward(x.numpy(), state, training=False)
    atol = ATOL[np.dtype(dtype).name]
    np.testing.assert_allclose(y, Y.detach().numpy(), rtol=0, atol=atol)
    final = tape.state if layers > 1 else (tape.state,)
    final = [s for s in final if s]
    final = [s for pair in final for s in pair] if directions == 2 else final
    for k, letter in enumerate(last if isinstance(last, tuple) else (last,)):
        for s, expected in zip(final, letter.detach().numpy(), strict=True):
            np.testing.assert_allclose(s[k], expected, rtol=0, atol=atol)

    named_alike = from_torch(theirs.state_dict())  # the names alone: no dropout
    assert named_alike.params.flat.tobytes() == net.params.flat.tobytes()
    np.testing.assert_array_equal(named_alike(x.numpy()), net(x.numpy()))
    as_arrays = {name: array.numpy() for name, array in theirs.state_dict().items()}
    assert_same_net(named_alike, from_torch(as_arrays))
    assert_same_net(net, from_torch(to_torch(net)))


def test_parts_of_a_module_of_one_s_own_are_a_network_in_a_row():
    torch.manual_seed(0)
    conv, pool, lstm, head = nn.Conv1d(D, 8, 3, padding=1), nn.MaxPool1d(2), nn.LSTM(8, H, 2), nn.Linear(H, 2)
    net = from_torch([conv, nn.ReLU(), pool, nn.Dropout(0.5), lstm, head, nn.Sigmoid()])
    x = torch.randn(T, B, D)
    inner = pool(conv(x.permute(1, 2, 0)).relu()).permute(2, 0, 1)
    expected = head(lstm(inner)[0]).sigmoid().detach().numpy()
    np.testing.assert_allclose(net(x.numpy()), expected, rtol=0, atol=2e-6)


@pytest.mark.parametrize(
    ("module", "x"),
    [
        (lambda: nn.Sequential(nn.Linear(D, 5), nn.Tanh(), nn.Dropout(0.2), nn.Linear(5, 2)), torch.ones(T, B, D)),
        (lambda: nn.Sequential(nn.Embedding(9, 5, padding_idx=0), nn.Linear(5, 2)), torch.arange(6).reshape(2, 3)),
        (lambda: nn.Sequential(nn.Sequential(nn.Linear(D, 5, bias=False), nn.ReLU())), torch.ones(T, B, D)),
    ],
)
def test_a_sequential_of_pytorch_computes_the_same(module, x):
    torch.manual_seed(1)
    module = module().eval()
    np.testing.assert_allclose(from_torch(module)(x.numpy()), module(x).detach().numpy(), rtol=0, atol=2e-6)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@pytest.mark.parametrize(
    ("conv", "padding"),
    [
        (lambda: nn.Conv1d(D, 5, 3, padding="same"), "same"),
        (lambda: nn.Conv1d(D, 5, 4, padding="same"), "same"),
        (lambda: nn.Conv1d(D, 5, 5, padding=2, stride=2), "same"),
        (lambda: nn.Conv1d(D, 5, 3, stride=3), "valid"),
        (lambda: nn.Sequential(nn.Conv1d(D, 5, 3), nn.Tanh(), nn.MaxPool1d(2, 1)), "valid"),
    ],
)
def test_a_convolution_of_pytorch_computes_the_same_with_time_first(conv, padding):
    torch.manual_seed(1)
    conv, x = conv(), torch.randn(T, B, D)
    net = from_torch(conv)
    assert getattr(net, "layers", [net])[0].padding == padding
    expected = conv(x.permute(1, 2, 0)).permute(2, 0, 1).detach().numpy()
    np.testing.assert_allclose(net(x.numpy()), expected, rtol=0, atol=2e-6)


# Training

OPTIMIZERS = {
    "sgd": lambda: le.SGD(0.1, momentum=0.9),
    "nesterov": lambda: le.SGD(0.05, momentum=0.8, nesterov=True),
    "plain": lambda: le.SGD(0.2),
    "adam": lambda: le.Adam(0.02, beta1=0.8, beta2=0.99),
    "rmsprop": lambda: le.RMSProp(0.01, momentum=0.5),
}
TRAINED = {
    "lstm": lambda k: row(le.LSTM(D, H, **k), le.Dense(H, 2, **k)),
    "gru": lambda k: row(le.GRU(D, H, reset_after=True, **k), le.Dense(H, 2, **k)),
    "deep": lambda k: row(
        le.Conv1D(D, 5, 3, activation="tanh", **k),
        le.Bidirectional(le.GRU(5, H, reset_after=True, **k)),
        le.ProjectedLSTM(2 * H, H, P, **k),
        le.Residual(le.RNN(P, P, **k)),
        le.Dense(P, 2, **k),
    ),
}


def batches(count, dtype, seed=0):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        x = rng.standard_normal((T, B, D)).astype(dtype)
        yield x, np.stack([x.sum(axis=2).cumsum(axis=0) / 4, x[..., 0]], axis=2)


def train_here(net, optimizer, data):
    loss, losses = named("mean_squared_error"), []
    for x, target in data:
        y, tape = net.forward(x)
        value, dy = loss(y, target)
        optimizer.step(net.params, net.backward(dy, tape)[1])
        losses.append(value)
    return losses


def train_there(module, optimizer, data):
    losses = []
    for x, target in data:
        value = nn.functional.mse_loss(module(torch.from_numpy(x))[0], torch.from_numpy(target))
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        losses.append(value.item())
    return losses


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", TRAINED)
@pytest.mark.parametrize(("dtype", "rtol"), [(np.float64, 1e-9), (np.float32, 1e-4)], ids=["float64", "float32"])
def test_training_goes_on_in_the_other_library_with_the_optimizer_s_averages(name, optimizer, dtype, rtol):
    before, after = [*batches(20, dtype, 1)], [*batches(20, dtype, 2)]
    # begun here, gone on with there
    net, ours = TRAINED[name]({"dtype": dtype}), OPTIMIZERS[optimizer]()
    start = copy.deepcopy(net)
    train_here(net, ours, before)
    module = to_torch(net)
    theirs = to_torch_optimizer(ours, net, module)
    expected = train_here(net, ours, after)
    np.testing.assert_allclose(train_there(module, theirs, after), expected, rtol=rtol)
    # begun there, gone on with here
    module = to_torch(start)
    theirs = to_torch_optimizer(OPTIMIZERS[optimizer](), start, module)
    train_there(module, theirs, before)
    net, ours = from_torch(module), from_torch_optimizer(theirs, module)
    np.testing.assert_allclose(train_here(net, ours, after), expected, rtol=rtol)
    np.testing.assert_allclose(train_there(module, theirs, after), expected, rtol=rtol)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_module_made_by_pytorch_with_one_bias_goes_on_here(optimizer):
    torch.manual_seed(0)
    lstm, head = nn.LSTM(D, H, 2, dtype=torch.float64), nn.Linear(H, 2, dtype=torch.float64)
    module = nn.ModuleList([lstm, head])
    for k in range(2):
        getattr(lstm, f"bias_hh_l{k}").requires_grad_(False)
    theirs = {"sgd": lambda p: torch.optim.SGD(p, 0.1, 0.9), "adam": lambda p: torch.optim.Adam(p, 0.02)}[optimizer]
    theirs = theirs([p for p in module.parameters() if p.requires_grad])

    def run(x):
        return (head(lstm(x)[0]),)

    train_there(run, theirs, batches(20, np.float64, 1))
    net = from_torch([lstm, head])
    ours = from_torch_optimizer(theirs, [lstm, head])
    after = [*batches(20, np.float64, 2)]
    np.testing.assert_allclose(train_here(net, ours, after), train_there(run, theirs, after), rtol=1e-9)


def test_two_biases_that_both_learn_move_their_sum_twice_as_far_and_all_else_as_here():
    torch.manual_seed(0)
    theirs = nn.LSTM(D, H, dtype=torch.float64)
    ours, optimizer = from_torch(theirs), torch.optim.SGD(theirs.parameters(), 0.1, 0.9)
    start = ours.params.flat.copy()
    data = [*batches(1, np.float64)]
    data = [(x, np.zeros((T, B, H))) for x, _ in data]
    train_here(ours, le.SGD(0.1, momentum=0.9), data)
    train_there(theirs, optimizer, data)
    moved_here, moved_there = copy.deepcopy(ours.params), from_torch(theirs).params
    moved_here.flat[:] -= start
    moved_there.flat[:] -= start
    for name, factor in {"W": 1, "U": 1, "b": 2}.items():
        np.testing.assert_allclose(moved_there[name], factor * moved_here[name], rtol=1e-9, atol=1e-15)
    with pytest.raises(ValueError, match=r"^optimizer: bias_hh_l0 learns beside another bias, .* new optimizer, or "):
        from_torch_optimizer(optimizer, theirs)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: torch.optim.AdamW(p), "must be torch.optim.SGD, RMSprop or Adam, got AdamW"),
        (lambda p: torch.optim.Adam(p, weight_decay=0.1), r"Adam has no weight_decay, it must be 0, got 0\.1"),
        (lambda p: torch.optim.Adam(p, amsgrad=True), "Adam has no amsgrad"),
        (
            lambda p: torch.optim.SGD(p[:2], 0.1),
            "over all parameters of the module that learn, bias_ih_l0 is not there",
        ),
        (
            lambda p: torch.optim.SGD([{"params": p[:2]}, {"params": p[2:], "lr": 1.0}], 0.1),
            "the same settings for all",
        ),
        (lambda p: 3, "got int"),
    ],
)
def test_an_optimizer_that_is_not_here_is_refused_in_words(make, message):
    module = nn.RNN(2, 3)
    with pytest.raises(ValueError, match=f"^optimizer.*{message}"):
        from_torch_optimizer(make([*module.parameters()]), module)


@pytest.mark.parametrize(
    ("module", "got"),
    [(None, "NoneType"), (le.RNN(2, 3), "RNN"), ([None], "NoneType"), (dict(nn.RNN(2, 3).state_dict()), "dict"),
     ("net.pt", "str"), (nn.RNN, "type")],
)  # fmt: skip
def test_what_is_no_module_has_no_optimizer(module, got):
    theirs = torch.optim.SGD(nn.RNN(2, 3).parameters(), 0.1)
    with pytest.raises(ValueError, match=rf"^module.* got {got}\b"):
        from_torch_optimizer(theirs, module)
    with pytest.raises(ValueError, match=r"^module must be what to_torch makes of net"):
        to_torch_optimizer(le.SGD(0.1), le.RNN(2, 3), module)


def test_the_module_of_an_optimizer_has_the_type_of_the_net():
    net = le.RNN(2, 3, dtype="float64")
    with pytest.raises(ValueError, match=r"module must be what to_torch makes of net, .* of float64, got another"):
        to_torch_optimizer(le.Adam(), net, to_torch(net).float())


def test_an_optimizer_of_another_net_does_not_go_to_pytorch():
    net, other = le.RNN(2, 3), le.RNN(2, 4)
    optimizer = le.Adam()
    grads = other.params.empty_like()
    grads.flat[:] = 1
    optimizer.step(other.params, grads)
    with pytest.raises(ValueError, match="optimizer must be that of the net, 18 numbers of float32, got"):
        to_torch_optimizer(optimizer, net, to_torch(net))
    with pytest.raises(ValueError, match="module must be what to_torch makes of net"):
        to_torch_optimizer(le.Adam(), net, to_torch(other))


# What is refused


def refused(message, module):
    with pytest.raises(ValueError, match=message) as caught:
        from_torch(module)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 700


@pytest.mark.parametrize(
    ("layer", "why"),
    [
        (le.PeepholeLSTM(2, 3), "net: PyTorch has no PeepholeLSTM: the LSTM of PyTorch has no peepholes"),
        (le.GRU(2, 3), "net: PyTorch has no GRU with the reset gate before the product with h"),
        (le.LSTM97(2, 3), "net: PyTorch has no LSTM97: .* always has a forget gate"),
        (le.CoupledLSTM(2, 3), "net: PyTorch has no CoupledLSTM: .* an input gate of its own"),
        (le.MinGRU(2, 3), "net: PyTorch has no MinGRU: .* gates that see h"),
        (le.Attention(2, 3), "net: PyTorch has no Attention: the MultiheadAttention of PyTorch has one product more"),
        (le.SLSTM(2, 3), "net: PyTorch has no SLSTM"),
        (le.LSTM(2, 3, cell_clip=1.0), "net: the LSTM of PyTorch has no cell_clip"),
        (le.ProjectedLSTM(2, 3, 2, peepholes=True), "net: the LSTM of PyTorch has no peepholes"),
        (le.ProjectedLSTM(2, 3, 2, projection_clip=1.0), "net: the LSTM of PyTorch has no projection_clip"),
        (le.ProjectedLSTM(2, 3, 3), "net: the proj_size of PyTorch must be below the units, got projection 3 of 3"),
        (le.Sequential([le.RNN(2, 3), le.Bidirectional(le.MinGRU(3, 3))]), r"net\[1\]\.layer: PyTorch has no MinGRU"),
        (3, "net must be a layer or a network, got int"),
    ],
)
def test_what_pytorch_has_not_is_refused_with_place_and_reason(layer, why):
    with pytest.raises(ValueError, match=f"^{why}"):
        to_torch(layer)


class Own(nn.LSTM):
    pass


SHARED = nn.Linear(3, 3)


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (nn.RNN(2, 3, nonlinearity="relu"), "^module: the RNN of this package has tanh alone"),
        (Own(2, 3), "^module: from_torch reads .*, got Own; of a module of one's own pass the parts"),
        (nn.LSTM(2, 3).half(), "^module: weight_ih_l0 must be float32 or float64, .*got float16"),
        (nn.LSTM(2, 3).to(torch.bfloat16), "^module: weight_ih_l0 can't be read as an array"),
        (nn.LSTM(2, 3, device="meta"), "^module: weight_ih_l0 can't be read as an array"),
        (nn.Conv1d(2, 3, 3, padding=2), r"^module: Conv1D has the paddings .*got \(2,\)"),
        (nn.Conv1d(2, 3, 3, dilation=2), r"^module: Conv1D has no dilation: it must be \(1,\)"),
        (nn.Conv1d(2, 4, 3, groups=2), "^module: Conv1D has no groups"),
        (nn.Conv1d(2, 4, 3, padding=1, padding_mode="circular"), "^module: Conv1D has no padding_mode"),
        (nn.MaxPool1d(2, ceil_mode=True), "^module: MaxPool1D has no ceil_mode"),
        (nn.Embedding(2, 4, max_norm=1.0), "^module: Embedding has no max_norm"),
        (nn.Dropout(1.0), "^module: rate must be at least 0 and below 1"),
        (
            nn.Sequential(nn.Linear(2, 3), nn.LSTM(2, 3)),
            r"^module: layers\[1\] \(LSTM\) takes 2 inputs, but .* gives 3",
        ),
        (nn.Sequential(nn.Tanh(), nn.Linear(2, 3)), r"^module\[0\]: Tanh must stand right after"),
        (nn.Sequential(nn.Linear(2, 3), nn.GELU()), r"^module\[1\]: from_torch reads .*, got GELU"),
        (nn.Sequential(nn.Conv1d(2, 3, 3), nn.Linear(3, 3)), "^module: in a torch.nn.Sequential Conv1d .*as a list"),
        (nn.Sequential(SHARED, SHARED), r"^module: 0\.weight and 1\.weight are one parameter"),
        ([SHARED, SHARED], r"^module\[0\]\.weight and \[1\]\.weight are one parameter"),
        ([nn.Linear(2, 3), 3], r"^module\[1\]: from_torch reads .*, got int"),
        ([], "^module: layers must hold at least one layer"),
        (3, "^module: from_torch takes a torch.nn.Module, a list of them or a state_dict, got int"),
    ],
)
def test_a_module_that_is_not_here_is_refused_with_place_and_reason(module, message):
    refused(message, module)


def test_modules_that_lie_in_each_other_without_end_are_refused():
    module = nn.Sequential()
    module._modules["0"] = module
    refused("16 deep", module)
    deep = nn.Linear(2, 2)
    for _ in range(20):
        deep = nn.Sequential(deep)
    refused("16 deep", deep)


STATE = {name: array.numpy() for name, array in nn.LSTM(D, H, 2, bidirectional=True).state_dict().items()}
ONE = {name: array.numpy() for name, array in nn.LSTM(D, H).state_dict().items()}
HUGE = np.broadcast_to(np.float32(0), (4 * 10**6, 10**6))


def without(state, *names):
    return {name: array for name, array in state.items() if name not in names}


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({}, "weight_ih_l0 is missing"),
        (without(STATE, "weight_hh_l1"), "weight_hh_l1 is missing, weight_hh_l0 is there"),
        (without(STATE, "bias_ih_l1_reverse"), "bias_ih_l1_reverse is missing, bias_ih_l0 is there"),
        (without(STATE, "bias_hh_l0"), "arrays must hold .*bias_hh_l0, .* got weight_ih_l0, weight_hh_l0, bias_ih_l0"),
        (without(ONE, "bias_hh_l0"), "arrays must hold weight_ih_l0, .*got weight_ih_l0, weight_hh_l0, bias_ih_l0"),
        (without(ONE, "weight_ih_l0"), "arrays must hold weight_ih_l0, .*got weight_hh_l0"),
        (ONE | {"head.weight": 1}, "a name must be one of a recurrent module, as weight_ih_l0 is, got 'head.weight'"),
        (ONE | {3: 1}, "a name must be .* got 3"),
        (ONE | {"x\ny" * 9999: 1}, "a name must be"),
        (ONE | {"weight_ih_l99999999999999": 1}, "a name must be"),
        (ONE | {"weight_ih_l9999": 1}, "weight_ih_l1 is missing"),
        (ONE | {"weight_hh_l0": np.ones((12, 6), "f4")}, "weight_hh_l0 must have 1, 3 or 4 blocks"),
        (STATE | {"weight_ih_l1": np.ones((24, 5), "f4")}, "weight_ih_l1 and its like must make a LSTM of 12 inputs"),
        (STATE | {"bias_ih_l1_reverse": np.ones(5, "f4")}, r"bias_ih_l1_reverse must have shape \(24,\), got \(5,\)"),
        (ONE | {"bias_ih_l0": np.ones(24)}, "bias_ih_l0 must be float32 or float64, all of them the same, got float64"),
        (ONE | {"bias_ih_l0": np.ones(24, int)}, "bias_ih_l0 must be float32 or float64, .* got int64"),
        (ONE | {"bias_ih_l0": np.ones(24, complex)}, "bias_ih_l0 must be .* got complex128"),
        (ONE | {"bias_ih_l0": None}, "bias_ih_l0 must have 1 axes"),
        (ONE | {"bias_ih_l0": ["x"] * 24}, "bias_ih_l0 must be float32"),
        (ONE | {"bias_ih_l0": [[1.0], 2.0]}, "bias_ih_l0 can't be read as an array"),
        (ONE | {"bias_ih_l0": torch.ones(24).to_sparse()}, "bias_ih_l0 can't be read as an array"),
        (ONE | {"weight_ih_l0": HUGE[:24]}, r"weight_ih_l0 must hold all its numbers, got a view \(24, 1000000\)"),
        ({"weight_ih_l0": HUGE, "weight_hh_l0": HUGE}, "weight_ih_l0 must hold all its numbers"),
        (ONE | {"weight_ih_l0": torch.zeros(1, 1).expand(24, 10**9)}, "weight_ih_l0 must hold all its numbers"),
        (ONE | {"weight_hr_l0": np.ones((10**6, 6), "f4")}, r"weight_hr_l0 must have shape \(6, 6\)"),
    ],
)
def test_a_state_dict_that_is_none_is_refused_in_one_line(state, message):
    refused(f"^state_dict: {message}", state)


def test_nan_and_infinity_are_numbers_as_others():
    state = ONE | {"bias_ih_l0": np.full(24, np.nan, "f4"), "bias_hh_l0": np.full(24, np.inf, "f4")}
    assert np.isnan(from_torch(state).params["b"]).all()
    net = from_torch(state)
    assert from_torch(to_torch(net)).params.flat.tobytes() == net.params.flat.tobytes()


# Manners


def test_no_generator_of_pytorch_moves_and_no_memory_is_shared():
    net = NETS["all"]({})
    before, kept = torch.random.get_rng_state(), net.params.flat.copy()
    module = to_torch(net)
    assert torch.equal(before, torch.random.get_rng_state())
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(1)
    np.testing.assert_array_equal(net.params.flat, kept)
    again = from_torch(module)
    kept = again.params.flat.copy()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.zero_()
    np.testing.assert_array_equal(again.params.flat, kept)


def test_a_module_is_copied_and_its_state_dict_loads_into_another():
    net = NETS["all"]({})
    module, other = to_torch(net).eval(), to_torch(drawn(NETS["all"]({}), seed=4)).eval()
    x = torch.randn(T, B, D)
    assert not torch.equal(other(x)[0], module(x)[0])
    other.load_state_dict(module.state_dict())
    for again in (other, copy.deepcopy(module)):
        assert torch.equal(again(x)[0], module(x)[0])
        assert [p.requires_grad for p in again.parameters()] == [p.requires_grad for p in module.parameters()]


def test_without_pytorch_arrays_are_read_and_modules_are_refused_in_words():
    program = """
import sys
sys.modules["torch"] = None
import lstm_edu as le
layer = le.LSTM(2, 3, rng=0)
again = le.interop.from_torch(le.interop.torch.to_arrays(layer))
assert (again.params.flat == layer.params.flat).all()
for use in (le.interop.to_torch, le.interop.from_torch):
    try:
        use(layer)
    except ImportError as error:
        assert "need PyTorch (pip install torch)" in str(error), error
    else:
        raise AssertionError(use)
"""
    subprocess.run([sys.executable, "-c", program], check=True)
