# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 06 · One gate fewer: the GRU
#
# ## The question
#
# The LSTM has three gates, a candidate, a state $c$ and an output $h$. That is a lot of machinery. **Can a cell do with
# one gate fewer and with no state but its output, and what does it lose?**
#
# To be fair we compare at equal *parameters*, not at equal units. The answer has two halves, and this figure shows
# both.
#
# ![Left: test loss of LSTM and the two forms of the GRU on two tasks at equal parameters, one dot for each seed, with
# the baseline; the dots of the three cells overlap. Right: how far each cell counts beyond the strings it was trained
# on; the LSTM gets much further than the GRU.](../figures/06-gru.png)

# %% [markdown]
# ## What you need
#
# From chapter 04: the LSTM with its forget gate, $c_t = f_t c_{t-1} + i_t g_t$, and the half-life of a memory,
# $\ln 2 / (-\ln f)$. From chapter 05: a cell that counts does so in its state $c$.
#
# Letters: $D$ inputs, $H$ units, $x$ the input, $h'$ the old and $h$ the new output, $\sigma$ the sigmoid. Products
# of two vectors of $H$ numbers are taken element by element.

# %%

import numpy as np

import lstm_edu as le
from lstm_edu import course
from lstm_edu.plotting.style import REFERENCE

course.begin(6)

# %% [markdown]
# ## Intuition: one slider instead of two gates
#
# An LSTM decides twice: $f$ how much of the old to keep, $i$ how much of the new to add. If both are open, the state
# grows; that was the trouble of chapter 04. Now make it one decision: what is kept of the old is not taken of the new,
#
# $$h = z\, h' + (1 - z)\, n.$$
#
# $z$ is the **update gate**, $n$ the candidate (a tanh, so it lies between $-1$ and $1$). By hand, with $h' = 0.8$,
# $n = -0.4$ and $z = 0.75$: $\;0.75 \cdot 0.8 + 0.25 \cdot (-0.4) = 0.6 - 0.1 = 0.5$. It is a slider: the result always
# lies between the old value and the candidate. So $h$ can't leave $[-1, 1]$, needs no tanh to be shown, and no output
# gate to be kept quiet.


# %%
def draw_slide(axes, z):
    h, path = 0.8, [0.8]
    for _ in range(15):
        h = z * h + (1 - z) * -0.4
        path.append(h)
    axes.axhline(-0.4, color=REFERENCE, linestyle="--")
    axes.plot(path, marker=".")
    axes.set(ylim=(-1, 1), xlabel="step", ylabel="h")
    axes.text(4, 0.7, f"after one step {path[1]:.2f}")


course.explore(
    draw_slide,
    z=[0.0, 0.75, 0.95],
    alt="A state that begins at 0.8 slides to the candidate at -0.4, the dashed line: with z = 0 at once, with z = 0.75 "
    "within about ten steps, with z = 0.95 slowly.",
)

# %% [markdown]
# With the candidate at 0, what is left after $k$ steps is $z^k$: the same half-life as in chapter 04, with $z$ in the
# place of $f$. An `update_bias` of 1 gives $\sigma(1) = 0.731$ and 2.2 steps.
#
# **Mind the direction.** In this package $z = 1$ *keeps*, as in Cho et al. (2014) and as in PyTorch, TensorFlow and
# ONNX. Other texts and libraries write $h = (1 - z)\, h' + z\, n$, and there $z = 1$ *writes*. Both are the same
# family of functions, since $1 - \sigma(a) = \sigma(-a)$. But a bias of $+5$ means "remember" in one and "forget" in
# the other. Before you copy weights or a formula, set $z = 1$ and look at what is left.
#
# ## One gate at a time
#
# The update gate alone would be a usable cell already. The GRU has one more gate, the **reset gate** $r$. It decides
# how much of the past the *candidate* gets to see: with $r = 0$ the candidate is made from $x$ alone, as if a new
# sequence began. First the diagram with the update gate, then the whole.

# %%
stages = le.plotting.diagram_stages("gru")
for number, line in enumerate(stages, start=1):
    print(number, line)
course.show(le.plotting.diagram("gru", stage=len(stages) - 1), alt="Circuit of the GRU before its last part is added.")
course.show(le.plotting.diagram("gru"), alt="Circuit of the whole GRU: reset gate r, update gate z, candidate n, and "
            "the output as a mixture of old output and candidate.")  # fmt: skip

# %% [markdown]
# ### Two forms: reset before or after the product
#
# The candidate sees the past through a matrix $U_n$. The reset gate can stand on either side of it:
#
# $$\text{before:}\quad n = \tanh(x W_n + (r h')\, U_n + b_n), \qquad
#   \text{after:}\quad n = \tanh(x W_n + r\,(h' U_n + b'_n) + b_n).$$
#
# That is not the same. By hand, with two units, $h' = (1, 0)$, $r = (0, 1)$, and a $U_n$ that exchanges the two:
#
# - before: $r h' = (0, 0)$, and $(0, 0)\, U_n = (0, 0)$. The past is gone: $r$ chose which *old values are read*.
# - after: $h' U_n = (0, 1)$, and $r\,(0, 1) = (0, 1)$. It is all there: $r$ chose which *new values hear of it*.

# %%
h_old, r, U_n = np.array([1.0, 0.0]), np.array([0.0, 1.0]), np.array([[0.0, 1.0], [1.0, 0.0]])
print("before:", (r * h_old) @ U_n, "  after:", r * (h_old @ U_n))

# %% [markdown]
# *Before* is the form of TensorFlow's `GRUCell`; Keras' documentation traces it to the third version of Cho's paper
# on arXiv, and *after* to the first. *After* is what PyTorch, cuDNN and Keras' default compute: all three products
# with $h'$ can be made at once, before $r$ is known.
#
# The *after* form has a bias of its own inside the bracket, $b'_n$ (`bn` in this package). It can't be merged with
# $b_n$, because $r$ multiplies the one and not the other. For $r$ and $z$ a second bias would change nothing,
# since only the sum counts. PyTorch stores two for all three blocks nevertheless; exercise 06.4 is about that.
#
# ## The equations in NumPy
#
# Blocks of columns in the order $r, z, n$. One step for $B$ sequences:


# %%
def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def gru_step(x, h, W, U, b, bn=None):
    x_r, x_z, x_n = np.split(x @ W + b, 3, axis=-1)
    U_r, U_z, U_n = np.split(U, 3, axis=-1)
    r, z = sigmoid(x_r + h @ U_r), sigmoid(x_z + h @ U_z)
    if bn is None:  # reset before the product
        n = np.tanh(x_n + (r * h) @ U_n)
    else:  # reset after it
        n = np.tanh(x_n + r * (h @ U_n + bn))
    return z * h + (1 - z) * n


# %% [markdown]
# Count the parameters. Each of the three blocks has $D$ rows of $W$, $H$ rows of $U$ and one row of biases: $3H(D + H
# + 1)$, and $H$ more for `bn`. An LSTM has four blocks. By hand for $D = 2$, $H = 32$: the LSTM has $4 \cdot 32 \cdot
# 35 = 4480$, the GRU $3 \cdot 32 \cdot 35 = 3360$. For the price of 32 LSTM units one gets 37 GRU units: $3 \cdot 37
# \cdot 40 = 4440$.

# %% tags=["claim"]
rng = np.random.default_rng(1)
x = rng.standard_normal((6, 2, 3))  # T = 6 steps, B = 2 sequences, D = 3
for after in (False, True):
    layer = le.GRU(3, 4, reset_after=after, update_bias=1.0, dtype=np.float64, rng=0)
    h = np.zeros((2, 4))
    for x_t in x:
        h = gru_step(x_t, h, *layer.params.values())
    print("reset after " if after else "reset before", {k: v.shape for k, v in layer.params.items()}, h[0].round(4))
    assert np.allclose(layer(x)[-1], h)
assert le.LSTM(2, 32).count_parameters() == 4480
assert le.GRU(2, 32).count_parameters() == 3360
assert le.match_parameters("gru", 2, budget=4480) == 37

# %% [markdown]
# ### One step back
#
# Four ways lead from $h$ back to $h'$: directly, through the candidate, and through each of the two gates. The direct
# way is the one that carries far:
#
# $$\frac{\partial L}{\partial h'} = z\,\frac{\partial L}{\partial h} + \ldots, \qquad
#   \frac{\partial L}{\partial z} = (h' - n)\,\frac{\partial L}{\partial h}, \qquad
#   \frac{\partial L}{\partial n} = (1 - z)\,\frac{\partial L}{\partial h}.$$
#
# So $z$ is the GRU's carousel. Note a price: with $z$ near 1 the error travels far, but the candidate learns almost
# nothing, because its share is $1 - z$. An LSTM can have $f$ and $i$ near 1 at once. Below is the error of one loss
# at the last of 40 steps, for two update biases; nothing is trained.

# %%
x = 0.1 * rng.standard_normal((40, 1, 3)).astype(np.float32)
dy = np.zeros((40, 1, 12), np.float32)
dy[-1] = 1
left_over = {}
for bias in (0.0, 3.0):
    layer = le.GRU(3, 12, update_bias=bias, rng=0)
    flow = le.gradient_flow(layer, x, dy)
    left_over[bias] = flow.norms()[0, 0] / flow.norms()[-1, 0]
    course.show(le.plotting.gradient_flow(flow), alt=f"Heat map of the gradient of one late error with respect to h, 12 "
                f"units over 40 steps, update bias {bias:.0f}.")  # fmt: skip
print({bias: f"{share:.1e} of the error is left after 40 steps" for bias, share in left_over.items()})

# %% [markdown]
# ## The kernel
#
# The package has a kernel for each form. This is the one with the reset after the product; `set_product` makes
# $h' U$ for all three blocks at once, and the last lines are the equations.

# %%
course.source(le.cells.gru.forward_after)
