"""The optimizers against PyTorch's, against the printed algorithm, and in what they promise about bad gradients."""

import json
import math

import numpy as np
import pytest

from lstm_edu.core.parameters import Parameters
from lstm_edu.nn import optimizers
from lstm_edu.nn.optimizers import SGD, Adam, RMSProp, clip_by_global_norm

pytestmark = pytest.mark.kernels

SHAPES = {"W": (5, 4), "b": (3,)}

OPTIMIZERS = {
    "sgd": lambda: SGD(0.1),
    "sgd-momentum": lambda: SGD(0.1, momentum=0.9),
    "sgd-nesterov": lambda: SGD(0.1, momentum=0.9, nesterov=True),
    "rmsprop": lambda: RMSProp(0.01, decay=0.95, epsilon=1e-6),
    "rmsprop-momentum": lambda: RMSProp(0.01, momentum=0.8),
    "adam": lambda: Adam(0.01),
    "adam-other": lambda: Adam(0.02, beta1=0.7, beta2=0.9, epsilon=1e-3),
}
every_optimizer = pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
both_types = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])


def parameters(seed, dtype=np.float64, size=1.0):
    p = Parameters(SHAPES, dtype)
    p.flat[:] = size * np.random.default_rng(seed).standard_normal(p.flat.size)
    return p


def torchs(torch, name, values):
    return {
        "sgd": lambda: torch.optim.SGD(values, lr=0.1),
        "sgd-momentum": lambda: torch.optim.SGD(values, lr=0.1, momentum=0.9),
        "sgd-nesterov": lambda: torch.optim.SGD(values, lr=0.1, momentum=0.9, nesterov=True),
        "rmsprop": lambda: torch.optim.RMSprop(values, lr=0.01, alpha=0.95, eps=1e-6),
        "rmsprop-momentum": lambda: torch.optim.RMSprop(values, lr=0.01, alpha=0.9, eps=1e-8, momentum=0.8),
        "adam": lambda: torch.optim.Adam(values, lr=0.01),
        "adam-other": lambda: torch.optim.Adam(values, lr=0.02, betas=(0.7, 0.9), eps=1e-3),
    }[name]()


@both_types
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_twenty_steps_are_torchs(name, dtype):
    torch = pytest.importorskip("torch")
    ours, params = OPTIMIZERS[name](), parameters(1, dtype)
    values = torch.tensor(params.flat.copy(), requires_grad=True)
    theirs = torchs(torch, name, [values])
    for step in range(20):
        grads = parameters(100 + step, dtype)
        values.grad = torch.tensor(grads.flat)
        theirs.step()
        ours.step(params, grads)
    tolerance = 1e-6 if dtype == np.float32 else 1e-12
    np.testing.assert_allclose(params.flat, values.detach().numpy(), rtol=tolerance, atol=tolerance)


def test_adam_is_algorithm_1_as_printed():
    optimizer, params = Adam(0.01, epsilon=1e-3), parameters(1)
    theta, m, v = params.flat.copy(), 0, 0
    for t in range(1, 8):
        g = parameters(100 + t).flat
        m = 0.9 * m + (1 - 0.9) * g
        v = 0.999 * v + (1 - 0.999) * g**2
        theta = theta - 0.01 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-3)
        optimizer.step(params, parameters(100 + t))
    np.testing.assert_allclose(params.flat, theta, rtol=1e-13)


def test_rmsprop_is_the_lecture_and_sgd_with_momentum_its_sum():
    rmsprop, sgd = RMSProp(0.01, decay=0.8), SGD(0.1, momentum=0.7)
    p, q = parameters(1), parameters(1)
    theta, phi, s, v = p.flat.copy(), q.flat.copy(), 0, 0
    for t in range(5):
        g = parameters(100 + t).flat
        s = 0.8 * s + (1 - 0.8) * g**2
        theta = theta - 0.01 * g / (np.sqrt(s) + 1e-8)
        v = 0.7 * v + g
        phi = phi - 0.1 * v
        rmsprop.step(p, parameters(100 + t))
        sgd.step(q, parameters(100 + t))
    np.testing.assert_allclose(p.flat, theta, rtol=1e-13)
    np.testing.assert_allclose(q.flat, phi, rtol=1e-13)


@every_optimizer
@both_types
def test_clipping_is_a_step_with_scaled_gradients_and_leaves_grads_alone(make, dtype):
    clipped, scaled = make(), make()
    p, q = parameters(1, dtype), parameters(1, dtype)
    for step, size in enumerate([1.0, 100.0, 0.01]):
        grads = parameters(100 + step, dtype, size)
        before = grads.flat.copy()
        exact = math.sqrt(np.sum(grads.flat.astype(np.float64) ** 2))
        norm = clipped.step(p, grads, clip=2.0)
        assert type(norm) is float
        assert norm == pytest.approx(exact, rel=1e-14)  # before clipping, summed in float64
        np.testing.assert_array_equal(grads.flat, before)
        grads.flat[:] *= dtype(min(1.0, 2.0 / exact))
        assert scaled.step(q, grads) <= 2.0 * (1 + 1e-6)
    np.testing.assert_allclose(p.flat, q.flat, rtol=2e-6 if dtype == np.float32 else 1e-13)
    assert p.flat.dtype == dtype


@every_optimizer
@both_types
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_gradient_that_is_not_finite_changes_nothing(make, dtype, bad):
    disturbed, calm = make(), make()
    p, q = parameters(1, dtype), parameters(1, dtype)
    wrong = parameters(5, dtype)
    wrong["b"][1] = bad
    for step in range(4):  # before the first step, and between later ones
        before = p.flat.copy()
        norm = disturbed.step(p, wrong, clip=1.0)
        assert math.isnan(norm) if np.isnan(bad) else norm == math.inf
        np.testing.assert_array_equal(p.flat, before)
        disturbed.step(p, parameters(100 + step, dtype), clip=1.0)
        calm.step(q, parameters(100 + step, dtype), clip=1.0)
    np.testing.assert_array_equal(p.flat, q.flat)
    assert disturbed.steps_done == 4
    assert not np.array_equal(p.flat, parameters(1, dtype).flat)


@every_optimizer
def test_the_rate_may_change_between_steps(make):
    optimizer, params = make(), parameters(1)
    optimizer.step(params, parameters(2))
    before = params.flat.copy()
    optimizer.rate = 0
    optimizer.step(params, parameters(3))
    np.testing.assert_array_equal(params.flat, before)
    optimizer.rate = -1
    with pytest.raises(ValueError, match="rate must be at least 0, got -1"):
        optimizer.step(params, parameters(3))
    np.testing.assert_array_equal(params.flat, before)


def test_momentum_may_be_set_after_the_first_step():
    for optimizer in (SGD(0.1), RMSProp(0.1)):
        params = parameters(1)
        optimizer.step(params, parameters(2))
        optimizer.momentum = 0.5
        steps = []
        for _ in range(2):
            before = params.flat.copy()
            optimizer.step(params, parameters(3))
            steps.append(before - params.flat)
        assert (np.abs(steps[1]) > np.abs(steps[0]) * 1.05).all()


@every_optimizer
@both_types
def test_a_thousand_numbers_step_as_one_does(make, dtype):
    """Long arrays run through SIMD code and its remainder, single numbers do not."""
    n = 1003
    long, p, g = make(), Parameters({"W": (n,)}, dtype), Parameters({"W": (n,)}, dtype)
    p.flat[:] = np.random.default_rng(1).standard_normal(n)
    single, singles, one = {}, {}, Parameters({"W": (1,)}, dtype)
    for j in (0, 511, n - 1):
        single[j], singles[j] = make(), Parameters({"W": (1,)}, dtype)
        singles[j].flat[:] = p.flat[j]
    for step in range(3):
        g.flat[:] = np.random.default_rng(10 + step).standard_normal(n)
        long.step(p, g)
        for j in single:
            one.flat[:] = g.flat[j]
            single[j].step(singles[j], one)
    for j in single:
        np.testing.assert_allclose(p.flat[j], singles[j].flat[0], rtol=1e-6 if dtype == np.float32 else 1e-14)


@both_types
def test_parameters_without_any_gradient_stay(dtype):
    for make in OPTIMIZERS.values():
        params = parameters(1, dtype)
        assert make().step(params, Parameters(SHAPES, dtype), clip=1.0) == 0
        np.testing.assert_array_equal(params.flat, parameters(1, dtype).flat)


def test_the_first_step_of_adam_is_the_rate_whatever_the_gradients_size():
    for size in (1e-3, 1.0, 1e3):
        params, grads = parameters(1), parameters(2, size=size)
        Adam(0.05).step(params, grads)
        np.testing.assert_allclose(parameters(1).flat - params.flat, 0.05 * np.sign(grads.flat), rtol=1e-2)


def test_a_float32_norm_does_not_overflow():
    grads = Parameters({"W": (4,)}, np.float32)
    grads["W"] = [3e30, 0, 0, 4e30]
    params = Parameters({"W": (4,)}, np.float32)
    assert SGD(1.0).step(params, grads, clip=1.0) == pytest.approx(5e30, rel=1e-6)
    np.testing.assert_allclose(params["W"], [-0.6, 0, 0, -0.8], rtol=1e-6)


def test_clip_by_global_norm_scales_in_place_and_only_above_the_limit():
    grads = Parameters({"W": (1, 2), "b": (2,)}, np.float32)
    grads["W"], grads["b"] = [[3, 0]], [0, 4]
    assert clip_by_global_norm(grads, 5.0) == 5
    np.testing.assert_array_equal(grads.flat, [3, 0, 0, 4])
    assert clip_by_global_norm(grads, 2.5) == 5
    np.testing.assert_array_equal(grads.flat, [1.5, 0, 0, 2])
    assert grads.flat.dtype == np.float32
    for bad in (np.nan, np.inf):
        grads["b"] = [bad, 1]
        assert not math.isfinite(clip_by_global_norm(grads, 0.1))
        np.testing.assert_array_equal(grads.flat, [1.5, 0, bad, 1])
    with pytest.raises(ValueError, match=r"limit must be above 0, got 0"):
        clip_by_global_norm(grads, 0)
    with pytest.raises(ValueError, match="grads must be Parameters"):
        clip_by_global_norm({"W": np.ones(3)}, 1.0)


@pytest.mark.skipif(not hasattr(optimizers._adam, "signatures"), reason="needs the JIT")
def test_no_number_given_to_a_kernel_is_wider_than_its_arrays():
    for dtype in (np.float32, np.float64):
        for make in OPTIMIZERS.values():
            make().step(parameters(1, dtype), parameters(2, dtype), clip=1.0)
    for kernel in (optimizers._sgd, optimizers._rmsprop, optimizers._adam):
        assert len(kernel.signatures) == 2
        for signature in kernel.signatures:
            kinds = {str(getattr(a, "dtype", a)) for a in signature} - {"bool"}
            assert len(kinds) == 1, kinds


@every_optimizer
def test_another_networks_parameters_are_refused(make):
    optimizer = make()
    optimizer.step(parameters(1), parameters(2))
    other = Parameters({"W": (2, 3)}, np.float64)
    with pytest.raises(ValueError, match="params must be those of the first step, 23 numbers of float64, got 6 of"):
        optimizer.step(other, other)
    with pytest.raises(ValueError, match=r"params must be those of the first step, .* got 23 of float32"):
        optimizer.step(parameters(1, np.float32), parameters(2, np.float32))


@every_optimizer
def test_what_does_not_fit_is_refused(make):
    optimizer, params = make(), parameters(1)
    with pytest.raises(ValueError, match="grads must be like params, 23 numbers of float64, got 6 of float64"):
        optimizer.step(params, Parameters({"W": (2, 3)}, np.float64))
    with pytest.raises(ValueError, match=r"grads must be like params, .* of float32"):
        optimizer.step(params, parameters(2, np.float32))
    with pytest.raises(ValueError, match="params must be Parameters over a flat"):
        optimizer.step(np.ones(3), params)  # an array's own .flat is an iterator
    with pytest.raises(ValueError, match="grads must be Parameters over a flat"):
        optimizer.step(params, Parameters(SHAPES, np.int64))
    for clip in (0, -1, np.nan, "1"):
        with pytest.raises(ValueError, match="clip must be"):
            optimizer.step(params, parameters(2), clip=clip)
    np.testing.assert_array_equal(params.flat, parameters(1).flat)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SGD(-0.1), "rate must be at least 0, got -0.1"),
        (lambda: SGD(np.inf), "rate must be a finite number"),
        (lambda: SGD(momentum=1), "momentum must be at least 0 and below 1, got 1"),
        (lambda: SGD(nesterov=True), "nesterov needs a momentum above 0"),
        (lambda: RMSProp("fast"), "rate must be a finite number, got 'fast'"),
        (lambda: RMSProp(decay=1.0), "decay must be at least 0 and below 1"),
        (lambda: RMSProp(epsilon=0), "epsilon must be above 0"),
        (lambda: RMSProp(momentum=-1), "momentum must be at least 0"),
        (lambda: Adam(beta1=1.0), "beta1 must be at least 0 and below 1"),
        (lambda: Adam(beta2=-0.5), "beta2 must be at least 0 and below 1"),
        (lambda: Adam(epsilon=-1e-8), "epsilon must be above 0, got -1e-08"),
    ],
)
def test_settings_are_checked_when_made(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_defaults_and_looks():
    assert repr(Adam()) == "Adam(rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-08)"
    assert repr(RMSProp()) == "RMSProp(rate=0.001, decay=0.9, epsilon=1e-08, momentum=0.0)"
    assert repr(SGD()) == "SGD(rate=0.01, momentum=0.0, nesterov=False)"


def test_a_gradient_whose_square_overflows_counts_as_not_finite():
    for make in (Adam, RMSProp):
        params, grads = Parameters({"p": (2,)}, np.float32), Parameters({"p": (2,)}, np.float32)
        optimizer = make(0.1)
        grads["p"] = [1e20, 1]
        assert optimizer.step(params, grads) == np.inf
        assert not params.flat.any()
        assert optimizer.step(params, grads, clip=1.0) == pytest.approx(1e20, rel=1e-6)
        assert np.isfinite(params.flat).all()


@pytest.mark.parametrize("settings", [{"epsilon": 1e-50}, {"rate": 1e39}])
def test_settings_that_the_type_of_the_parameters_cannot_hold(settings):
    for make in (Adam, RMSProp):
        optimizer = make(**({"rate": 0.1} | settings))
        params = Parameters({"p": (2,)}, np.float32)
        with pytest.raises(ValueError, match=f"{next(iter(settings))} must be .* for float32 parameters, got"):
            optimizer.step(params, params.empty_like())


class Flat:
    def __init__(self, flat):
        self.flat = flat


@every_optimizer
def test_an_array_that_a_kernel_could_not_run_over_is_refused(make):
    frozen = np.zeros(4)
    frozen.flags.writeable = False
    wrong = np.zeros(8)[::2], np.zeros(4)[::-1], frozen, np.ma.zeros(4), np.zeros(33, np.uint8)[1:].view(np.float64)
    for flat in wrong:
        for name, pair in (("params", (Flat(flat), Flat(np.ones(4)))), ("grads", (Flat(np.ones(4)), Flat(flat)))):
            with pytest.raises(
                ValueError, match=f"{name}.flat must be a plain array, contiguous, aligned and writeable"
            ):
                make().step(*pair)
    with pytest.raises(ValueError, match=r"grads\.flat must be a plain array"):
        clip_by_global_norm(Flat(np.ones(8)[::2]), 1.0)


@every_optimizer
def test_grads_that_overlap_the_parameters_are_refused(make):
    room = np.ones(5)
    with pytest.raises(ValueError, match="grads must be a buffer of its own, got one that overlaps params"):
        make().step(Flat(room[1:]), Flat(room[:-1]))
    assert (room == 1).all()


@every_optimizer
@both_types
def test_an_optimizer_goes_on_from_a_state_with_the_same_bits(make, dtype):
    whole, first, second = make(), make(), make()
    p, q = parameters(1, dtype), parameters(1, dtype)
    for step in range(9):
        whole.step(p, parameters(100 + step, dtype))
    for step in range(4):
        first.step(q, parameters(100 + step, dtype))
    state = first.state()
    first.step(parameters(1, dtype), parameters(7, dtype))  # what is kept is a copy
    second.restore({"arrays": state["arrays"], "values": json.loads(json.dumps(state["values"]))})
    for step in range(4, 9):
        second.step(q, parameters(100 + step, dtype))
    assert np.array_equal(p.flat, q.flat)
    assert second.state()["values"] == whole.state()["values"]


def test_an_optimizer_before_its_first_step_has_a_state_too():
    first, second = Adam(0.1), Adam(0.1)
    second.step(parameters(1), parameters(2))
    second.restore(first.state())
    assert second.steps_done == 0
    second.step(parameters(1, np.float32), parameters(2, np.float32))  # parameters of another type, as at the start


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (lambda: SGD(0.1), "state: it is that of the optimizer Adam, this one is SGD"),
        (lambda: Adam(0.2), r"state: it is that of Adam with {'rate': 0.1, .*}, this one has {'rate': 0.2,"),
        (lambda: Adam(0.1, beta1=0.8), r"'beta1': 0.9.* this one has .*'beta1': 0.8"),
    ],
)
def test_the_state_of_another_optimizer_is_refused(other, message):
    first, second = Adam(0.1), other()
    first.step(parameters(1), parameters(2))
    second.step(parameters(1), parameters(3))
    before = second.state()
    with pytest.raises(ValueError, match=message):
        second.restore(first.state())
    assert second.state()["values"] == before["values"]
    assert all(np.array_equal(a, before["arrays"][letter]) for letter, a in second.state()["arrays"].items())


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda arrays, values: arrays.pop("m"), r"needs the averages \['m', 's'\], got \['s'\]"),
        (lambda arrays, values: arrays.update(m=arrays["m"][1:]), r"'m' must hold 23 numbers of float64, got .*22"),
        (lambda arrays, values: arrays.update(s=arrays["s"].astype("f4")), "'s' must hold 23 numbers of float64, got"),
        (lambda arrays, values: arrays.update(m=None), "no whole state of an optimizer"),
        (lambda arrays, values: values.pop("kind"), r"no whole state of an optimizer .*kind"),
        (lambda arrays, values: values.update(kind=None), "no whole state of an optimizer"),
        (lambda arrays, values: values.update(kind=[23, "int8"]), "dtype must be float32 or float64"),
        (lambda arrays, values: values.update(steps_done=0), "steps_done must be a whole number of at least 1, got 0"),
    ],
)
def test_a_state_that_is_not_whole_is_refused(damage, message):
    first, second = Adam(0.1), Adam(0.1)
    first.step(parameters(1), parameters(2))
    state = first.state()
    damage(state["arrays"], state["values"])
    with pytest.raises(ValueError, match=message):
        second.restore(state)
    assert second.steps_done == 0
    assert second.state()["arrays"] == {}
