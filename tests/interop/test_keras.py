"""Keras' layout as arrays; and what needs Keras itself, in a process of its own."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from cases import CELLS, case_id

import lstm_edu as le
from lstm_edu.interop import keras

D, H = 4, 6
IN_KERAS = [cell for cell in CELLS if cell.name in ("rnn", "lstm", "gru-before", "gru-after")]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("cell", IN_KERAS, ids=case_id)
def test_to_keras_and_back_is_the_same_layer(cell, dtype):
    layer = cell.make(D, H, dtype)
    arrays = keras.to_arrays(layer)
    again = keras.from_arrays(keras.class_name(layer), arrays)
    assert type(again) is type(layer)
    assert again._form() == layer._form()
    assert again.params.flat.tobytes() == layer.params.flat.tobytes()
    for array in arrays.values():
        assert array.dtype == dtype
        assert not np.shares_memory(array, layer.params.flat)


def test_the_blocks_stand_in_the_order_of_keras():
    gru = le.GRU(1, 1, reset_after=True)
    gru.params["W"], gru.params["U"], gru.params["b"], gru.params["bn"] = [[1, 2, 3]], [[4, 5, 6]], [7, 8, 9], [10]
    found = {name: array.ravel().tolist() for name, array in keras.to_arrays(gru).items()}
    assert found == {"kernel": [2, 1, 3], "recurrent_kernel": [5, 4, 6], "bias": [8, 7, 9, 0, 0, 10]}


def test_both_rows_of_biases_become_their_sum_but_inside_the_reset_product():
    arrays = keras.to_arrays(le.GRU(D, H, reset_after=True, dtype=np.float64, rng=0))
    again = keras.from_arrays("GRU", arrays | {"bias": np.arange(36.0).reshape(2, 18)})
    assert again.params["b"].tolist() == [*range(30, 42, 2), *range(18, 30, 2), *range(12, 18)]  # r z n from z r h
    assert again.params["bn"].tolist() == [*range(30, 36)]


LSTM = keras.to_arrays(le.LSTM(D, H, rng=0))


@pytest.mark.parametrize(
    ("name", "arrays", "message"),
    [
        ("Lstm", LSTM, "unknown name 'Lstm': did you mean 'LSTM'"),
        ("GRU", LSTM, r"kernel must have shape \(4, 18\), got \(4, 24\)"),
        ("LSTM", LSTM | {"p": 1}, "arrays must hold kernel, recurrent_kernel, bias, got .*p"),
        ("LSTM", {"kernel": LSTM["kernel"]}, "arrays must hold kernel, recurrent_kernel, bias, got kernel"),
        ("LSTM", LSTM | {"bias": np.zeros(23, "f4")}, r"bias must have shape \(24,\), got \(23,\)"),
        ("LSTM", LSTM | {"bias": np.zeros((2, 24), "f4")}, r"bias must have 1 axes, got shape \(2, 24\)"),
        ("LSTM", LSTM | {"bias": np.zeros(24, int)}, "bias must be float32 or float64, .*got int64"),
        ("LSTM", LSTM | {"kernel": np.broadcast_to(np.float32(0), (10**12, 24))}, "kernel must hold all its numbers"),
        ("Dense", {"kernel": np.zeros((2, 3)), "bias": np.zeros(2)}, r"bias must have shape \(3,\), got \(2,\)"),
    ],
)
def test_arrays_that_are_no_layer_of_keras_are_refused_by_name(name, arrays, message):
    with pytest.raises(ValueError, match=message):
        keras.from_arrays(name, arrays)


def test_networks_go_to_keras_and_back():
    if not importlib.util.find_spec("keras") or not importlib.util.find_spec("tensorflow"):
        pytest.skip("Keras or TensorFlow is not installed")
    path = Path(__file__).with_name("beside_keras.py")
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "KERAS_BACKEND": "tensorflow"}
    command = [sys.executable, "-m", "pytest", str(path), "-p", "no:cacheprovider", "-W", "default", "--tb=short"]
    run = subprocess.run(command, env=os.environ | quiet, cwd=path.parents[2], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-6000:]


def test_without_keras_it_is_said_in_words():
    program = """
import sys
sys.modules["keras"] = None
import lstm_edu as le
for use in (le.interop.to_keras, le.interop.from_keras):
    try:
        use(le.LSTM(2, 3))
    except ImportError as error:
        assert "need Keras 3" in str(error), error
    else:
        raise AssertionError(use)
"""
    subprocess.run([sys.executable, "-c", program], check=True)
