"""A long training that is killed at any moment and goes on ends with the bits of one that never stopped."""

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu.experiments import resumable


def training():
    task = le.tasks.Series(np.sin(np.arange(90.0)), horizon=2, window=6)
    net = le.make_network(task, "lstm", units=5, rng=0)
    return le.Training(net, task, steps=20, batch=7, schedule="cosine", patience=20, every=3, seed=4)


@pytest.fixture
def whole():
    one = training()
    one.run()
    return one.net.params.flat.copy()


class Killed(BaseException):
    """What no handler stops."""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_before_or_after_any_checkpoint_it_ends_with_the_same_bits(moment, whole, tmp_path, monkeypatch):
    keep, deaths = le.save_checkpoint, iter(range(5))

    def write(one, path):
        if moment == "before" and next(deaths, None) is not None:
            raise Killed
        keep(one, path)
        if moment == "after" and one.done % 4 == 0:
            raise Killed

    monkeypatch.setattr(resumable, "save_checkpoint", write)
    for _ in range(30):
        one = training()
        try:
            resumable.train_resumably(one, tmp_path / "c", every=0.0)
        except Killed:
            continue
        break
    np.testing.assert_array_equal(one.net.params.flat, whole)
    assert one.done == 20


def test_a_wish_to_stop_leaves_a_checkpoint_from_which_it_goes_on(whole, tmp_path):
    one, asked = training(), iter([False] * 6 + [True])
    assert resumable.train_resumably(one, tmp_path / "c", stop=lambda: next(asked)) is None
    assert one.done == 7
    other = training()
    history = resumable.train_resumably(other, tmp_path / "c")
    assert other.done == 20
    assert history["step"].tolist() == [3, 6, 9, 12, 15, 18, 20]
    np.testing.assert_array_equal(other.net.params.flat, whole)


def test_a_full_disk_is_told_the_older_checkpoint_stays_and_the_training_ends(whole, tmp_path, monkeypatch):
    asked, said = iter([False] * 4 + [True]), []
    resumable.train_resumably(training(), tmp_path / "c", stop=lambda: next(asked))
    before = (tmp_path / "c").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    one = training()
    resumable.train_resumably(one, tmp_path / "c", every=0.0, say=said.append)
    assert (
        said[0] == f"no checkpoint at step 6: path: {str(tmp_path / 'c')!r} can't be written (No space left on device)"
    )
    assert len(said) == 15
    assert (tmp_path / "c").read_bytes() == before
    np.testing.assert_array_equal(one.net.params.flat, whole)


def test_a_checkpoint_of_another_training_is_refused(tmp_path):
    other = le.Training(le.make_network(le.tasks.Adding(length=5), "rnn", 3, rng=0), le.tasks.Adding(length=5), steps=2)
    le.save_checkpoint(other, tmp_path / "c")
    with pytest.raises(ValueError, match="does not fit"):
        resumable.train_resumably(training(), tmp_path / "c")
