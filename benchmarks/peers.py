"""The contestants: for every library, the three passes of one cell at one size as functions without arguments.

Each maker takes (cell, B, T, D, H) and returns {"inference": f, "forward+backward": f, "training step": f}, with the
passes that the library can do, or None. All do the same work: x (T, B, D) float32; forward+backward takes the gradient
of the parameters and of x; a training step is forward, a Dense layer on the last step, mean squared error, backward,
clipping at norm 1 and Adam. The GRU is the form with the reset after the product, which every library has.
"""

import numpy as np

import lstm_edu as le


def arrays(cell, B, T, D, H):
    """The same weights and inputs for everybody."""
    rng = np.random.default_rng(0)
    arguments = {"reset_after": True} if cell == "gru" else {}
    layer = le.CELLS[cell](D, H, rng=0, **arguments)
    x, dy = rng.standard_normal((T, B, D), np.float32), rng.standard_normal((T, B, H), np.float32)
    return layer, x, dy, rng.standard_normal((B, 1), np.float32)


def ours(cell, B, T, D, H):
    layer, x, dy, target = arrays(cell, B, T, D, H)
    arguments = {"reset_after": True} if cell == "gru" else {}
    net = le.Sequential([le.CELLS[cell](D, H, rng=0, **arguments), le.Dense(H, 1, steps="last", rng=1)])
    loss, optimizer = le.MeanSquaredError("last"), le.Adam(1e-3)
    layer_grads, net_grads = layer.params.empty_like(), net.params.empty_like()

    def both():
        _, tape = layer.forward(x)
        layer.backward(dy, tape, grads=layer_grads)

    def step():
        y, tape = net.forward(x)
        _, dy = loss(y, target)
        net.backward(dy, tape, grads=net_grads, need_dx=False)  # no peer makes it here
        optimizer.step(net.params, net_grads, clip=1.0)

    return {"inference": lambda: layer(x), "forward+backward": both, "training step": step}


def pytorch(cell, B, T, D, H):
    """nn.RNN, nn.LSTM, nn.GRU; the other two cells as a loop over the steps with autograd."""
    import torch

    ours_, x, dy, target = arrays(cell, B, T, D, H)
    x, dy, target = map(torch.from_numpy, (x, dy, target))
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
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(dense(forward(x)[-1]), target).backward()
        torch.nn.utils.clip_grad_norm_(everything, 1.0)
        optimizer.step()

    return {"inference": inference, "forward+backward": both, "training step": step}


def jax(cell, B, T, D, H):
    """lax.scan under jit, the input product outside of it."""
    import jax
    import jax.numpy as jnp

    layer, x, dy, target = arrays(cell, B, T, D, H)
    params = {name: jnp.asarray(p) for name, p in layer.params.items()}
    x, dy, target = map(jnp.asarray, (x, dy, target))
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

    def loss(everything):
        y = forward(everything["cell"], x)[-1] @ everything["W"] + everything["b"]
        return jnp.mean((y - target) ** 2)

    def train(everything, m, s, t):
        value, grads = jax.value_and_grad(loss)(everything)
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
        *state[:], value = train_(*state)
        value.block_until_ready()

    return {
        "inference": lambda: forward_(params, x).block_until_ready(),
        "forward+backward": lambda: jax.block_until_ready(gradients_(params, x, dy)),
        "training step": training_step,
    }


def tensorflow(cell, B, T, D, H):
    """Keras layers under tf.function, time-major by a transpose outside of the timing."""
    import tensorflow as tf

    known = {"rnn": tf.keras.layers.SimpleRNN, "lstm": tf.keras.layers.LSTM, "gru": tf.keras.layers.GRU}
    if cell not in known:
        return None
    _, x, dy, target = arrays(cell, B, T, D, H)
    x, dy = (tf.constant(np.ascontiguousarray(v.transpose(1, 0, 2))) for v in (x, dy))
    target = tf.constant(target)
    layer, inner = known[cell](H, return_sequences=True), known[cell](H)
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
    def step():
        with tf.GradientTape() as tape:
            value = tf.reduce_mean((dense(inner(x)) - target) ** 2)
        optimizer.apply_gradients(zip(tape.gradient(value, everything), everything, strict=True))
        return value

    return {
        "inference": lambda: inference().numpy(),
        "forward+backward": lambda: [g.numpy() for g in both()],
        "training step": lambda: step().numpy(),
    }


def onnxruntime(cell, B, T, D, H, threads=1):
    """One operator in a session; inference alone."""
    import onnx
    import onnxruntime as ort

    layer, x, _, _ = arrays(cell, B, T, D, H)
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
