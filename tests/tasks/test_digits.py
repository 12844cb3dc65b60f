import sys
from math import log

import numpy as np
import pytest
from sklearn.datasets import load_digits

import lstm_edu.tasks.digits as module
from lstm_edu.tasks import Digits

IMAGES = {(image / 16).astype(np.float32).tobytes(): digit for image, digit in zip(*load_digits(return_X_y=True))}  # noqa: B905
TASK = Digits()


def images(batch):
    """The images of a batch as row-major bytes, put together pixel by pixel."""
    out = np.zeros((batch.x.shape[1], 8, 8), np.float32)
    for column in range(8):
        for row in range(8):
            out[:, row, column] = batch.x[column, :, row]
    return [image.tobytes() for image in out]


def whole(split):
    return TASK.sample(5000, 0, split)


@pytest.mark.parametrize("split", ["train", "valid", "test"])
def test_a_sequence_is_an_image_column_by_column_with_its_digit(split):
    batch = TASK.sample(100, 1, split)
    assert batch.x.shape == (8, 100, 8)
    assert batch.x.min() == 0
    assert batch.x.max() == 1
    for image, digit in zip(images(batch), batch.target, strict=True):
        assert IMAGES[image] == digit


def test_the_splits_share_no_image_and_leave_none_out():
    parts = [set(images(whole(split))) for split in ("train", "valid", "test")]
    assert not parts[0] & parts[1]
    assert not parts[0] & parts[2]
    assert not parts[1] & parts[2]
    # Training draws with replacement: of its 1257 images, 5000 draws miss about 24.
    assert len(IMAGES) - 60 < sum(map(len, parts)) <= len(IMAGES)


def test_each_digit_has_the_same_share_of_validation_and_test():
    digits = np.bincount(list(IMAGES.values()))
    for split in ("valid", "test"):
        assert np.abs(np.bincount(whole(split).target) - 0.15 * digits).max() <= 0.5


@pytest.mark.parametrize("split", ["valid", "test"])
def test_validation_and_test_give_each_image_once_and_no_more_than_there_are(split):
    batch = whole(split)
    found = images(batch)
    assert len(set(found)) == len(found) == 269
    assert len(set(images(TASK.sample(200, 2, split)))) == 200


def test_training_gives_any_batch_size():
    assert whole("train").x.shape[1] == 5000


def test_the_test_images_are_always_the_same():
    assert set(images(TASK.sample(5000, 1, "test"))) == set(images(TASK.sample(5000, 2, "test")))


def test_the_baseline_is_that_of_ten_digits_almost_equally_frequent():
    p = np.bincount(list(IMAGES.values())) / len(IMAGES)
    assert TASK.baseline == log(10)
    assert TASK.baseline == pytest.approx(-(p * np.log(p)).sum(), abs=1e-3)
    assert TASK.floor is None


def test_right_means_the_largest_output():
    batch = TASK.sample(50, 3)
    y = np.random.default_rng(4).random((50, 10))
    expected = [max(range(10), key=list(row).__getitem__) == digit for row, digit in zip(y, batch.target, strict=True)]
    assert TASK.correct(y, batch).tolist() == expected
    assert not TASK.solved(y, batch)


@pytest.mark.parametrize(("wrong", "solved"), [(5, True), (6, False)])
def test_solved_means_95_of_100(wrong, solved):
    batch = TASK.sample(100, 5, "test")
    y = np.eye(10)[batch.target]
    y[:wrong] = np.roll(y[:wrong], 1, axis=1)
    assert TASK.solved(y, batch) is solved


def test_without_scikit_learn_the_command_that_installs_it_is_named(monkeypatch):
    module._load.cache_clear()
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError) as error:
        Digits()
    assert str(error.value) == 'Digits needs scikit-learn: python -m pip install "lstm_edu[digits]"'
