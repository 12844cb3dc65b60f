"""The training that trials of several papers share: where it ends, what it keeps, and what it counts."""

import numpy as np

from lstm_edu import nn, tasks
from lstm_edu.reproduce.early_stopping import until_no_better

TASK = tasks.Adding(length=6)


def trained(optimizer, **settings):
    net, told = nn.make_network(TASK, "rnn", 3, rng=0), []
    found = until_no_better(net, TASK, optimizer, tick=told.append, **{"batch": 5, "every": 10} | settings)
    return net, found, told


def test_it_ends_when_validation_is_no_longer_better_and_keeps_the_best():
    net, found, told = trained(nn.SGD(0.0), steps=1000, patience=3)  # at a rate of 0 the first look is the best
    assert found.sequences == told[-1] == 5 * 10 * 4
    other = nn.make_network(TASK, "rnn", 3, rng=0)
    history = nn.fit(other, TASK, steps=40, every=10, batch=5, optimizer=nn.SGD(0.0), patience=3)
    assert found.valid == history["valid_loss"].min()
    np.testing.assert_array_equal(net.params.flat, other.params.flat)


def test_the_steps_are_those_of_the_sequences_that_were_drawn():
    _, found, _ = trained(nn.SGD(0.01), steps=7, batch=4)
    rng = np.random.default_rng(np.random.SeedSequence(0).spawn(2)[0])
    drawn = [TASK.sample(4, rng, "train") for _ in range(7)]
    assert found.steps == sum(int(batch.counted.sum()) for batch in drawn)


def test_a_stream_is_counted_too():
    text = tasks.Text(length=5)
    net = nn.make_network(text, "rnn", 3, rng=0)
    found = until_no_better(net, text, nn.SGD(0.1), tick=lambda n: None, steps=3, batch=2, carry_state=True)
    assert (found.sequences, found.steps) == (6, 30)


def test_a_training_that_diverges_has_no_validation_loss():
    _, found, _ = trained(nn.SGD(1e30), steps=30, clip=None)
    assert np.isnan(found.valid)
    assert found.sequences < 150


def test_the_rate_is_asked_for_before_every_step():
    asked = []

    def rate_at(done):
        asked.append(done)
        return 0.0

    net, _, _ = trained(nn.SGD(1e30), steps=5, rate_at=rate_at)
    assert asked == [0, 1, 2, 3, 4]
    np.testing.assert_array_equal(net.params.flat, nn.make_network(TASK, "rnn", 3, rng=0).params.flat)
