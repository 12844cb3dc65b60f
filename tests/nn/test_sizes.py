"""Counting, matching and the table of a network."""

import re

import numpy as np
import own_cell  # noqa: F401  one more cell of le.CELLS, whose count of parameters is no polynomial in the units
import pytest

import lstm_edu as le
from lstm_edu.cells import BlockLSTM97, VariantLSTM

OPTIONS = [(name, {}) for name in le.CELLS] + [("gru", {"reset_after": True})]


def built(cell, inputs, units, outputs, layers, symbols, options):
    """The count of a network that is really built, layer by layer."""
    stack = [le.Embedding(inputs, units)] if symbols else []
    width = units if symbols else inputs
    for _ in range(layers):
        stack.append(le.CELLS[cell](width, units, **options))
        width = stack[-1].outputs
    return le.count_parameters(le.Sequential(stack + ([le.Dense(width, outputs)] if outputs else [])))


@pytest.mark.parametrize(("cell", "options"), OPTIONS, ids=str)
@pytest.mark.parametrize(
    ("inputs", "outputs", "layers", "symbols"), [(3, 0, 1, False), (7, 2, 3, False), (11, 11, 2, True)]
)
def test_no_other_number_of_units_comes_nearer_to_the_budget(cell, options, inputs, outputs, layers, symbols):
    counts = {n: built(cell, inputs, n, outputs, layers, symbols, options) for n in range(1, 26)}
    for budget in [*range(counts[1], counts[1] + 60), *range(counts[2], counts[24], 97), *list(counts.values())[:24]]:
        found = le.match_parameters(
            cell, inputs, budget=budget, outputs=outputs, layers=layers, symbols=symbols, **options
        )
        distance = {n: abs(count - budget) for n, count in counts.items()}
        assert found == min(distance, key=lambda n: (distance[n], n)), budget


def test_the_larger_and_the_smaller_of_two_equally_near_counts():
    one, two = (built("rnn", 4, n, 0, 1, False, {}) for n in (1, 2))
    assert (one, two) == (6, 14)
    assert le.match_parameters("rnn", 4, budget=10) == 1
    assert le.match_parameters("rnn", 4, budget=11) == 2


def test_a_class_of_ones_own_and_a_budget_beyond_memory():
    class Narrow(le.RNN):
        """A cell that is not in CELLS."""

    assert le.match_parameters(Narrow, 3, budget=100 * (3 + 100 + 1)) == 100
    H = 10**9
    assert le.match_parameters("lstm", 5, budget=4 * H * (5 + H + 1)) == H


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cell": "gro"}, "unknown cell 'gro': did you mean 'gru'"),
        ({"cell": le.Dense}, "unknown cell"),
        ({"budget": 23}, "budget must be at least 24, the parameters with one unit, got 23"),
        ({"budget": 1e4}, "budget must be a whole number"),
        ({"inputs": 0}, "inputs must be a whole number of at least 1"),
        ({"outputs": -1}, "outputs must be a whole number of at least 0"),
        ({"layers": True}, "layers must be a whole number"),
        ({"layers": 99_999_999_999}, "layers must be at most 1000, got 99999999999"),
        ({"bad_option": 1}, "unknown option 'bad_option': LSTM takes forget_bias, input_bias, cell_clip, dtype"),
        ({"rng": 1}, "unknown option 'rng': LSTM takes"),
        ({"units": 5}, "unknown option 'units': LSTM takes"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused_by_name(change, message):
    with pytest.raises(ValueError, match=message):
        le.match_parameters(**{"cell": "lstm", "inputs": 4, "budget": 1000} | change)


@pytest.mark.parametrize("block_size", [1, 3])
def test_cells_in_blocks_are_matched_by_whole_blocks(block_size):
    counts = {n: built_of(BlockLSTM97, n, block_size=block_size) for n in range(block_size, 40, block_size)}
    for budget in range(min(counts.values()), counts[24], 37):
        found = le.match_parameters(BlockLSTM97, 4, budget=budget, block_size=block_size)
        distance = {n: abs(count - budget) for n, count in counts.items()}
        assert found == min(distance, key=lambda n: (distance[n], n)), budget
    with pytest.raises(ValueError, match=f"^budget must be at least {min(counts.values())}, the parameters with"):
        le.match_parameters(BlockLSTM97, 4, budget=1, block_size=block_size)


def built_of(cls, units, **options):
    return cls(4, units, **options).count_parameters()


def test_a_cell_that_needs_more_than_its_sizes_gets_it_or_says_what():
    task = le.tasks.Adding(length=8)
    needs = "^cell: VariantLSTM needs variant as well as its sizes"
    with pytest.raises(ValueError, match=needs):
        le.make_network(task, VariantLSTM, units=6)
    with pytest.raises(ValueError, match=needs):
        le.match_parameters(VariantLSTM, 4, budget=1000)
    with pytest.raises(ValueError, match=needs):
        le.compare(task, cells=[VariantLSTM], units=6, steps=1)
    with pytest.raises(ValueError, match=f"^parameters: for VariantLSTM, {needs[1:]}"):
        le.compare(task, cells=[VariantLSTM], parameters=600, steps=1)
    with pytest.raises(ValueError, match="unknown option 'varient': VariantLSTM takes variant, keeping_bias"):
        le.make_network(task, VariantLSTM, units=6, varient="NIG")
    net = le.make_network(task, VariantLSTM, units=6, layers=2, variant="NIG", memory=8, rng=0)
    assert [layer.variant for layer in net.layers[:2]] == ["NIG", "NIG"]


def test_units_of_a_block_begin_with_the_memory_of_their_gate():
    net = le.make_network(le.tasks.Adding(length=8), BlockLSTM97, units=6, block_size=2, memory=50, rng=0)
    found = np.array(net.layers[0].input_bias)
    assert found.shape == (3,)
    assert (found < 0).all()
    assert (found > -np.log(50)).all()


def test_a_cell_of_ones_own_can_say_what_another_needs():
    class Pairs(BlockLSTM97):
        def __init__(self, inputs, units, *, block_size=2, **more):
            super().__init__(inputs, units, block_size=block_size, **more)

    net = le.make_network(le.tasks.Adding(length=8), Pairs, units=6, memory=8, rng=0)
    assert net.layers[0].block_size == 2
    assert le.match_parameters(Pairs, 2, budget=net.layers[0].count_parameters()) == 6


def test_count_parameters_takes_layers_and_networks_alone():
    assert le.count_parameters(le.PeepholeLSTM(2, 3)) == 4 * 3 * (2 + 3 + 1) + 3 * 3
    with pytest.raises(ValueError, match="net must be a layer or a network, got str"):
        le.count_parameters("lstm")


def picture_network():
    inner = le.Sequential([le.GRU(8, 12, rng=0), le.Dropout(0.1)])
    return le.Sequential(
        [
            le.Conv1D(6, 8, 3, padding="valid"),
            le.MaxPool1D(2),
            le.Conv1D(8, 8, 5, stride=2),
            le.MaxPool1D(3, 2),
            inner,
            le.Dense(12, 10, steps="last"),
            le.Dense(10, 4),
        ]
    )


def test_the_summary_says_what_comes_out_of_each_layer():
    net = picture_network()
    rows = [line for line in net.summary().splitlines() if line[0].isdigit()]
    assert [row.split()[0] for row in rows] == ["0", "1", "2", "3", "4.0", "4.1", "5", "6"]
    shapes = [re.split(r"  +", row)[2] for row in rows]
    assert shapes[0] == "(T - 2, B, 8)"
    T, B = 40, 3
    x = np.ones((T, B, 6), np.float32)
    y = x
    layers = [*net.layers[:4], *net.layers[4].layers, *net.layers[5:]]
    for layer, shape in zip(layers, shapes, strict=True):
        y = layer(y)
        assert eval(shape, {"T": T, "B": B}) == y.shape, layer


def test_the_summary_adds_up_and_its_columns_stand_under_each_other():
    net = le.Sequential([le.Embedding(30, 50), le.LSTM(50, 100, rng=0), le.Dense(100, 30)])
    lines = net.summary().splitlines()
    numbers = [int(line.split()[-1].replace(",", "")) for line in lines[2:]]
    assert numbers == [1500, 60400, 3030, 64930]
    assert len({len(line) for line in lines if line[-1].isdigit()}) == 1
    assert {line.index("(T, B") for line in lines if "(T, B" in line} == {lines[0].index("output")}
    assert lines[1].split() == ["input", "(T,", "B)"]
    assert "W (50, 400), U (100, 400), b (400,)" in lines[3]
    assert "(T, B, D)" in le.Sequential([le.Dropout(0.5)]).summary()
