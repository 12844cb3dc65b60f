# %% [markdown] question="Can a cell do with one gate fewer and no state but its output? What does it lose?"
# # 06 · One gate fewer: the GRU
#
# ## The question
#
# The LSTM has three gates, a candidate, a state $c$ and an output $h$. That is a lot of machinery. **Can a cell do with
# one gate fewer and with no state but its output, and what does it lose?**
#
# To be fair we compare at equal *parameters*, not at equal units. The answer depends on the task, and this figure
# shows three.
#
# ![Three panels. Adding: the losses of LSTM and both forms of the GRU fall far below the baseline, close together.
# Stream: the GRUs' losses fall faster and lower than the LSTM's. Counting: one dot for each run, how far it counts; the
# LSTMs well above 10, the longest string of training, the GRUs at 10 or 11.](../figures/06-gru.png)

# %% [markdown]
# ## What you need
#
# From chapter 04: the LSTM with its forget gate, $c_t = f_t c_{t-1} + i_t g_t$, and the half-life of a memory,
# $\ln 2 / (-\ln f)$. From chapter 05: a cell that counts does so in its state $c$.
#
# Letters: $D$ inputs, $H$ units, $x$ the input, $h'$ the old and $h$ the new output, $\sigma$ the sigmoid. Products
# of two vectors of $H$ numbers are taken element by element.

# %%
import time

import numpy as np

import lstm_edu as le
from lstm_edu import course
from lstm_edu.plotting.style import CELL_STYLES, REFERENCE, new_figure

course.begin(6)

# %% [markdown]
# ## Intuition: one slider instead of two gates
#
# An LSTM decides twice: $f$ how much of the old to keep, $i$ how much of the new to add. If both are open, the state
# grows; that was the trouble of chapter 04. Now make it one decision: what is kept of the old is not taken of the new,
#
# $$h = z\, h' + (1 - z)\, n.$$
#
# Here $h'$ is the old output, $z$ the **update gate** and $n$ the candidate (a tanh, so it lies between $-1$ and
# $1$). By hand, with $h' = 0.8$, $n = -0.4$ and $z = 0.75$: $\;0.75 \cdot 0.8 + 0.25 \cdot (-0.4) = 0.6 - 0.1 = 0.5$.
# It is a slider: the result always lies between the old value and the candidate. So $h$ can't leave $[-1, 1]$, needs
# no tanh to be shown, and no output gate to be kept quiet.


# %%
def draw_slide(axes, z):
    path = -0.4 + 1.2 * z ** np.arange(
        16.0
    )  # what is left of the distance after k steps
    axes.axhline(-0.4, color=REFERENCE, linestyle="--")
    axes.plot(path, marker=".")
    axes.set(ylim=(-1, 1), xlabel="step", ylabel="h")
    axes.text(4, 0.7, f"after one step {path[1]:.2f}")


# %% tags=["alt"]
alt = (
    "A state that begins at 0.8 slides to the candidate at -0.4, the dashed line: with"
    " z = 0 at once, with 0.75 in about ten steps, with 0.95 slowly."
)
course.explore(draw_slide, z=[0.0, 0.75, 0.95], alt=alt)

# %% [markdown]
# With the candidate at 0, what is left after $k$ steps is $z^k$: the same half-life as in chapter 04, with $z$ in the
# place of $f$. An `update_bias` of 1 gives $\sigma(1) = 0.731$ and 2.2 steps.
#
# **Mind the direction.** In this package $z = 1$ *keeps*, as in PyTorch, TensorFlow and ONNX. Other texts and libraries
# write $h = (1 - z)\, h' + z\, n$, and there $z = 1$ *writes*. Both are the same family of functions, since $1 -
# \sigma(a) = \sigma(-a)$. But a bias of $+5$ means "remember" in one and "forget" in the other. Before you copy weights
# or a formula, set $z = 1$ and look at what is left.
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
for stage in (len(stages) - 1, None):
    figure = le.plotting.diagram("gru", stage=stage)
    course.show(figure, alt=figure.alt_text)

# %% [markdown]
# A unit **to play with**, in the page: its update gate keeps, except at the two marks "take". Drag its bias down to 0
# and watch $h$ follow the noise. Then close the reset gate: the second number is taken as if there had been no first.
# Can you drive $h$ beyond 1?

# %%
unit = le.GRU(2, 1, dtype=np.float64, rng=0)
# columns: r z n; rows of W: value, take
unit.params["W"] = np.array([[0.0, 0, 2], [0, -10, 0]])
unit.params["U"], unit.params["b"] = np.array([[0.0, 0, 1]]), np.array([4.0, 5, 0])
x = np.zeros((40, 1, 2))
x[:, 0, 0] = np.random.default_rng(0).uniform(-1, 1, 40)
x[5, 0], x[22, 0] = (1, 1), (-0.5, 1)
presets = {"update gate half open": {"z": 0.0}, "reset gate closed": {"r": -5.0}}
h = unit(x)[:, 0, 0]
assert h[5] > 0.9
assert h[21] > 0.7 > 0.3 > abs(h[22])

# %% tags=["alt"]
alt = (
    "The output jumps to 0.95 at the first mark, stays, and falls to near 0 at the "
    "next."
)
course.play(unit, x, names=("value", "take"), presets=presets, alt=alt)

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

# %% [markdown]
# *Before* is the form of the `GRUCell` of TensorFlow 1.x; Keras' documentation traces it to the third version of Cho's
# paper on arXiv, and *after* to the first. *After* is what PyTorch, cuDNN and Keras' default compute: all three
# products with $h'$ can be made at once, before $r$ is known.
#
# The *after* form has a bias of its own inside the bracket, $b'_n$ (`bn` in this package). It can't be merged with
# $b_n$, because $r$ multiplies the one and not the other. For $r$ and $z$ a second bias would change nothing,
# since only the sum counts. PyTorch stores two for all three blocks nevertheless; exercise 06.4 is about that.
#
# ## The equations in NumPy
#
# Blocks of columns in the order $r, z, n$; one sequence, the reset before the product. What is new against the LSTM of
# chapter 04 has a comment.


# %%
def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def forward(x, W, U, b):
    h, gates = np.zeros((len(x) + 1, len(U))), []
    U_r, U_z, U_n = np.split(U, 3, axis=1)
    for t in range(len(x)):
        r, z, n = np.split(x[t] @ W + b, 3)
        r, z = sigmoid(r + h[t] @ U_r), sigmoid(z + h[t] @ U_z)
        n = np.tanh(n + (r * h[t]) @ U_n)  # new: the candidate sees r h'
        h[t + 1] = z * h[t] + (1 - z) * n  # new: one gate keeps and writes
        gates.append((r, z, n))
    return h, gates


# %% [markdown]
# Count the parameters. Each of the three blocks has $D$ rows of $W$, $H$ rows of $U$ and one row of biases:
# $3H(D + H + 1)$, and $H$ more for `bn`. An LSTM has four blocks. By hand for $D = 2$, $H = 32$: the LSTM has
# $4 \cdot 32 \cdot 35 = 4480$, the GRU $3 \cdot 32 \cdot 35 = 3360$. For the price of 32 LSTM units one gets 37 GRU
# units: $3 \cdot 37 \cdot 40 = 4440$.

# %% tags=["claim"]
rng = np.random.default_rng(1)
x, dy = rng.standard_normal((6, 3)), rng.standard_normal((6, 4))  # T = 6, D = 3, H = 4
layer = le.GRU(3, 4, update_bias=1.0, dtype=np.float64, rng=0)
W, U, b = layer.params.values()
h, gates = forward(x, W, U, b)
y, tape = layer.forward(x[:, None])
assert np.allclose(y[:, 0], h[1:])
print("the layer and our lines agree; h after six steps:", h[-1].round(4))

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
# With the numbers of the slider, $z = 0.75$, $h' = 0.8$, $n = -0.4$, and an error of 1 on $h$: $h'$ gets $0.75$ of it,
# $z$ gets $0.8 + 0.4 = 1.2$, and $n$ gets $0.25$. So $z$ is the GRU's carousel. Note a price: with $z$ near 1 the error
# travels far, but the candidate learns almost nothing, because its share is $1 - z$. An LSTM can have $f$ and $i$ near
# 1 at once.


# %%
def backward(dy, x, h, gates, U):
    delta, dU, dh = np.zeros((len(x), U.shape[1])), np.zeros_like(U), 0
    U_r, U_z, U_n = np.split(U, 3, axis=1)
    for t in reversed(range(len(x))):
        r, z, n = gates[t]
        dh = dy[t] + dh
        delta_z, delta_n = dh * (h[t] - n) * z * (1 - z), dh * (1 - z) * (1 - n**2)
        dq = delta_n @ U_n.T  # q = r h'
        delta_r = dq * h[t] * r * (1 - r)
        delta[t] = np.concatenate([delta_r, delta_z, delta_n])
        dU[:, : 2 * len(U)] += np.outer(h[t], [*delta_r, *delta_z])
        dU[:, 2 * len(U) :] += np.outer(r * h[t], delta_n)
        dh = dh * z + dq * r + delta_r @ U_r.T + delta_z @ U_z.T  # the four ways
    return x.T @ delta, dU, delta.sum(axis=0)  # dW, dU, db


ours = dict(zip("WUb", backward(dy, x, h, gates, U), strict=True))
dU = course.numerical_gradient(lambda V: (dy * forward(x, W, V, b)[0][1:]).sum(), U)
assert np.allclose(dU, ours["U"], atol=1e-8)
grads = layer.backward(dy[:, None], tape)[1]
assert all(np.allclose(grads[name], ours[name]) for name in "WUb")
print("largest difference from small steps:", f"{np.abs(dU - ours['U']).max():.0e}")

# %% [markdown]
# Mind `dU`: its candidate's block sees $r\, h'$, where the two others see $h'$. Below is the error of one loss at the
# last of 40 steps, for two update biases, on one colour scale; nothing is trained.

# %%
x = 0.1 * rng.standard_normal((40, 1, 3)).astype(np.float32)
dy = np.zeros((40, 1, 12), np.float32)
dy[-1] = 1
flows = {
    b: le.gradient_flow(le.GRU(3, 12, update_bias=b, rng=0), x, dy) for b in (0.0, 3.0)
}
left_over = {b: flow.norms()[0, 0] / flow.norms()[-1, 0] for b, flow in flows.items()}
figure, axes = new_figure(1, 2, size=(9, 2.6), sharey=True)
for panel, (bias, flow) in zip(axes, flows.items(), strict=True):
    size = np.abs(flow.dh[:, 0].T)
    # one scale for both
    image = panel.imshow(size, aspect="auto", norm="log", vmin=1e-9, vmax=1)
    panel.set(title=f"update bias {bias:.0f}", xlabel="after step t")
    panel.grid(visible=False)
for bias, share in left_over.items():
    print(f"bias {bias:.0f}: {share:.1e} of the error is left after 40 steps")
assert left_over[0.0] < 1e-4 < 0.1 < left_over[3.0]

# %% tags=["alt"]
axes[0].set_ylabel("unit")
figure.colorbar(image, ax=axes, label="|dL/dh|")
alt = (
    "Heat maps of the gradient of one late error, 12 units over 40 steps, on one scale"
    " of colours: with an update bias of 0 it fades on the way back, with 3 it reaches"
    " step 0."
)
course.show(figure, alt=alt)

# %% [markdown]
# ## The kernel
#
# The package has a kernel for each form. This is the one with the reset after the product; `set_product` makes
# $h' U$ for all three blocks at once, and the last lines are the equations.

# %%
course.source(le.cells.gru.forward_after)

# %% [markdown]
# ## The experiment: at equal parameters
#
# Three tasks that you know, and three cells: the LSTM, and the GRU in both forms. The keeping bias is 1 for all of
# them. `match_parameters` finds for each GRU the number of units that comes nearest to the LSTM's parameters.
#
# - **Adding**: two of 40 numbers are marked; what is their sum? A long lag.
# - **Stream**: the continual Reber strings of chapter 04. When to forget?
# - **Counting**: $a^n b^n$ of chapter 05, trained up to $n = 10$. How far does it reach?


# %%
def gru_before(D, H, rng):
    return le.GRU(D, H, update_bias=1.0, rng=rng)


def gru_after(D, H, rng):
    return le.GRU(D, H, update_bias=1.0, reset_after=True, rng=rng)


makers = {"LSTM": le.LSTM, "GRU, before": gru_before, "GRU, after": gru_after}
tasks = {
    "adding": le.tasks.Adding(length=40),
    "stream": le.tasks.ContinualReber(length=50),
    "counting": le.tasks.AnBn(),
}
assert le.LSTM(2, 32).count_parameters() == 4480
assert le.GRU(2, 32).count_parameters() == 3360
assert le.match_parameters("gru", 2, budget=4480) == 37
lstm_units = {"adding": 16, "stream": 20, "counting": 4}
units, count = {}, {}
for name, task in tasks.items():
    budget = le.LSTM(task.inputs, lstm_units[name]).count_parameters()
    for cell, make in makers.items():
        H = lstm_units[name]
        if cell != "LSTM":
            how = {"budget": budget, "reset_after": cell == "GRU, after"}
            H = le.match_parameters("gru", task.inputs, **how)
        units[name, cell] = H
        count[name, cell] = make(task.inputs, H, rng=0).count_parameters()
for (name, cell), H in units.items():
    print(f"{name:9} {cell:12} {H:2} units, {count[name, cell]:4} parameters")

# %% [markdown] tags=["predict"]
# **Predict first:** one of the three tasks separates the cells clearly. Which one, and who is better? Think of where
# the GRU's $h$ can go, and where the LSTM's $c$.


# %%
def train(name, cell, seed, steps, batch, rate):
    task = tasks[name]
    layer = makers[cell](task.inputs, units[name, cell], rng=seed)
    net = le.Sequential(
        [layer, le.Dense(layer.units, task.outputs, steps=task.steps, rng=seed + 50)]
    )
    how = {"schedule": "cosine", "validation": 64, "progress_bar": False, "seed": seed}
    how |= {"steps": steps, "batch": batch, "every": steps // 10}
    return net, le.fit(net, task, optimizer=le.Adam(rate), **how)


settings = {
    "adding": (600, 32, 0.01),
    "stream": (800, 16, 0.02),
    "counting": (1000, 10, 0.02),
}
runs = {
    (name, cell): [
        train(name, cell, seed, *settings[name])
        for seed in range(5 if name == "counting" else 3)
    ]
    for name in tasks
    for cell in makers
}
loss = {
    key: np.array([history["valid_loss"].iloc[-1] for _, history in trained])
    for key, trained in runs.items()
}
reach = {
    cell: np.array(
        [tasks["counting"].reach(net, 300) for net, _ in runs["counting", cell]]
    )
    for cell in makers
}
for cell in makers:
    adding, stream_loss = (loss[name, cell].round(4) for name in ("adding", "stream"))
    print(f"{cell:12} adding {adding}  stream {stream_loss}  reach {reach[cell]}")

# %% tags=["alt"]
styles = {
    "LSTM": CELL_STYLES["lstm"],
    "GRU, before": CELL_STYLES["gru"],
    "GRU, after": ("#D55E00", ":"),
}
figure, axes = new_figure(1, 3, size=(10.5, 3.4))
for panel, name in zip(axes, ("adding", "stream"), strict=False):
    for cell, (colour, line) in styles.items():
        losses = np.array([history["valid_loss"] for _, history in runs[name, cell]])
        steps = runs[name, cell][0][1]["step"]
        panel.plot(
            steps, np.median(losses, axis=0), color=colour, linestyle=line, label=cell
        )
        panel.fill_between(
            steps, losses.min(0), losses.max(0), color=colour, alpha=0.15, linewidth=0
        )
    panel.axhline(
        tasks[name].baseline, color=REFERENCE, linestyle="--", label="baseline"
    )
    panel.set(
        yscale="log", title=name, xlabel="optimizer steps", ylabel="validation loss"
    )
for place, cell in enumerate(makers):
    aside = np.linspace(
        -0.2, 0.2, len(reach[cell])
    )  # so that equal dots stand side by side
    axes[2].plot(place + aside, reach[cell], "o", color=styles[cell][0], alpha=0.7)
axes[2].axhline(10, color=REFERENCE, linestyle="--")
axes[2].set(
    title="counting: reach",
    ylabel="largest n, all right up to it",
    ylim=(0, 21),
    xlim=(-0.5, 2.5),
)
axes[2].set(xticks=range(3), xticklabels=list(makers), yticks=range(0, 21, 5))
figure.legend(
    *axes[0].get_legend_handles_labels(),
    loc="outside lower center",
    ncols=4,
    fontsize=8,
)
alt = (
    "Adding: both GRUs learn. Stream: the GRUs learn faster. Counting: the LSTMs reach"
    " well beyond 10, the longest string of training, the GRUs hardly."
)
course.show(figure, name="06-gru", alt=alt)

# %% [markdown]
# ### Why the GRU doesn't count
#
# A counter needs room to go up. The LSTM's $c$ has it: up to 1 more for each a. (It does not go on for ever: the
# weights that training finds drift, and the reach of our LSTMs ends somewhere.) The GRU's
# $h$ lies between $-1$ and $1$ for ever, because it is a mixture of numbers between $-1$ and $1$. Whatever it knows
# of the count it has to squeeze in there; beyond the training lengths the squeezing fails. Look at the largest state
# of each on a string of 30 a's.

# %% tags=["claim"]
string = tasks["counting"].strings([30])
for cell, state in (("LSTM", "0.c"), ("GRU, before", "0.h")):
    net = runs["counting", cell][0][0]
    largest = np.abs(net.gates(net.forward(string.x)[1])[state][:31, 0]).max(axis=1)
    print(
        f"{cell:12} largest |{state[-1]}| after 0, 10, 20, 30 a:",
        largest[[0, 10, 20, 30]].round(3),
    )
    if cell != "LSTM":
        assert largest.max() <= 1
grus = ("GRU, before", "GRU, after")
assert max(loss["adding", cell].max() for cell in grus) < 0.1 * tasks["adding"].baseline
assert all(
    np.median(loss["stream", cell]) < np.median(loss["stream", "LSTM"]) for cell in grus
)
assert min(reach["LSTM"]) > max(
    reach[cell].max() for cell in grus
)  # every LSTM further than every GRU
assert max(reach[cell].max() for cell in grus) <= 13

# %% [markdown]
# That LSTMs count and GRUs don't is not our discovery: Weiss, Goldberg and Yahav (2018) showed it, by theory for
# finite precision and by experiment on this language.
#
# ### How far does it hold?
#
# The figure above is one rate and one budget a task. The evidence: three rates a factor of 3 apart, two budgets, fresh
# seeds, and equal starts (a keeping bias of 1).

# %% tags=["claim"]
cells_of = {"gru": "GRU, before", "gru, reset after": "GRU, after"}
counting = course.evidence(6, "counting")
figure = le.plotting.evidence(counting, "reach", names=cells_of, reference=10)
medians = {}
for task in tasks:
    by = course.evidence(6, task).groupby(["rate", "steps", "variant"])["value"]
    medians[task] = by.median().unstack("variant").rename(columns=cells_of)
print("median reach:\n", medians["counting"])
reached = medians["counting"][medians["counting"].max(axis=1) >= 10]
# at the lowest rate a third of the training is too little for all
assert len(reached) == 5
assert (reached["lstm"] > 1.4 * reached[list(grus)].max(axis=1)).all()
assert medians["counting"][list(grus)].max(axis=None) < 13
assert 13 < medians["counting"]["lstm"].max() < 35
for task in ("stream", "adding"):
    print(f"{task}, median loss as a share of the baseline:")
    print((medians[task] / tasks[task].baseline).round(3))
assert all((medians["stream"][cell] < medians["stream"]["lstm"]).all() for cell in grus)
leaders = medians["adding"].idxmin(axis=1).unstack("steps")
assert leaders[400].to_list() == ["lstm", "lstm", "GRU, before"]
assert set(leaders[1200]) == {"GRU, before"}
assert medians["adding"]["lstm"][0.03].min() > 0.9 * tasks["adding"].baseline
worst = medians["adding"].xs(0.03)[list(grus)].max(axis=None)
assert worst < 0.2 * tasks["adding"].baseline

# %% tags=["alt"]
alt = (
    "Three panels, a learning rate each: reach after 1000 and 3000 steps. The LSTM's "
    "line lies above those of both GRUs, which end near 10."
)
course.show(figure, alt=alt)

# %% [markdown]
# Counting: wherever anything was learnt, the median LSTM reaches at least 1.4 times as far as either GRU. That holds at
# all three rates. Stream: both GRUs lead at all of them, after both budgets. Adding is the one whose ranking depends on
# the training: after 400 steps the LSTM leads at the two lower rates, after 1200 the GRU (before) leads at all three.
# At the highest rate the median LSTM learns nothing at all, and both GRUs do.
#
# ### The two gates at work
#
# What has the update gate learnt on the stream? Averaged over all units and steps it is below 0.2: most units take the
# candidate at nearly every step, as in a plain RNN (which did well on this task, chapter 04). A few keep. Here are
# the six that keep most.

# %%
stream = tasks["stream"].sample(1, rng=99)
letters = ["BTPSXVE"[s] for s in stream.x[:, 0].argmax(-1)]
layer = runs["stream", "GRU, before"][0][0].layers[0]
gates = layer.gates(layer.forward(stream.x)[1])
kept = gates["z"].mean(axis=(0, 1))
print(f"update gate: mean {kept.mean():.2f}", end="; ")
print(f"by unit from {kept.min():.2f} to {kept.max():.2f}")
assert kept.mean() < 0.2
assert kept.max() > 0.4
keepers = np.argsort(-kept)[:6]

# %% tags=["alt"]
figure = le.plotting.gates_over_time(
    {name: values[..., keepers] for name, values in gates.items()}
)
figure.axes[3].set_xticks(range(50), letters, fontsize=8)
alt = (
    "Heat maps of reset gate, update gate, candidate and output over 50 symbols, for "
    "the six units of a trained GRU with the most open update gates."
)
course.show(figure, alt=alt)

# %% [markdown]
# ### What it costs
#
# Forward and backward over 100 steps of 32 sequences, the best of ten. A GRU does three quarters of the LSTM's work
# with the same number of units. At the same number of *parameters* there is no such gain, since it has more units.


# %%
def milliseconds(layer, x):
    best = np.inf
    for _ in range(10):
        start = time.perf_counter()
        y, tape = layer.forward(x)
        layer.backward(y, tape)
        best = min(best, time.perf_counter() - start)
    return 1000 * best


x = np.random.default_rng(0).standard_normal((100, 32, 16)).astype(np.float32)
equal = le.match_parameters("gru", 16, budget=le.LSTM(16, 64).count_parameters())
layers = {
    "LSTM": le.LSTM(16, 64, rng=0),
    "GRU, equal units": le.GRU(16, 64, rng=0),
    "GRU, equal parameters": le.GRU(16, equal, rng=0),
    "GRU after, equal parameters": le.GRU(16, equal, reset_after=True, rng=0),
}
for name, layer in layers.items():
    print(f"{name:28} {layer.units} units", end=", ")
    print(f"{layer.count_parameters()} parameters: {milliseconds(layer, x):5.1f} ms")

# %% [markdown]
# ### The sign of chapter 00 again
#
# And with one gate fewer, does the marked sign of chapter 00 get lost? The GRU starts with its usual biases of zero.

# %% tags=["claim"]
lost = course.learn_marked_signs(lambda seed: le.GRU(2, 16, rng=seed))
print("marked sign, GRU, five seeds:", lost.round(4))
assert lost.max() < 0.01

# %% [markdown]
# It does not.
#
# ## What we saw
#
# - One gate can decide both what is kept and what is taken: $h = z\,h' + (1 - z)\,n$. The state can't run away, so it
#   needs neither a tanh on the way out nor an output gate.
# - At equal parameters the GRU learns the stream faster, at each rate and budget that we tried. In adding the lead
#   depends on rate and budget; at a high rate the GRU is the safer one. Which form it has, before or after, matters
#   less than whether it is a GRU.
# - Counting is the exception. The LSTM counts further than both GRUs, because a state between $-1$ and $1$ has no room
#   (Weiss, Goldberg and Yahav 2018). It does not go on for ever: the median LSTM ends below 35, at every rate.
# - A GRU is cheaper at equal units, not at equal parameters.
#
# Chung, Gulcehre, Cho and Bengio (2014) also compared at equal parameters: they chose "the size of each model so that
# each model has approximately the same number of parameters", in their words. And in the study of Jozefowicz, Zaremba
# and Sutskever (2015, abstract) the gap between the two closed when the LSTM's forget bias was 1. Ours was.
#
# So which first? If nothing has to be counted, take the GRU for its fewer parts, or the LSTM because every library
# has a fast one; and try more than one learning rate before you call one of them better. If something has to be counted
# or summed up without a bound, take the LSTM. Chapter 10 puts this to a test with more tasks.
#
# ## Where it breaks
#
# All our networks had one layer. To make them stronger we gave them more units, and the matrix $U$ grows with the
# square of that: twice the units, four times the parameters. Is there a better use for parameters? Chapter 07 stacks
# layers on top of each other.

# %% [markdown]
# ## Exercises
#
# ### 06.1 One step
#
# Write the GRU's step from memory, reset before the product. `W` (D, 3H), `U` (H, 3H) and `b` (3H,) have the blocks
# $r, z, n$; `x` is (B, D), `h` (B, H). Return the new `h`.


# %% tags=["exercise"]
def one_step(x, h, W, U, b): ...


course.check("06.1", one_step)


# %% tags=["solution"]
def one_step(x, h, W, U, b):
    W_r, W_z, W_n = np.split(W, 3, axis=1)
    U_r, U_z, U_n = np.split(U, 3, axis=1)
    b_r, b_z, b_n = np.split(b, 3)
    r, z = sigmoid(x @ W_r + h @ U_r + b_r), sigmoid(x @ W_z + h @ U_z + b_z)
    n = np.tanh(x @ W_n + (r * h) @ U_n + b_n)
    return z * h + (1 - z) * n


course.check("06.1", one_step)

# %% [markdown]
# ### 06.2 How many parameters?
#
# For $D$ inputs and $H$ units, in this package's form: `after` is `True` for the reset after the product.


# %% tags=["exercise"]
def parameters(D, H, after): ...


course.check("06.2", parameters)


# %% tags=["solution"]
def parameters(D, H, after):
    return 3 * H * (D + H + 1) + (H if after else 0)


course.check("06.2", parameters)

# %% [markdown]
# ### 06.3 From a blank page
#
# Close the book above. Write the whole cell for one sequence, reset before the product: `forward(x, h0, W, U, b)`
# returns `h` (T, H) without the initial state, and whatever backward is to keep; `backward(dy, kept)` returns `dx, dh0,
# dW, dU, db`. The blocks are $r, z, n$. There are four ways back to $h'$. The check names the first wrong array.


# %% tags=["exercise"]
def forward(x, h0, W, U, b): ...


def backward(dy, kept): ...


course.check("06.3", (forward, backward))


# %% tags=["solution"]
def forward(x, h0, W, U, b):
    h, gates, (U_r, U_z, U_n) = [h0], [], np.split(U, 3, axis=1)
    for x_t in x:
        r, z, n = np.split(x_t @ W + b, 3)
        r, z = sigmoid(r + h[-1] @ U_r), sigmoid(z + h[-1] @ U_z)
        n = np.tanh(n + (r * h[-1]) @ U_n)
        gates.append((r, z, n))
        h.append(z * h[-1] + (1 - z) * n)
    return np.array(h[1:]), (x, np.array(h), gates, W, U)


def backward(dy, kept):
    x, h, gates, W, U = kept
    delta, dh, (U_r, U_z, U_n) = (
        np.zeros((len(x), U.shape[1])),
        0,
        np.split(U, 3, axis=1),
    )
    for t in reversed(range(len(x))):
        (r, z, n), dh = gates[t], dy[t] + dh
        d_z, d_n = dh * (h[t] - n) * z * (1 - z), dh * (1 - z) * (1 - n**2)
        dq = d_n @ U_n.T  # q = r h'
        d_r = dq * h[t] * r * (1 - r)
        delta[t] = np.concatenate([d_r, d_z, d_n])
        dh = z * dh + dq * r + d_r @ U_r.T + d_z @ U_z.T
    r, (r_z, n) = (
        np.array([r for r, _, _ in gates]),
        np.split(delta, [2 * len(U_n)], axis=1),
    )
    dU = np.hstack([h[:-1].T @ r_z, (r * h[:-1]).T @ n])
    return delta @ W.T, dh, x.T @ delta, dU, delta.sum(axis=0)


course.check("06.3", (forward, backward))

# %% [markdown]
# ### 06.4 Find the bug: two biases
#
# Someone brings weights from a library that stores two biases for each block, `b_x` and `b_h`, both (3H,) in the
# order $r, z, n$, with the reset *after* the product. This package has one `b` (3H,) and `bn` (H,). The function adds
# the two, as one does for an LSTM. The outputs are nearly right; they are wrong wherever the reset gate isn't open.
# Repair it.


# %% tags=["exercise"]
def biases(b_x, b_h):
    H = len(b_x) // 3
    return b_x + b_h, np.zeros(H)


course.check("06.4", biases)


# %% tags=["solution"]
def biases(b_x, b_h):
    H = len(b_x) // 3
    b = b_x + b_h
    b[2 * H :] = b_x[
        2 * H :
    ]  # the candidate's bias of h stays inside the reset product
    return b, b_h[2 * H :]


course.check("06.4", biases)

# %% [markdown]
# ### 06.5 Open: teach it to count
#
# There is no checker here. Write down what you expect first.
#
# - Give the GRU 8 or 16 units on the counting task. Does it reach further? Train it up to $n = 30$ instead: does it
#   reach beyond that?
# - Take the reset gate away: a bias of $+20$ for $r$ at the start keeps it open. On which of the three tasks does it
#   matter?
# - An LSTM with $i = 1 - f$ and no output gate is close to a GRU. Write it in NumPy. What is still different?
#
# ## References
#
# - K. Cho and others: Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine Translation.
#   EMNLP 2014, arXiv:1406.1078. The GRU; versions 1 and 3 on arXiv for the two forms.
# - J. Chung, C. Gulcehre, K. Cho, Y. Bengio: Empirical Evaluation of Gated Recurrent Neural Networks on Sequence
#   Modeling. arXiv:1412.3555, 2014. The comparison at equal parameters (their section on the models' sizes).
# - G. Weiss, Y. Goldberg, E. Yahav: On the Practical Computational Power of Finite Precision RNNs for Language
#   Recognition. ACL 2018. Which cells can count.
# - R. Jozefowicz, W. Zaremba, I. Sutskever: An Empirical Exploration of Recurrent Network Architectures. ICML 2015,
#   PMLR 37, 2342-2350 (abstract).
# - The documentation of `tf.keras.layers.GRU` (the two forms) and of `torch.nn.GRU` (its equations and two biases).

# %%
course.ran()
