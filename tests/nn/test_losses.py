"""The losses against literal twins (values and complex-step gradients), against PyTorch, and at their doors."""

import dataclasses

import numpy as np
import pytest

from lstm_edu.nn.losses import LOSSES, MeanSquaredError, SigmoidCrossEntropy, SoftmaxCrossEntropy, named

T, B, O = 5, 3, 4
LENGTHS = np.array([4, 1, 5])
MASK = np.array([[1, 0, 1], [1, 1, 0], [0, 1, 1], [1, 0, 0], [0, 0, 1]], bool)

every_loss = pytest.mark.parametrize("name", LOSSES)


# The twins: the loss of the outputs (O,) of one step of one sequence, for real and complex numbers.


def squared_twin(y, target):
    return sum((y[o] - target[o]) ** 2 for o in range(len(y))) / len(y)


def softmax_twin(y, target):
    return np.log(sum(np.exp(y[o]) for o in range(len(y)))) - y[target]


def sigmoid_twin(y, target):
    p = 1 / (1 + np.exp(-y))
    return sum(-target[o] * np.log(p[o]) - (1 - target[o]) * np.log(1 - p[o]) for o in range(len(y))) / len(y)


TWINS = dict(zip(LOSSES, (squared_twin, softmax_twin, sigmoid_twin), strict=True))


def mean_twin(name, y, target, steps, lengths, mask):
    if y.ndim == 2:
        each = [(y[b], target[b]) for b in range(len(y))]
    elif steps == "last":
        each = [(y[(T if lengths is None else lengths[b]) - 1, b], target[b]) for b in range(B)]
    else:
        each = [
            (y[t, b], target[t, b])
            for t, b in np.ndindex(T, B)
            if (lengths is None or t < lengths[b]) and (mask is None or mask[t, b])
        ]
    return sum(TWINS[name](*pair) for pair in each) / len(each)


def outputs(shape=(T, B, O), dtype=np.float64):
    return np.random.default_rng(1).standard_normal(shape).astype(dtype)


def targets(name, shape, dtype=np.float64):
    """The target for outputs of that shape."""
    rng = np.random.default_rng(2)
    if name == "softmax_cross_entropy":
        return rng.integers(0, shape[-1], shape[:-1])
    return (rng.random(shape) if name == "sigmoid_cross_entropy" else rng.standard_normal(shape)).astype(dtype)


# steps, shape of y, shape that the target follows, lengths, mask
FORMS = {
    "all": ("all", (T, B, O), (T, B, O), None, None),
    "all-lengths": ("all", (T, B, O), (T, B, O), LENGTHS, None),
    "all-mask": ("all", (T, B, O), (T, B, O), None, MASK),
    "all-of-one-step": ("all", (B, O), (B, O), None, None),
    "last": ("last", (T, B, O), (B, O), None, None),
    "last-lengths": ("last", (T, B, O), (B, O), LENGTHS, None),
    "last-of-one-step": ("last", (B, O), (B, O), LENGTHS, None),
}
every_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


@every_loss
@every_form
def test_value_and_gradient_are_the_twins(name, form):
    steps, shape, target_shape, lengths, mask = form
    y, target = outputs(shape), targets(name, target_shape)
    value, dy = named(name, steps)(y, target, lengths=lengths, mask=mask)
    assert value == pytest.approx(mean_twin(name, y, target, steps, lengths, mask), rel=1e-13)
    expected = np.empty(shape)
    for index in np.ndindex(shape):
        z = y.astype(complex)
        z[index] += 1e-30j
        expected[index] = mean_twin(name, z, target, steps, lengths, mask).imag / 1e-30
    np.testing.assert_allclose(dy, expected, rtol=1e-10, atol=1e-14)


@every_loss
@every_form
def test_float32_in_float32_out_and_the_value_is_a_float(name, form):
    steps, shape, target_shape, lengths, mask = form
    y, target = outputs(shape, np.float32), targets(name, target_shape, np.float32)
    value, dy = named(name, steps)(y, target, lengths=lengths, mask=mask)
    assert type(value) is float
    assert dy.dtype == np.float32
    wide = np.float64 if target.dtype == np.float32 else np.int64
    exact, exact_dy = named(name, steps)(y.astype(np.float64), target.astype(wide), lengths=lengths, mask=mask)
    assert value == pytest.approx(exact, rel=1e-6)
    np.testing.assert_allclose(dy, exact_dy, rtol=1e-5, atol=1e-7)


@every_loss
@pytest.mark.parametrize("form", ["all-lengths", "all-mask", "last-lengths"])
def test_steps_that_do_not_count_change_neither_value_nor_gradient(name, form):
    steps, shape, target_shape, lengths, mask = FORMS[form]
    y, target = outputs(shape), targets(name, target_shape)
    value, dy = named(name, steps)(y, target, lengths=lengths, mask=mask)
    counts = np.arange(T)[:, None] < LENGTHS if mask is None else mask
    if steps == "last":
        counts = np.arange(T)[:, None] == LENGTHS - 1
    else:
        target[~counts] = -1 if name == "softmax_cross_entropy" else np.nan
    y[~counts] = np.nan
    again, dy_again = named(name, steps)(y, target, lengths=lengths, mask=mask)
    assert again == value
    np.testing.assert_array_equal(dy_again, dy)
    assert not dy[~counts].any()
    assert dy[counts].all()


@every_loss
def test_lengths_are_the_mask_of_the_first_steps(name):
    y, target = outputs(), targets(name, (T, B, O))
    by_lengths = named(name)(y, target, lengths=LENGTHS)
    by_mask = named(name)(y, target, mask=np.arange(T)[:, None] < LENGTHS)
    assert by_lengths[0] == by_mask[0]
    np.testing.assert_array_equal(by_lengths[1], by_mask[1])


@every_loss
def test_y_and_target_need_not_be_contiguous_and_are_not_changed(name):
    y, target = outputs(), targets(name, (T, B, O))
    value, dy = named(name)(y, target)
    spread, turned = np.repeat(y, 2, axis=1)[:, ::2], np.asfortranarray(target)
    assert not spread.flags.c_contiguous
    again, dy_again = named(name)(spread, turned)
    assert again == value
    np.testing.assert_array_equal(dy_again, dy)
    np.testing.assert_array_equal(y, outputs())
    np.testing.assert_array_equal(target, targets(name, (T, B, O)))


@every_loss
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_network_that_diverged_gives_nan_and_no_crash(name, dtype):
    target = targets(name, (T, B, O))
    for bad in (np.nan, np.inf, -np.inf, 1e30):
        y = outputs(dtype=dtype)
        y[2, 1, 3] = bad
        target[2, 1] = 0
        value, _ = named(name)(y, target)
        if np.isnan(bad):
            assert np.isnan(value)
        else:
            assert not value < 1  # large, inf or NaN
        assert np.isnan(value) or value > 0


@every_loss
def test_the_mean_is_summed_in_float64(name):
    """One loss of 1e8 among four thousand small ones, which a float32 sum rounds away."""
    y = np.zeros((64, 64, 2), np.float32)
    target = np.zeros((64, 64), int) if name == "softmax_cross_entropy" else np.ones_like(y)
    y[0, 0] = [-1e4, 1] if name == "mean_squared_error" else [-1e8, 0]
    exact, _ = named(name)(y.astype(np.float64), target if target.dtype == int else target.astype(np.float64))
    assert named(name)(y, target)[0] == pytest.approx(exact, rel=1e-11)


# Cross-entropies


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_is_exact_for_huge_logits(dtype):
    loss = SoftmaxCrossEntropy()
    y = np.array([[1e4, 0, -1e4]], dtype)
    for target, value, dy in [(0, 0, [0, 0, 0]), (1, 1e4, [1, -1, 0]), (2, 2e4, [1, 0, -1])]:
        got, got_dy = loss(y, np.array([target]))
        assert got == value
        np.testing.assert_array_equal(got_dy, [dy])
    np.testing.assert_array_equal(loss.predictions(y), [[1, 0, 0]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_is_exact_for_huge_logits(dtype):
    loss = SigmoidCrossEntropy()
    for logit, target, value, dy in [(1e4, 1, 0, 0), (1e4, 0, 1e4, 1), (-1e4, 1, 1e4, -1), (-1e4, 0, 0, 0)]:
        got, got_dy = loss(np.array([[logit]], dtype), np.array([[target]], dtype))
        assert got == value
        assert got_dy == dy
    np.testing.assert_array_equal(loss.predictions(np.array([[1e4, 0, -1e4]], dtype)), [[1, 0.5, 0]])


def test_small_losses_keep_their_digits():
    value, _ = SigmoidCrossEntropy()(np.array([[40.0]]), np.array([[1.0]]))
    assert value == pytest.approx(np.exp(-40), rel=1e-12, abs=0)
    _, dy = SigmoidCrossEntropy()(np.array([[-40.0]]), np.array([[0.0]]))
    assert dy[0, 0] == pytest.approx(np.exp(-40), rel=1e-12, abs=0)


def test_who_knows_nothing_scores_the_logarithm_of_the_choices():
    y = np.zeros((T, B, O))
    assert SoftmaxCrossEntropy()(y, targets("softmax_cross_entropy", y.shape))[0] == pytest.approx(np.log(O), rel=1e-15)
    assert SigmoidCrossEntropy()(y, targets("sigmoid_cross_entropy", y.shape))[0] == pytest.approx(np.log(2), rel=1e-15)


def test_predictions():
    y = outputs(dtype=np.float32)
    for name in LOSSES:
        p = named(name).predictions(y)
        assert p.shape == y.shape
        assert p.dtype == np.float32
    np.testing.assert_array_equal(MeanSquaredError().predictions(y), y)
    np.testing.assert_allclose(SigmoidCrossEntropy().predictions(y), 1 / (1 + np.exp(-y)), rtol=1e-6)
    p = SoftmaxCrossEntropy().predictions(y[0])
    np.testing.assert_allclose(p, np.exp(y[0]) / np.exp(y[0]).sum(-1, keepdims=True), rtol=1e-6)


@every_loss
@pytest.mark.parametrize("mask", [None, MASK], ids=["all", "mask"])
def test_losses_are_torchs(name, mask):
    torch = pytest.importorskip("torch")
    F = torch.nn.functional
    torchs = dict(zip(LOSSES, (F.mse_loss, F.cross_entropy, F.binary_cross_entropy_with_logits), strict=True))
    y, target = outputs() * 30, targets(name, (T, B, O))
    chosen = np.ones((T, B), bool) if mask is None else mask
    ty = torch.tensor(y, requires_grad=True)
    expected = torchs[name](ty[torch.tensor(chosen)], torch.tensor(target)[torch.tensor(chosen)])
    expected.backward()
    value, dy = named(name)(y, target, mask=mask)
    assert value == pytest.approx(expected.item(), rel=1e-12)
    np.testing.assert_allclose(dy, ty.grad.numpy(), rtol=1e-10, atol=1e-14)


# At the door


@every_loss
def test_what_does_not_fit_is_refused(name):
    loss, last = named(name), named(name, "last")
    y, target = outputs(), targets(name, (T, B, O))
    with pytest.raises(ValueError, match="y must have 3 axes"):
        loss(y[0, 0], target[0, 0])
    with pytest.raises(ValueError, match="y must be an array of floats, got int64"):
        loss(np.ones((T, B, O), np.int64), target)
    with pytest.raises(ValueError, match=r"y must have shape .* none of them 0"):
        loss(y[:, :0], target[:, :0])
    with pytest.raises(ValueError, match=r"target must have shape \(5, 3.*\) for y \(5, 3, 4\), got \(4, 3"):
        loss(y, target[1:])
    with pytest.raises(ValueError, match=r"target must have shape \(3,.*\) for y \(5, 3, 4\), got \(5, 3"):
        last(y, target)
    with pytest.raises(ValueError, match="target must be an array of"):
        loss(y, target.astype(float if target.dtype == int else int))
    with pytest.raises(ValueError, match=r"lengths must be in 1 .. 5, got values from 1 to 6"):
        loss(y, target, lengths=[1, 2, 6])
    with pytest.raises(ValueError, match=r"lengths must have shape \(3,\)"):
        last(y, target[0], lengths=[1, 2])
    with pytest.raises(ValueError, match="mask: this loss looks at the last step alone"):
        last(y, target[0], mask=MASK)
    with pytest.raises(ValueError, match="mask: this loss looks at the last step alone"):
        loss(y[0], target[0], mask=MASK)
    for mask in (MASK[1:], MASK.astype(float)):
        with pytest.raises(ValueError, match=r"mask must be an array of bool of shape \(5, 3\), got"):
            loss(y, target, mask=mask)
    for lengths, mask in ((None, np.zeros((T, B), bool)), ([4, 4, 4], np.arange(T)[:, None] >= [4, 4, 4])):
        with pytest.raises(ValueError, match="mask must leave at least one real step, got False for all of them"):
            loss(y, target, lengths=lengths, mask=mask)
    with pytest.raises(ValueError, match="y must"):
        loss.predictions(y[0, 0])


@every_loss
def test_ragged_lists_are_named(name):
    loss, y, ragged = named(name), outputs(), [[1.0], [1.0, 2.0]]
    for arguments in ((ragged, y), (y, ragged), (y, targets(name, y.shape), ragged)):
        argument = ("y", "target", "lengths")[[a is ragged for a in arguments].index(True)]
        with pytest.raises(ValueError, match=f"^{argument} must be an array"):
            loss(*arguments)
    with pytest.raises(ValueError, match=r"^mask must be an array"):
        loss(y, targets(name, y.shape), mask=ragged)


@every_loss
def test_with_lengths_and_a_mask_a_step_counts_if_both_say_so(name):
    loss, y, target = named(name), outputs(), targets(name, (T, B, O))
    value, dy = loss(y, target, lengths=LENGTHS, mask=MASK)
    expected, dy_expected = loss(y, target, mask=MASK & (np.arange(T)[:, None] < LENGTHS))
    assert value == expected
    np.testing.assert_array_equal(dy, dy_expected)
    assert value == pytest.approx(mean_twin(name, y, target, "all", LENGTHS, MASK), rel=1e-12)


@pytest.mark.parametrize("wrong", [-1, O])
def test_classes_that_do_not_exist_are_refused(wrong):
    target = targets("softmax_cross_entropy", (T, B, O))
    target[3, 1] = wrong
    with pytest.raises(ValueError, match=r"target must lie in 0 .. 3, got values from"):
        SoftmaxCrossEntropy()(outputs(), target)


@pytest.mark.parametrize("wrong", [-0.1, 1.1, np.nan])
def test_probabilities_outside_0_to_1_are_refused(wrong):
    target = targets("sigmoid_cross_entropy", (T, B, O))
    target[3, 1, 2] = wrong
    with pytest.raises(ValueError, match=r"target must lie in 0 .. 1, got values from"):
        SigmoidCrossEntropy()(outputs(), target)


def test_losses_are_found_by_name_and_compare_by_their_settings():
    assert named("mean_squared_error") == MeanSquaredError("all")
    assert named("softmax_cross_entropy", "last") == SoftmaxCrossEntropy(steps="last") != SoftmaxCrossEntropy()
    assert named("sigmoid_cross_entropy") == SigmoidCrossEntropy()
    with pytest.raises(ValueError, match="unknown loss 'softmax_crossentropy': did you mean 'softmax_cross_entropy'"):
        named("softmax_crossentropy")
    with pytest.raises(ValueError, match="unknown steps 'first': there are all, last"):
        MeanSquaredError("first")
    with pytest.raises(dataclasses.FrozenInstanceError):
        MeanSquaredError().steps = "last"


@pytest.mark.parametrize("name", LOSSES)
def test_masked_arrays_are_refused(name):
    y, loss = np.zeros((4, 3, 2)), named(name)
    target = np.zeros((4, 3), int) if name == "softmax_cross_entropy" else np.zeros(y.shape)
    mask = np.ones((4, 3), bool)
    hidden = np.ma.masked_array
    for what, arguments in (
        ("y", (hidden(y), target)),
        ("target", (y, hidden(target, target == 0))),
        ("lengths", (y, target, hidden([1, 2, 3]))),
        ("mask", (y, target, None, hidden(mask))),
    ):
        with pytest.raises(ValueError, match=f"^{what} must be an array without a mask, got a masked array"):
            loss(*arguments)


WEIGHTS = (0.5, 2.0, 0.0, 3.0)


def weighted(name, steps="all"):
    return named(name, steps, WEIGHTS[: outputs().shape[-1]])


@pytest.mark.parametrize("name", ["softmax_cross_entropy", "sigmoid_cross_entropy"])
def test_weighted_losses_are_torchs(name):
    torch = pytest.importorskip("torch")
    y = outputs()
    target = targets(name, y.shape)
    logits = torch.tensor(y, requires_grad=True)
    w = torch.tensor(WEIGHTS[: y.shape[-1]], dtype=logits.dtype)
    if name == "softmax_cross_entropy":
        theirs = torch.nn.CrossEntropyLoss(weight=w)(logits.reshape(-1, y.shape[-1]), torch.tensor(target).reshape(-1))
    else:
        theirs = torch.nn.BCEWithLogitsLoss(pos_weight=w)(logits, torch.tensor(target))
    theirs.backward()
    value, dy = weighted(name)(y, target)
    assert value == pytest.approx(theirs.item(), rel=1e-12)
    np.testing.assert_allclose(dy, logits.grad.numpy(), rtol=0, atol=1e-14)


@pytest.mark.parametrize("name", ["softmax_cross_entropy", "sigmoid_cross_entropy"])
def test_the_gradient_of_a_weighted_loss_is_its_slope(name):
    y, loss, mask = outputs(), weighted(name), np.ones(outputs().shape[:2], bool)
    target = targets(name, y.shape)
    mask[1, 0] = mask[-1, 1] = False
    _, dy = loss(y, target, mask=mask)
    step = 1e-6
    for place in np.ndindex(y.shape):
        up, down = y.copy(), y.copy()
        up[place] += step
        down[place] -= step
        slope = (loss(up, target, mask=mask)[0] - loss(down, target, mask=mask)[0]) / (2 * step)
        assert dy[place] == pytest.approx(slope, abs=1e-8)


@pytest.mark.parametrize("name", ["softmax_cross_entropy", "sigmoid_cross_entropy"])
def test_weights_of_1_change_nothing_and_weights_keep_float32(name):
    y = outputs().astype(np.float32)
    target = targets(name, y.shape).astype(np.int64 if name == "softmax_cross_entropy" else np.float32)
    value, dy = named(name, "all", [1.0] * y.shape[-1])(y, target)
    plain, plain_dy = named(name)(y, target)
    assert value == pytest.approx(plain, rel=1e-6)
    assert dy.dtype == np.float32
    np.testing.assert_allclose(dy, plain_dy, rtol=0, atol=1e-7)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ([1.0, -1.0], "weight must be at least 0, got -1.0"),
        ([1.0, np.nan], "weight must be a finite number, got nan"),
        ([0.0, 0.0], "weight must hold a number above 0"),
        (3, "weight must be a list of numbers, got 3"),
        ([1.0] * 9, "weight must hold one number for each of .*, got 9"),
    ],
)
@pytest.mark.parametrize("name", ["softmax_cross_entropy", "sigmoid_cross_entropy"])
def test_weights_that_can_not_be_are_refused(name, weight, message):
    with pytest.raises(ValueError, match=message):
        named(name, "all", weight)(outputs(), targets(name, outputs().shape))
    with pytest.raises(ValueError, match="squared error has no classes"):
        named("mean_squared_error", "all", weight)
