"""The contestants: for every library, the three passes of one cell at one size as functions without arguments.

Each maker takes (cell, B, T, D, H) and returns {"inference": f, "forward+backward": f, "training step": f}, with the
passes that the library can do, or None. All do the same work: x (T, B, D) float32; forward+backward takes the gradient
of the parameters and of x. A training step is all that a turn of the usual loop does: draw B sequences of a data set,
forward, a Dense layer on the last step, mean squared error, backward, clipping at norm 1, Adam, and the loss as a
number; ours is a step of `lstm_edu.fit`. The GRU is the form with the reset after the product, which every library has.
"""

import numpy as np

import lstm_edu as le


def arrays(cell, B, T, D, H):
    """The same weights and inputs for everybody."""
    rng = np.random.default_rng(0)
    arguments = {"reset_after": True} if cell == "gru" else {}
    layer = le.CELLS[cell](D, H, rng=0, **arguments)
    x, dy = rng.standard_normal((T, B, D), np.float32), rng.standard_normal((T, B, H), np.float32)
    return layer, x, dy


def data_set(B, T, D):
    """The sequences to train on, x (T, N, D) with N = 2B but at least 16, and their targets (N, 1)."""
    rng, N = np.random.default_rng(1), max(16, 2 * B)
    return rng.standard_normal((T, N, D), np.float32), rng.standard_normal((N, 1), np.float32)


def drawing(B, T, D, axis=1):
    """What draws the next batch for a peer: x (T, B, D), or (B, T, D) with axis 0, and the targets (B, 1)."""
    x, target = data_set(B, T, D)
    x, rng = np.ascontiguousarray(np.moveaxis(x, 1, axis)), np.random.default_rng(0)

    def draw():
        chosen = rng.integers(len(target), size=B)
        return x.take(chosen, axis), target[chosen]

    return draw


def ours(cell, B, T, D, H):
    layer, x, dy = arrays(cell, B, T, D, H)
    arguments = {"reset_after": True} if cell == "gru" else {}
    net = le.Sequential([le.CELLS[cell](D, H, rng=0, **arguments), le.Dense(H, 1, steps="last", rng=1)])
    grads = layer.params.empty_like()
    task = le.tasks.Arrays(*data_set(B, T, D), loss="mean_squared_error", steps="last")
    endless = {"steps": 10**9, "every": 10**9}  # no evaluation: no peer makes one
    training = le.Training(net, task, batch=B, optimizer=le.Adam(1e-3), clip=1.0, seed=0, **endless)

    def both():
        _, tape = layer.forward(x)
        layer.backward(dy, tape, grads=grads)

    return {"inference": lambda: layer(x), "forward+backward": both, "training step": training.step}


def pytorch(cell, B, T, D, H):
    """nn.RNN, nn.LSTM, nn.GRU; the other two cells as a loop over the steps with autograd."""
    import torch

    ours_, x, dy = arrays(cell, B, T, D, H)
    x, dy, draw = torch.from_numpy(x), torch.from_numpy(dy), drawing(B, T, D)
    if cell in ("rnn", "lstm", "gru"):
        layer = getattr(torch.nn, le.interop.torch.class_name(ours_))(D, H)
        arrays_ = le.interop.torch.to_arrays(ours_)
        layer.load_state_dict({name: torch.from_numpy(array) for name, array in arrays_.items()})
        parameters = list(layer.parameters())

        def forward(x):
            return layer(x)[0]
    else:
        parameters = [torch.nn.Parameter(torch.from_numpy(p.copy())) for p in ours_.params.values()]

        def forward(x):
            W, U, b, *p = parameters
            h, c, ys = torch.zeros(B, H), torch.zeros(B, H), []
            for a_x in (x.reshape(T * B, D) @ W + b).reshape(T, B, -1).unbind(0):
                a = torch.addmm(a_x, h, U)
                if cell == "lstm97":
                    i, g, o = a.chunk(3, 1)
                    c = c + torch.sigmoid(i) * torch.tanh(g)
                else:
                    i, f, g, o = a.chunk(4, 1)
                    i, f = torch.sigmoid(i + p[0][0] * c), torch.sigmoid(f + p[0][1] * c)
                    c = f * c + i * torch.tanh(g)
                    o = o + p[0][2] * c
                h = torch.sigmoid(o) * torch.tanh(c)
                ys.append(h)
            return torch.stack(ys)

    dense = torch.nn.Linear(H, 1)
    everything = [*parameters, *dense.parameters()]
    optimizer = torch.optim.Adam(everything, 1e-3)
    leaf = x.clone().requires_grad_()

    def inference():
        with torch.inference_mode():
            forward(x)

    def both():
        leaf.grad = None
        for parameter in parameters:
            parameter.grad = None
        forward(leaf).backward(dy)

    def step():
        x, target = map(torch.from_numpy, draw())
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(dense(forward(x)[-1]), target)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(everything, 1.0)
        optimizer.step()
        return loss.item()

    return {"inference": inference, "forward+backward": both, "training step": step}


def jax(cell, B, T, D, H):
    """lax.scan under jit, the input product outside of it."""
    import jax
    import jax.numpy as jnp

    layer, x, dy = arrays(cell, B, T, D, H)
    params = {name: jnp.asarray(p) for name, p in layer.params.items()}
    x, dy, draw = jnp.asarray(x), jnp.asarray(dy), drawing(B, T, D)
    sigmoid, tanh = jax.nn.sigmoid, jnp.tanh

    def step(params, state, a):
        h, c = state
        U = params["U"]
        if cell == "rnn":
            h = tanh(a + h @ U)
        elif cell == "gru":
            inner = h @ U
            r, z = sigmoid(a[:, :H] + inner[:, :H]), sigmoid(a[:, H : 2 * H] + inner[:, H : 2 * H])
            n = tanh(a[:, 2 * H :] + r * (inner[:, 2 * H :] + params["bn"]))
            h = z * h + (1 - z) * n
        else:
            parts = dict(zip(layer.gate_names, jnp.split(a + h @ U, len(layer.gate_names), axis=1), strict=True))
            p = params.get("p", jnp.zeros((3, 1)))
            i = sigmoid(parts["i"] + p[0] * c)
            keep = 1 if cell == "lstm97" else sigmoid(parts["f"] + p[1] * c)
            c = keep * c + i * tanh(parts["g"])
            h = sigmoid(parts["o"] + p[2] * c) * tanh(c)
        return (h, c), h

    def forward(params, x):
        zero = jnp.zeros((B, H), jnp.float32)
        a = (x.reshape(T * B, D) @ params["W"] + params["b"]).reshape(T, B, -1)
        return jax.lax.scan(lambda state, a: step(params, state, a), (zero, zero), a)[1]

    def gradients(params, x, dy):
        y, back = jax.vjp(forward, params, x)
        return y, back(dy)

    def loss(everything, x, target):
        y = forward(everything["cell"], x)[-1] @ everything["W"] + everything["b"]
        return jnp.mean((y - target) ** 2)

    def train(everything, m, s, t, x, target):
        value, grads = jax.value_and_grad(loss)(everything, x, target)
        tree = jax.tree_util.tree_map
        norm = jnp.sqrt(sum(jnp.sum(g * g) for g in jax.tree_util.tree_leaves(grads)))
        grads = tree(lambda g: g * jnp.minimum(1.0, 1.0 / norm), grads)
        m = tree(lambda m, g: 0.9 * m + 0.1 * g, m, grads)
        s = tree(lambda s, g: 0.999 * s + 0.001 * g * g, s, grads)

        def update(p, m, s):
            return p - 1e-3 * (m / (1 - 0.9**t)) / (jnp.sqrt(s / (1 - 0.999**t)) + 1e-8)

        return tree(update, everything, m, s), m, s, t + 1, value

    forward_, gradients_ = jax.jit(forward), jax.jit(gradients)
    train_ = jax.jit(train, donate_argnums=(0, 1, 2, 3))
    everything = {"cell": params, "W": jnp.zeros((H, 1)), "b": jnp.zeros(1)}
    everything = jax.tree_util.tree_map(jnp.array, everything)
    zeros = [jax.tree_util.tree_map(jnp.zeros_like, everything) for _ in range(2)]
    state = [everything, *zeros, jnp.float32(1)]

    def training_step():
        *state[:], value = train_(*state, *draw())
        return float(value)

    return {
        "inference": lambda: forward_(params, x).block_until_ready(),
        "forward+backward": lambda: jax.block_until_ready(gradients_(params, x, dy)),
        "training step": training_step,
    }


def tensorflow(cell, B, T, D, H):
    """Keras layers under tf.function, time-major by a transpose outside of the timing."""
    import tensorflow as tf

    name = le.interop.keras.CLASSES.get(le.CELLS[cell])
    if name is None:
        return None
    kind = getattr(tf.keras.layers, name)
    _, x, dy = arrays(cell, B, T, D, H)
    x, dy = (tf.constant(np.ascontiguousarray(v.transpose(1, 0, 2))) for v in (x, dy))
    draw = drawing(B, T, D, axis=0)
    layer, inner = kind(H, return_sequences=True), kind(H)
    dense = tf.keras.layers.Dense(1)
    layer(x)
    dense(inner(x))
    everything = [*inner.trainable_variables, *dense.trainable_variables]
    optimizer = tf.keras.optimizers.Adam(1e-3, global_clipnorm=1.0)
    optimizer.build(everything)

    inference = tf.function(lambda: layer(x))

    @tf.function
    def both():
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
        return tape.gradient(y, [x, *layer.trainable_variables], output_gradients=dy)

    @tf.function
    def step(x, target):
        with tf.GradientTape() as tape:
            value = tf.reduce_mean((dense(inner(x)) - target) ** 2)
        optimizer.apply_gradients(zip(tape.gradient(value, everything), everything, strict=True))
        return value

    return {
        "inference": lambda: inference().numpy(),
        "forward+backward": lambda: [g.numpy() for g in both()],
        "training step": lambda: float(step(*map(tf.constant, draw()))),
    }


def onnxruntime(cell, B, T, D, H, threads=1):
    """One operator in a session; inference alone."""
    import onnx
    import onnxruntime as ort

    layer, x, _ = arrays(cell, B, T, D, H)
    operator, attributes = le.interop.onnx.operator(layer)
    weights = le.interop.onnx.to_arrays(layer)
    names = ["X", "W", "R", "B", *(["", "", "", "P"] if "P" in weights else [])]
    node = onnx.helper.make_node(operator, names, ["Y"], **attributes)
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [node],
        "cell",
        [value("X", onnx.TensorProto.FLOAT, x.shape)],
        [value("Y", onnx.TensorProto.FLOAT, None)],
        [onnx.numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 22)], ir_version=10)
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return {"inference": lambda: session.run(None, {"X": x})}


PEERS = {"pytorch": pytorch, "onnxruntime": onnxruntime, "jax": jax, "tensorflow": tensorflow}
