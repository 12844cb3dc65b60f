"""Wrong arguments end in a ValueError that names the argument, what it got and what it needs."""

import numpy as np
import pytest
from cases import CELLS, array_of, arrays_of, case_id, random_state, with_array, zero_state

from lstm_edu import Sequential
from lstm_edu.cells import GRU, LSTM, LSTM97, RNN
from lstm_edu.core import Layer, Parameters, checks, get_num_threads, set_num_threads

pytestmark = pytest.mark.kernels
T, B, D, H = 5, 3, 4, 6
every_cell = pytest.mark.parametrize("cell", CELLS, ids=case_id)


def x_of(*shape, dtype=np.float64):
    return np.zeros(shape, dtype)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (x_of(T, D), r"x must have 3 axes \(T, B, 4\).*got shape \(5, 4\)"),
        (x_of(T, B, D, 1), r"x must have 3 axes"),
        (x_of(T, B, D + 1), r"x must have shape \(T, B, 4\).*got \(5, 3, 5\)"),
        (x_of(0, B, D), r"x must have shape \(T, B, 4\).*none of them 0, got \(0, 3, 4\)"),
        (x_of(T, 0, D), r"x must have shape .*none of them 0, got \(5, 0, 4\)"),
        (x_of(T, B, D, dtype=int), r"x must be an array of floats, got int64; .astype\('float64'\) converts it"),
        (x_of(T, B, D, dtype=bool), r"x must be an array of floats, got bool"),
        (x_of(T, B, D, dtype=complex), r"x must be an array of floats, got complex128"),
        (None, r"x must be an array of floats, got object"),
        ([[[1.0], [1.0, 2.0]]], r"x must be an array of shape"),
    ],
)
@every_cell
def test_x(cell, x, message):
    with pytest.raises(ValueError, match=message):
        cell.make(D, H).forward(x)


@every_cell
def test_state(cell):
    layer = cell.make(D, H)
    n, first = len(layer.state_names), layer.outputs
    widths = dict.fromkeys(layer.state_widths(**layer.config()).values())  # each width once
    shapes = " and ".join(rf"\(3, {width}\)" for width in widths)
    for state in (np.zeros((B, first)), (), (np.zeros((B, first)),) * (n + 1)):
        with pytest.raises(ValueError, match=rf"state must be a tuple \(h.*of arrays of shape {shapes}, got"):
            layer.forward(x_of(T, B, D), state)
    for k, state in enumerate(random_state(layer, B, np.random.default_rng(0))):
        wrong, width = list(zero_state(layer, B)), state.shape[1]
        wrong[k] = np.zeros((B + 1, width))
        with pytest.raises(ValueError, match=rf"state\[{k}\].*must have shape \(3, {width}\), got \(4, {width}\)"):
            layer.forward(x_of(T, B, D), wrong)


@every_cell
def test_dy_and_dstate(cell):
    layer = cell.make(D, H)
    _, tape = layer.forward(x_of(T, B, D))
    n = layer.outputs
    for shape in ((T + 1, B, n), (T, B + 1, n), (T, B, n + 1)):
        with pytest.raises(ValueError, match=rf"dy must have shape \(5, 3, {n}\), got"):
            layer.backward(x_of(*shape), tape)
    with pytest.raises(ValueError, match=r"dy must have 3 axes"):
        layer.backward(x_of(B, n), tape)
    with pytest.raises(ValueError, match=r"dstate must be a tuple"):
        layer.backward(x_of(T, B, n), tape, np.zeros((B, n)))


@every_cell
@pytest.mark.parametrize("units", [0, -1, 2.5, "8", None, True])
def test_units(cell, units):
    with pytest.raises(ValueError, match=rf"units must be a whole number of at least 1, got {units!r}"):
        cell.layer(D, units, **cell.arguments)


def test_the_other_arguments_of_a_layer():
    with pytest.raises(ValueError, match="inputs must be a whole number of at least 1, got 0"):
        RNN(0, 3)
    for dtype in (np.int32, np.float16, "double precision"):
        with pytest.raises(ValueError, match="dtype must be float32 or float64, got"):
            RNN(2, 3, dtype=dtype)
    with pytest.raises(ValueError, match=r"rng must be a whole number of at least 0, got -1"):
        RNN(2, 3, rng=-1)
    with pytest.raises(ValueError, match="unknown squashing '97'"):
        LSTM97(2, 3, squashing="97")
    with pytest.raises(ValueError, match=r"forget_bias must be one number or one per unit \(3\), got 2"):
        LSTM(2, 3, forget_bias=[1, 2])
    with pytest.raises(ValueError, match="forget_bias must be a finite number, got nan"):
        LSTM(2, 3, forget_bias=np.nan)
    with pytest.raises(ValueError, match="reset_after must be True or False, got 'after'"):
        GRU(2, 3, reset_after="after")
    for threads in (0, -2, 1.5):
        with pytest.raises(ValueError, match="n must be a whole number of at least 1"):
            set_num_threads(threads)


def test_the_environment_variable_for_threads(monkeypatch):
    monkeypatch.setenv("LSTM_EDU_NUM_THREADS", "many")
    with pytest.raises(ValueError, match="LSTM_EDU_NUM_THREADS must be a whole number of at least 1, got 'many'"):
        get_num_threads()


@every_cell
def test_arrays_that_are_not_contiguous_or_of_another_float_type_are_copied(cell):
    rng = np.random.default_rng(0)
    layer = cell.make(D, H)
    wide = rng.standard_normal((B, T, 2 * D))
    x = wide[:, :, ::2].transpose(1, 0, 2)
    state = tuple(np.asfortranarray(s) for s in random_state(layer, B, rng))
    dy = np.asfortranarray(rng.standard_normal((T, B, layer.outputs)))
    y, tape = layer.forward(x, state)
    dx, _, _ = layer.backward(dy, tape)
    same, tape = layer.forward(np.ascontiguousarray(x), tuple(map(np.ascontiguousarray, state)))
    assert np.array_equal(y, same)
    assert np.array_equal(dx, layer.backward(np.ascontiguousarray(dy), tape)[0])
    assert layer(x.astype(np.float32)).dtype == np.float64


def test_parameters_keep_their_names_and_shapes():
    params = Parameters({"W": (2, 3), "b": (3,)}, np.float64)
    params["b"] = [1, 2, 3]
    assert params.flat.tolist() == [0, 0, 0, 0, 0, 0, 1, 2, 3]
    with pytest.raises(KeyError, match="no parameter 'c'; there are W, b"):
        params["c"] = 1
    with pytest.raises(ValueError, match=r"parameter 'W' has shape \(2, 3\), got values of shape \(3, 2\)"):
        params["W"] = np.zeros((3, 2))
    for change in (lambda: params.pop("W"), lambda: params.clear(), lambda: params.__delitem__("W")):
        with pytest.raises(TypeError, match="fixed"):
            change()


def test_whole_numbers_where_symbols_are_needed():
    with pytest.raises(ValueError, match="x must be an array of whole numbers, got float64"):
        checks.integers("x", np.zeros((2, 3)), ("T", "B"), 5)
    with pytest.raises(ValueError, match=r"x must lie in 0 \.\. 4, got values from -1 to 5"):
        checks.integers("x", np.array([[-1, 5]]), ("T", "B"), 5)


def test_several_parameters_are_assigned_at_once():
    params = Parameters({"W": (2,), "b": (1,)}, np.float64)
    params.update({"W": [1, 2]}, b=[3])
    assert params.flat.tolist() == [1, 2, 3]


def test_a_layer_without_a_state_or_gates_of_its_own():
    layer = Layer()
    assert layer.gates(None) == {}
    assert layer.out_steps(7) == 7
    layer._no_state(None)
    layer._no_state(())
    with pytest.raises(ValueError, match="state: Layer has no state, pass None"):
        layer._no_state((np.zeros(3),))


@pytest.fixture(scope="module")
def tapes():
    """By the names of the cells: a tape, then those of more units, of more inputs and of another type."""

    def of(layer):
        return layer.forward(x_of(T, B, layer.inputs))[1]

    made = {}
    for cell in CELLS:
        others = (cell.make(D, H + 2), cell.make(D + 1, H), cell.make(D, H, np.float32))
        made[cell.name] = [of(layer) for layer in (cell.make(D, H), *others)]
    return made


@every_cell
def test_a_tape_of_another_cell_size_or_type_is_refused(cell, tapes):
    layer = cell.make(D, H)
    dy = np.zeros((T, B, layer.outputs))
    strangers = [tape for name, made in tapes.items() for tape in (made[1:] if name == cell.name else made)]
    for tape in strangers:
        for use in (lambda tape=tape: layer.backward(dy, tape), lambda tape=tape: layer.gates(tape)):
            with pytest.raises(ValueError, match="tape must come from the forward of a layer like this one, "):
                use()
    for nothing in (None, np.zeros(3), dy):
        with pytest.raises(ValueError, match=r"tape must come from the forward of a layer like this one, .*got"):
            layer.backward(dy, nothing)


@every_cell
def test_a_tape_of_an_equal_layer_is_accepted(cell):
    layer, twin = cell.make(D, H), cell.make(D, H)
    y, tape = twin.forward(x_of(T, B, D))
    assert np.array_equal(layer.backward(y, tape)[0], twin.backward(y, tape)[0])


@every_cell
def test_grads_that_do_not_fit_are_refused(cell):
    layer = cell.make(D, H)
    y, tape = layer.forward(x_of(T, B, D))
    for wrong in (cell.make(D, H + 1).params, dict(layer.params), 3):
        with pytest.raises(ValueError, match="grads must be a Parameters with the shapes"):
            layer.backward(y, tape, grads=wrong)
    for wrong in (layer.params, cell.make(D, H, np.float32).params):
        with pytest.raises(ValueError, match="grads must be a buffer of its own of float64, got float"):
            layer.backward(y, tape, grads=wrong)


@every_cell
def test_lengths_are_checked(cell):
    layer = cell.make(D, H)
    assert np.array_equal(layer(x_of(T, B, D), lengths=[1, 5, 3]), layer(x_of(T, B, D)))
    for wrong, message in (
        ([1, 2], r"lengths must have shape \(3,\), one for each sequence, got \(2,\)"),
        ([1, 2, 6], r"lengths must be in 1 \.\. 5, got values from 1 to 6"),
        ([0, 2, 5], r"lengths must be in 1 \.\. 5, got values from 0 to 5"),
        ([1.0, 2.0, 3.0], "lengths must be whole numbers, got float64"),
        ([[1], [2, 3]], r"lengths must be an array of shape \(3,\)"),
    ):
        with pytest.raises(ValueError, match=message):
            layer.forward(x_of(T, B, D), lengths=wrong)
    assert checks.lengths(None, 5, 3) is None
    with pytest.raises(ValueError, match="lengths must be at least 1, got values from 0 to 1"):
        checks.lengths([0, 1], None, 2)


def test_no_way_of_assigning_takes_parameters_out_of_the_buffer():
    layer = LSTM(D, H, rng=0)
    layer.params |= {"b": np.arange(4 * H)}
    layer.params["b"] += 1
    assert layer.params.flat[-4 * H :].tolist() == list(range(1, 4 * H + 1))
    assert np.shares_memory(layer.params["b"], layer.params.flat)
    with pytest.raises(ValueError, match=r"parameter 'U' has shape \(6, 24\), got values of shape \(9, 9\)"):
        layer.params |= {"U": np.zeros((9, 9))}
    with pytest.raises(AttributeError):
        layer.params.flat = np.zeros(5)


def test_numbers_that_are_none():
    for value in ("1", None, 10**400, float("inf"), True):
        with pytest.raises(ValueError, match="rate must be a finite number, got"):
            checks.number("rate", value)
    with pytest.raises(ValueError, match=r"rate must be at least 0 and below 1, got 1"):
        checks.number("rate", 1, least=0, below=1)


def test_names_are_recognised_in_any_case():
    with pytest.raises(ValueError, match="unknown cell 'LSTM': did you mean 'lstm'"):
        checks.one_of("cell", "LSTM", ["rnn", "lstm", None])
    with pytest.raises(ValueError, match="unknown cell"):
        checks.one_of("cell", np.array(["lstm"]), ["rnn", "lstm"])


def test_a_part_of_the_parameters_is_a_view_and_is_made_once():
    params = Parameters({"0.W": (2, 3), "0.b": (3,), "1.W": (3, 1)}, np.float64)
    part = params.part(slice(0, 9), {"W": (2, 3), "b": (3,)})
    part["b"] = [1, 2, 3]
    assert params["0.b"].tolist() == [1, 2, 3]
    assert params.part(slice(0, 9), {"W": (2, 3), "b": (3,)}) is part
    assert params.part(slice(0, 9), {"W": (3, 2), "b": (3,)})["W"].shape == (3, 2)


def test_calling_a_layer_is_a_forward_without_training():
    class Echo(Layer):
        def forward(self, x, state=None, *, lengths=None, training=True):
            return (x, state, lengths, training), "tape"

    assert Echo()(1, 2, lengths=3) == (1, 2, 3, False)


def test_an_array_without_numbers_is_refused_or_asked_for():
    assert checks.floats("x", np.zeros((0, 3)), (0, 3), np.dtype(np.float64)).shape == (0, 3)
    with pytest.raises(ValueError, match=r"x must have shape \(0, 3\), got \(2, 3\)"):
        checks.floats("x", np.zeros((2, 3)), (0, 3), np.dtype(np.float64))


BUFFERS = {
    "every second number": (lambda n: np.zeros(2 * n)[::2], "contiguous"),
    "backwards": (lambda n: np.zeros(n)[::-1], "contiguous"),
    "read-only": (lambda n: read_only(np.zeros(n)), "writeable"),
    "not aligned": (lambda n: np.zeros(8 * n + 1, np.uint8)[1:].view(np.float64), "aligned"),
    "too short": (lambda n: np.zeros(n - 1), r"float64 of shape \(5,\)"),
    "too long": (lambda n: np.zeros(n + 1), r"float64 of shape \(7,\)"),
    "two axes": (lambda n: np.zeros((1, n)), r"float64 of shape \(1, 6\)"),
    "another type": (lambda n: np.zeros(n, np.float32), r"float32 of shape \(6,\)"),
    "bytes in the other order": (lambda n: np.zeros(n, np.dtype(np.float64).newbyteorder()), r"of shape \(6,\)"),
    "a masked array": (lambda n: np.ma.zeros(n), "got MaskedArray"),
    "a list": (lambda n: [0.0] * n, "got list"),
}


def read_only(array):
    array.flags.writeable = False
    return array


@pytest.mark.parametrize("what", BUFFERS)
def test_a_buffer_that_a_kernel_could_not_write_to_is_refused(what):
    make, message = BUFFERS[what]
    with pytest.raises(ValueError, match=f"flat must be a one-dimensional array of 6 numbers of float64.*{message}"):
        Parameters({"W": (2, 2), "b": (2,)}, np.float64, make(6))


def test_the_shapes_of_parameters_are_to_be_looked_at_alone():
    shapes = {"W": (2, 3)}
    params = Parameters(shapes, np.float64)
    shapes["W"] = (9, 9)
    assert params.shapes == {"W": (2, 3)}
    with pytest.raises(TypeError):
        params.shapes["W"] = (9, 9)
    with pytest.raises(ValueError, match="flat must be a one-dimensional array of 6 numbers"):
        params.part(slice(0, 2), {"W": (2, 3)})


@every_cell
def test_grads_over_an_array_that_is_still_read_are_refused(cell):
    layer, steps = cell.make(D, H), 60  # so many that every array has room for all parameters
    dy = np.ones((steps, B, layer.outputs))
    _, tape = layer.forward(np.random.default_rng(0).standard_normal((steps, B, D)))
    arrays = {"dy": dy} | {name: array_of(tape, name) for name in arrays_of(tape)}
    for name, array in arrays.items():
        before, n = array.copy(), layer.params.flat.size
        for part in (array.reshape(-1)[:n], array.reshape(-1)[-n:]):
            over = Parameters(layer.params.shapes, np.float64, part)
            with pytest.raises(ValueError, match=f"grads must be a buffer of its own, got one that overlaps {name}, "):
                layer.backward(dy, tape, grads=over)
        assert np.array_equal(array, before)


@every_cell
def test_grads_that_cannot_be_written_to_are_refused(cell):
    layer = cell.make(D, H)
    y, tape = layer.forward(np.ones((T, B, D)))
    grads = layer.params.empty_like()
    grads["W"].flags.writeable = False
    with pytest.raises(ValueError, match="grads must be arrays that can be written to, got some that are read-only"):
        layer.backward(y, tape, grads=grads)


def test_a_networks_grads_over_the_tape_of_another_layer_are_refused():
    net = Sequential([RNN(D, H, dtype=np.float64, rng=0), RNN(H, 2, dtype=np.float64, rng=1)])
    y, tape = net.forward(np.ones((50, B, D)))
    lower, upper = (layer.params.flat.size for layer in net.layers)
    room = np.zeros(lower + tape.tapes[0].h.size)  # the gradients of the upper layer reach into the lower one's h
    tape.tapes[0] = with_array(tape.tapes[0], "h", room[lower:].reshape(tape.tapes[0].h.shape))
    grads = Parameters(net.params.shapes, np.float64, room[: lower + upper])
    with pytest.raises(ValueError, match="grads must be a buffer of its own, got one that overlaps"):
        net.backward(np.ones_like(y), tape, grads=grads)


ARRAYS_ON_A_TAPE = {
    "another shape": lambda a: a[:-1],
    "strided": lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
    "backwards": lambda a: a[::-1],
    "in the order of Fortran": np.asfortranarray,
    "another type": lambda a: a.astype(np.float32),
    "read-only": lambda a: read_only(a.copy()),
    "a list": lambda a: a.tolist(),
    "nothing": lambda a: None,
    "masked": np.ma.asarray,
}


@pytest.mark.parametrize("what", ARRAYS_ON_A_TAPE)
@every_cell
def test_an_array_on_the_tape_that_does_not_fit_is_refused(cell, what):
    layer = cell.make(D, H)
    for name in arrays_of(layer.forward(np.ones((T, B, D)))[1]):
        y, tape = layer.forward(np.random.default_rng(0).standard_normal((T, B, D)))
        array = array_of(tape, name)
        damaged = with_array(tape, name, ARRAYS_ON_A_TAPE[what](array))
        with pytest.raises(ValueError, match=r"tape\.\w+ must be a contiguous, writeable array of float64 of shape"):
            layer.backward(np.ones_like(y), damaged)
        layer.backward(np.ones_like(y), with_array(tape, name, array.copy()))


def test_masked_arrays_are_refused_by_name():
    layer, x = LSTM(D, H, dtype=np.float64, rng=0), x_of(T, B, D)
    y, tape = layer.forward(x)
    masked = np.ma.masked_array
    h = np.zeros((B, H))
    for use, name in (
        (lambda: layer.forward(masked(x, x == 0)), "x"),
        (lambda: layer(masked(x)), "x"),
        (lambda: layer([masked(x_t) for x_t in x]), "x"),
        (lambda: layer.forward(x, (h, masked(h))), r"state\[1\] \(c\)"),
        (lambda: layer.forward(x, lengths=masked([1, 2, 3], [0, 0, 1])), "lengths"),
        (lambda: layer.backward(masked(y), tape), "dy"),
        (lambda: layer.backward(y, tape, (masked(h), h)), r"dstate\[0\] \(h\)"),
        (lambda: layer.params.update(b=masked(np.zeros(4 * H))), "parameter 'b'"),
        (lambda: checks.integers("x", masked([[1]]), ("T", "B"), 3), "x"),
    ):
        with pytest.raises(ValueError, match=f"^{name} must be an array without a mask, got a masked array"):
            use()


def test_arrays_that_another_library_will_not_give_are_a_value_error():
    class Tensor:
        def __array__(self, dtype=None, copy=None):
            raise RuntimeError("it needs its gradient")

    with pytest.raises(ValueError, match=r"x must be an array of shape \(T, B, 4\).*it needs its gradient"):
        LSTM(D, H).forward(Tensor())


@every_cell
def test_no_kind_of_array_gives_other_results_than_a_plain_one(cell):
    rng = np.random.default_rng(0)
    layer = cell.make(D, H)
    x, dy = rng.standard_normal((T, B, D)), rng.standard_normal((T, B, layer.outputs))
    state = random_state(layer, B, rng)
    kinds = (
        lambda a: read_only(a.copy()),
        np.asfortranarray,
        lambda a: a[::-1].copy()[::-1],
        lambda a: np.repeat(a, 3, axis=-1)[..., ::3],
        lambda a: a.astype(a.dtype.newbyteorder()),
        lambda a: np.frombuffer(b"\0" + a.tobytes(), np.uint8)[1:].view(a.dtype).reshape(a.shape),
        lambda a: a.view(type("Mine", (np.ndarray,), {})),
        lambda a: a.tolist(),
    )
    y, tape = layer.forward(x, state)
    expected = [y, *flattened(layer.backward(dy, tape, state))]
    for kind in kinds:
        other = tuple(map(kind, state))
        y, tape = layer.forward(kind(x), other)
        for got, needed in zip([y, *flattened(layer.backward(kind(dy), tape, other))], expected, strict=True):
            np.testing.assert_array_equal(got, needed)
    if len({s.shape for s in state}) == 1 < len(state):  # one array twice is only read
        twice = (state[-1],) * len(state)
        np.testing.assert_array_equal(layer(x, twice), layer(x, tuple(map(np.copy, twice))))


def flattened(result):
    dx, grads, dstate = result
    return dx, grads.flat, *dstate
