# %% [markdown]
# # 03 · The constant error carousel
#
# ## The question
#
# Chapter 02 ended with a wish: a step back through time whose factor is **exactly 1**, and a memory that holds
# nevertheless. Can a network have both?
#
# This figure is the answer. It shows the gradient in a plain RNN and in the long short-term memory (LSTM) of 1997, on
# the way back through 200 steps.
#
# ![Norm of the gradient over 200 steps, log scale. In the RNN it falls below 1e-10; in the carousel of the LSTM of
# 1997 it is a horizontal line at 1.](../figures/03-carousel.png)
#
# When you are through, you can write this cell forward and backward from memory, and explain why it needs two gates.

# %%
import matplotlib.pyplot as plt
import numpy as np

import lstm_edu as le
from lstm_edu import course

course.begin(3)

# %% [markdown]
# ## What you need
#
# From chapter 01: forward, backward, $\delta$. From chapter 02: a step back of the RNN multiplies by $u\,(1 - h^2)$,
# and that product vanishes or explodes.
#
# One new function, the **sigmoid** $\sigma(a) = 1 / (1 + e^{-a})$. It goes from 0 to 1. $\sigma(0) = 0.5$, $\sigma(4)
# = 0.9820$, $\sigma(-4) = 0.0180$. Its slope, from its own value $s$, is $s\,(1 - s)$: at 0 that is $0.25$, at $\pm 4$
# it is $0.0177$.
#
# ## Intuition
#
# Where does the factor $u\,(1 - h^2)$ come from? From the weight $u$ of a unit to itself, and from the tanh around it.
# Hochreiter and Schmidhuber (1997, section 3.2) ask what it takes to make the factor 1 for every state. The answer is
# short: no squashing inside the loop, and a self-connection of weight 1.
#
# $$c_t = c_{t-1} + \text{something new} \qquad \frac{\partial c_t}{\partial c_{t-1}} = 1$$
#
# They call it the **constant error carousel**: what is on it goes round and round, unchanged, forward and backward. We
# call $c$ the **cell state**.
#
# Now use it. A $1$ comes in that is to be kept, and then two numbers that mean nothing: $0.3$ and $-0.8$. With $c_t =
# c_{t-1} + w\,x_t$ and $w = 1$ the state is $1$, then $1.3$, then $0.5$. The gradient is perfect, but the memory is
# spoiled. For the first number $w$ should be 1, for the others 0, and it is the same $w$. The paper calls this the
# **input weight conflict**. On the way out there is another one, the **output weight conflict**: whoever reads $c$
# should see it when it is needed, and not be disturbed by it before.
#
# A weight that has to be 1 at some steps and 0 at others is not a weight. It is a switch that depends on the input.
# Such a switch is called a **gate**: a sigmoid unit whose value is multiplied with something.
#
# ## One gate at a time
#
# Here is the cell, one box richer each time.

# %%
for stage, words in enumerate(le.plotting.diagram_stages("lstm97"), 1):
    course.show(le.plotting.diagram("lstm97", stage=stage), alt=f"The LSTM of 1997, stage {stage}: {words}")

# %% [markdown]
# In formulas, with $h_{t-1}$ the output of the step before:
#
# | | formula | what it does |
# | --- | --- | --- |
# | input gate | $i_t = \sigma(x_t W_i + h_{t-1} U_i + b_i)$ | how much may enter |
# | candidate | $g_t = \tanh(x_t W_g + h_{t-1} U_g + b_g)$ | what would enter |
# | output gate | $o_t = \sigma(x_t W_o + h_{t-1} U_o + b_o)$ | how much is shown |
# | cell state | $c_t = c_{t-1} + i_t\,g_t$ | the carousel |
# | output | $h_t = o_t \tanh(c_t)$ | what the others see |
#
# ### Forward by hand
#
# One unit, three inputs: a value, a mark "keep this", and a mark "tell me". We choose the weights ourselves. The
# candidate looks at the value only, the input gate at the first mark, the output gate at the second one: $a_i = 8
# \cdot \text{keep} - 4$ and $a_o = 8 \cdot \text{tell} - 4$, so a gate is at $0.9820$ with its mark and at $0.0180$
# without.
#
# | step | value, keep, tell | $g_t$ | $i_t$ | $c_t = c_{t-1} + i_t g_t$ | $o_t$ | $h_t = o_t \tanh c_t$ |
# | --- | --- | --- | --- | --- | --- | --- |
# | 1 | $1$, 1, 0 | $0.7616$ | $0.9820$ | $0 + 0.7479 = 0.7479$ | $0.0180$ | $0.0114$ |
# | 2 | $0.3$, 0, 0 | $0.2913$ | $0.0180$ | $0.7479 + 0.0052 = 0.7531$ | $0.0180$ | $0.0115$ |
# | 3 | $-0.8$, 0, 1 | $-0.6640$ | $0.0180$ | $0.7531 - 0.0119 = 0.7412$ | $0.9820$ | $0.6185$ |
#
# The value is kept, the noise hardly enters, and nobody is disturbed before step 3.
#
# ### Backward by hand
#
# Suppose $\mathrm{d}h_3 = 1$, and no loss at the other steps. The output gate leads to the cell: $\mathrm{d}c_3 =
# \mathrm{d}h_3 \cdot o_3\,(1 - \tanh^2 c_3) = 0.9820 \cdot 0.6033 = 0.5924$. Then comes the point of it all:
#
# $$\mathrm{d}c_2 = \mathrm{d}c_3 \cdot 1 = 0.5924 \qquad \mathrm{d}c_1 = \mathrm{d}c_2 \cdot 1 = 0.5924$$
#
# Nothing is lost. In the RNN of chapter 01 only $0.0441$ of the gradient was left after three steps. At step 1 the
# gradient leaves the carousel and reaches the weights, by the ordinary chain rule:
#
# - candidate: $\delta_g = \mathrm{d}c_1\, i_1\,(1 - g_1^2) = 0.5924 \cdot 0.9820 \cdot 0.4200 = 0.2443$
# - input gate: $\delta_i = \mathrm{d}c_1\, g_1\, i_1 (1 - i_1) = 0.5924 \cdot 0.7616 \cdot 0.0177 = 0.0080$
#
# And at step 3 the output gate gets $\delta_o = \mathrm{d}h_3 \tanh(c_3)\, o_3 (1 - o_3) = 0.6299 \cdot 0.0177 =
# 0.0111$.
#
# Note the pattern: each gate gets the gradient of the product, times **the other factor**, times **its own slope**.

# %% [markdown]
# ## The equations in NumPy
#
# The weights of $i$, $g$ and $o$ stand side by side, so `W` has the shape (D, 3H), `U` (H, 3H), `b` (3H,). One product
# serves all three.


# %%
def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def forward(x, W, U, b):
    h, c, gates = np.zeros((len(x) + 1, len(U))), np.zeros((len(x) + 1, len(U))), []
    for t in range(len(x)):
        i, g, o = np.split(x[t] @ W + h[t] @ U + b, 3)
        i, g, o = sigmoid(i), np.tanh(g), sigmoid(o)
        c[t + 1] = c[t] + i * g
        h[t + 1] = o * np.tanh(c[t + 1])
        gates.append((i, g, o))
    return h, c, gates


# %%
def backward(dy, x, h, c, gates, U):
    delta, dh, dc = np.zeros((len(x), U.shape[1])), 0, 0
    for t in reversed(range(len(x))):
        i, g, o = gates[t]
        shown = np.tanh(c[t + 1])
        dh = dy[t] + dh
        dc = dc + dh * o * (1 - shown**2)  # carried on from the step after, times 1, plus what h adds
        di, dg, do = dc * g * i * (1 - i), dc * i * (1 - g**2), dh * shown * o * (1 - o)
        delta[t] = np.concatenate([di, dg, do])
        dh = delta[t] @ U.T
    return x.T @ delta, h[:-1].T @ delta, delta.sum(axis=0)  # dW, dU, db


# %% [markdown]
# The numbers worked by hand come back. With the marks as inputs, `W` is the table of our choices.

# %% tags=["claim"]
x = np.array([[1, 1, 0], [0.3, 0, 0], [-0.8, 0, 1]])
W = np.array([[0.0, 1, 0], [8, 0, 0], [0, 0, 8]])  # rows: value, keep, tell; columns: i g o
U, b = np.zeros((1, 3)), np.array([-4.0, 0, -4])
h, c, gates = forward(x, W, U, b)
dW, dU, db = backward(np.array([[0.0], [0], [1]]), x, h, c, gates, U)
print("c", c[1:, 0].round(4), " h", h[1:, 0].round(4))
assert np.allclose(c[1:, 0], [0.7479, 0.7531, 0.7412], atol=5e-5)
assert np.allclose(h[1:, 0], [0.0114, 0.0115, 0.6185], atol=5e-5)
assert np.allclose([dW[1, 1], dW[1, 0], dW[2, 2]], [0.2443, 0.0080, 0.0111], atol=5e-5)

# %% [markdown]
# ## The kernel
#
# The package's kernel has the same lines. `slope` and `range_g` are 1 here: they allow for the paper's own squashing,
# $g$ in $[-2, 2]$ and $h$ in $[-1, 1]$ (appendix A.1, equations 3 to 5). Look for the line with the comment on the
# carousel: there is no factor in it.

# %%
course.source(le.cells.lstm97.backward)

# %% tags=["claim"]
layer = le.LSTM97(3, 4, dtype=np.float64, rng=0)
rng = np.random.default_rng(1)
x, dy = rng.normal(size=(6, 3)), rng.normal(size=(6, 4))
y, tape = layer.forward(x[:, None])
_, grads, _ = layer.backward(dy[:, None], tape)
W, U, b = layer.params.values()
h, c, gates = forward(x, W, U, b)
assert np.allclose(y[:, 0], h[1:], rtol=1e-12)
for name, ours in zip("WUb", backward(dy, x, h, c, gates, U), strict=True):
    assert np.allclose(grads[name], ours, rtol=1e-11), name
print("forward and backward agree, for", layer.count_parameters(), "parameters")

# %% [markdown] tags=["predict"]
# ## The experiment
#
# ### Exactly 1
#
# First the carousel alone: 16 units, random weights, but nothing flows from $h$ back into the gates ($U = 0$). A
# gradient enters at the last of 1000 steps. **Predict first:** how many *different* numbers will we find along the
# 1000 steps, for one unit? Remember that a computer rounds at each multiplication.

# %%
layer = le.LSTM97(1, 16, rng=0)
layer.params["U"][:] = 0
x, dy = np.random.default_rng(0).normal(size=(1000, 1, 1)), np.zeros((1000, 1, 16))
dy[-1] = 1
dc = le.gradient_flow(layer, x, dy).dc[:, 0]  # (1001, 16): after each step, and for the initial state
different = [len(np.unique(dc[:, j])) for j in range(16)]
print("different values along 1001 steps, unit by unit:", different)
assert different == [1] * 16  # equal to the last bit: to multiply by exactly 1 does not round

# %% [markdown]
# One number each, equal to the last bit. Compare it with an RNN of the same size.

# %%
T = 200
x, dy = np.random.default_rng(1).choice([-1.0, 1.0], (T, 1, 1)), np.zeros((T, 1, 16))
dy[-1] = 1
figure, axes = plt.subplots(figsize=(7, 3.4))
for cell, colour, line, words in (
    ("rnn", "#000000", "-", "RNN: dL/dh"),
    ("lstm97", "#E69F00", "--", "carousel: dL/dc"),
):
    shares = []
    for seed in range(5):
        layer = le.CELLS[cell](1, 16, rng=seed)
        layer.params["U"] *= cell == "rnn"
        flow = le.gradient_flow(layer, x, dy)
        norm = np.linalg.norm((flow.dh if flow.dc is None else flow.dc)[:, 0], axis=1)
        shares.append(norm / norm[-1])
    axes.fill_between(
        range(T + 1), np.min(shares, axis=0), np.max(shares, axis=0), color=colour, alpha=0.2, linewidth=0
    )
    axes.plot(np.median(shares, axis=0), color=colour, linestyle=line, linewidth=2, label=f"{words} (median, range)")
axes.set(yscale="log", xlabel="time step t", ylabel="share of the gradient left")
axes.legend(loc="lower right")
course.show(figure, name="03-carousel", alt="Share of the gradient left, from step 200 back to 0, five seeds. In the "
            "RNN it falls to almost nothing, in the carousel it is exactly 1 everywhere.")  # fmt: skip
assert np.all(np.array(shares) == 1)

# %%
course.ran()
