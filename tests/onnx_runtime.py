"""ONNX Runtime, which shares nothing with this package, on a file; and files that are written by hand."""

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")


def run(path, **given):
    """The outputs of the graph in a file, by their names."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, given), strict=True))


def node(operator, inputs, outputs, **attributes):
    """A node; inputs and outputs as words."""
    given = ["" if name == "-" else name for name in inputs.split()]
    return onnx.helper.make_node(operator, given, outputs.split(), f"{operator} of {outputs}", **attributes)


def model(nodes, arrays, x=("T", "B", 3), outputs=("y",), opset=22, more=(), symbols=False):
    """A model whose input is "x"."""
    types, value = onnx.TensorProto, onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        nodes,
        "by hand",
        [value("x", types.INT64 if symbols else types.FLOAT, x), *more],
        [value(name, types.FLOAT, None) for name in outputs],
        [onnx.numpy_helper.from_array(np.asarray(array), name) for name, array in arrays.items()],
    )
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", opset)], ir_version=10)


def write(path, *arguments, **more):
    """Write such a model into a file."""
    path.write_bytes(model(*arguments, **more).SerializeToString())
    return path
