# %% [markdown] question="How can a gate act on what is in its cell, if the cell doesn't show it?"
# # 05 · Peepholes: counting and precise timing
#
# ## The question
#
# A cell counts in silence: its output gate is shut, its state grows step by step. At the tenth step it is to speak up.
# **How can a gate act on what is in its cell, if the cell doesn't show it?**
#
# Below are three cells of one unit each, with weights set by hand and no input at all. The first ticks every ten
# steps and is silent in between. The second is the same cell with its peepholes taken out. The third has no peepholes
# either, and weights that go another way.
#
# ![Three rows, state c and output h over 40 steps. With peepholes: c is a sawtooth and h a spike every ten steps.
# Peepholes removed: c grows without end, h stays at zero. Without peepholes but with an open output gate: c and h are
# both a sawtooth.](../figures/05-clock.png)

# %%
import numpy as np

import lstm_edu as le
from lstm_edu import course
from lstm_edu.plotting.style import CELL_STYLES, CELL_TITLES, REFERENCE, new_figure

course.begin(5)

# %% [markdown]
# ## What you need
#
# The LSTM of chapter 04: $i, f, o$ are sigmoids of $x_t W + h_{t-1} U + b$, each with its own columns, $g$ a tanh of
# the same; $c_t = f_t c_{t-1} + i_t g_t$ and $h_t = o_t \tanh(c_t)$. From chapter 04 also the question that ended it.
#
# ## Intuition: a wall, and a hole in it
#
# Put $o = 0$. Then $h = 0$, and all that the gates get to see is $x_t W + b$. If the input stays the same, the gates
# stay the same, for ever: whatever $c$ counts up to, $o$ can't open. There is a wall between the cell and its own
# gates.
#
# A **peephole** is a hole in the wall: one weight $p$ from the state to the gate. The gate becomes
# $\sigma(\ldots + p\, c)$. By hand, for an output gate with $p = 100$ and a bias of $-95$: at $c = 0.9$ it is
# $\sigma(90 - 95) = \sigma(-5) = 0.007$, shut. At $c = 1.0$ it is $\sigma(100 - 95) = \sigma(5) = 0.993$, open. A tenth
# more in the cell, and the gate opens.


# %%
def sigmoid(a):
    return 1 / (1 + np.exp(-a))


print("c          ", [0.7, 0.8, 0.9, 1.0])
print(
    "output gate",
    [round(float(sigmoid(100 * c - 95)), 4) for c in (0.7, 0.8, 0.9, 1.0)],
)

# %% [markdown]
# ## One gate at a time: who sees what
#
# All three gates get a peephole, and the order within one step decides what each can see:
#
# $$\begin{aligned}
# i_t &= \sigma(x_t W_i + h_{t-1} U_i + b_i + p_i\, c_{t-1}) && \text{the old state} \\
# f_t &= \sigma(x_t W_f + h_{t-1} U_f + b_f + p_f\, c_{t-1}) && \text{the old state} \\
# c_t &= f_t\, c_{t-1} + i_t\, g_t \\
# o_t &= \sigma(x_t W_o + h_{t-1} U_o + b_o + p_o\, c_t) && \text{the new state}
# \end{aligned}$$
#
# The input and the forget gate decide *before* there is a new state, so they look at the old one. The output gate
# decides after, so it can look at the new one (Gers, Schraudolph and Schmidhuber 2002). Each unit looks at its own
# state only: three numbers a unit, $3H$ in all. The candidate $g$ has none.

# %% tags=["alt"]
for stage in (7, 8, 9):  # the stages 1 to 6 are the LSTM
    print(stage, le.plotting.diagram_stages("peephole")[stage - 1])
for stage in (7, None):
    figure = le.plotting.diagram("peephole", stage=stage)
    course.show(figure, alt=figure.alt_text)

# %% [markdown]
# ### A clock of one unit
#
# Now build the clock. The input gate is open, the candidate is 0.1: the state counts tenths. The output gate is the
# one above. The forget gate is its mirror image, $p_f = -100$ and $b_f = 95$: at $c = 0.9$ it is $\sigma(5) = 0.993$,
# it keeps; once the old state is 1, it is $\sigma(-5) = 0.007$ and wipes the page. Then the count begins anew.
#
# The third cell of the figure is an LSTM without peepholes. Its output gate is always open, so $h = \tanh(c)$ and the
# forget gate can see that by way of $U$. $\tanh(0.9) = 0.716$ and $\tanh(1.0) = 0.762$, so $U_f = -1000$ and $b_f =
# 739$ put a threshold of 0.739 between the two, and it can do the same. It ticks, but it talks all the time.

# %% [markdown] tags=["predict"]
# **Predict first:** set $p = 0$ in the first cell and leave the rest. What do $c$ and $h$ do?


# %%
def one_unit(cls, bias, U_f=0.0, p=(0.0, 0.0, 0.0)):
    layer = cls(1, 1, dtype=np.float64, rng=0)
    for name, value in {"W": 0.0, "U": 0.0, "b": bias}.items():  # bias: i, f, g, o
        layer.params[name] = np.broadcast_to(value, layer.params[name].shape)
    layer.params["U"][0, 1] = U_f
    if "p" in layer.params:
        layer.params["p"] = np.array(p)[:, None]  # rows i, f, o
    return layer


tenth = np.arctanh(0.1)
clock = one_unit(le.PeepholeLSTM, [20, 95, tenth, -95], p=(0, -100, 100))
blind = one_unit(le.PeepholeLSTM, [20, 95, tenth, -95])
talker = one_unit(le.LSTM, [20, 739, tenth, 20], U_f=-1000)
cells = {"peepholes": clock, "peepholes removed": blind, "no peepholes, o open": talker}
states = {
    name: layer.gates(layer.forward(np.zeros((40, 1, 1)))[1])
    for name, layer in cells.items()
}
print("c", states["peepholes"]["c"][:12, 0, 0].round(2))
print("h", states["peepholes"]["h"][:12, 0, 0].round(2))

# %% tags=["claim"]
figure, axes = new_figure(3, size=(8, 5), sharex=True)
for panel, (name, seen) in zip(axes, states.items(), strict=True):
    steps = np.arange(1, 41)
    panel.plot(
        steps, seen["c"][:, 0, 0], color=REFERENCE, linestyle="--", label="state c"
    )
    panel.plot(steps, seen["h"][:, 0, 0], color="#0072B2", label="output h")
    panel.set(title=name, ylim=(-0.1, 1.6))
spikes = np.flatnonzero(states["peepholes"]["h"][:, 0, 0] > 0.5) + 1
ends = states["peepholes removed"]["c"][-1, 0, 0]
print("spikes at", spikes, "  without peepholes c ends at", ends.round(2))
assert spikes.tolist() == [10, 20, 30, 40]
assert np.abs(states["peepholes"]["h"]).min() < 1e-6
assert np.abs(states["peepholes removed"]["h"]).max() < 1e-6
assert np.isclose(states["peepholes removed"]["c"][-1, 0, 0], 4.0)

# %% tags=["alt"]
axes[0].legend(loc="upper right", ncols=2)
axes[-1].set_xlabel("step t")
alt = (
    "With peepholes: h is a spike every ten steps. Removed: c runs out of the picture,"
    " h is zero. No peepholes, o open: h is a sawtooth like c."
)
course.show(figure, name="05-clock", alt=alt)

# %% [markdown]
# ## The equations in NumPy
#
# One sequence, forward and backward, in the letters of chapter 04: $\delta$ holds the gradients of the
# pre-activations. What is new against chapter 04 has a comment. Mind the order: `o` has to wait for the new `c`.


# %%
def forward(x, W, U, b, p):
    h, c, gates = np.zeros((len(x) + 1, len(U))), np.zeros((len(x) + 1, len(U))), []
    for t in range(len(x)):
        i, f, g, o = np.split(x[t] @ W + h[t] @ U + b, 4)
        i, f = sigmoid(i + p[0] * c[t]), sigmoid(f + p[1] * c[t])  # new: p_i, p_f
        g = np.tanh(g)
        c[t + 1] = f * c[t] + i * g
        o = sigmoid(o + p[2] * c[t + 1])  # new: p_o, and it waits for the new c
        h[t + 1] = o * np.tanh(c[t + 1])
        gates.append((i, f, g, o))
    return h, c, gates


h, c, gates = forward(np.zeros((10, 1)), *clock.params.values())
print("after ten steps: h =", h[10, 0], " c =", c[10, 0])
assert np.isclose(h[10, 0], states["peepholes"]["h"][9])

# %% [markdown]
# Every line in which $c$ is read is one more way for its gradient. The state $c_t$ is read by the output gate of its
# own step, and $c_{t-1}$ by the input and the forget gate of step $t$:
#
# $$\mathrm{d}c_t = \ldots + p_o\, \delta_{o,t}, \qquad
#   \mathrm{d}c_{t-1} = \ldots + p_i\, \delta_{i,t} + p_f\, \delta_{f,t}.$$
#
# By hand, with $p_o = 100$ and $\delta_o = 0.002$: 0.2 more. With a large peephole that is the largest term of all.


# %%
def backward(dy, x, h, c, gates, U, p):
    delta, dh, dc, dp = np.zeros((len(x), U.shape[1])), 0, 0, np.zeros_like(p)
    for t in reversed(range(len(x))):
        i, f, g, o = gates[t]
        shown = np.tanh(c[t + 1])
        dh = dy[t] + dh
        delta_o = dh * shown * o * (1 - o)
        dc = dc + dh * o * (1 - shown**2) + p[2] * delta_o  # new: the last term
        delta_i, delta_f = dc * g * i * (1 - i), dc * c[t] * f * (1 - f)
        delta[t] = np.concatenate([delta_i, delta_f, dc * i * (1 - g**2), delta_o])
        dp += [delta_i * c[t], delta_f * c[t], delta_o * c[t + 1]]  # new
        dc = dc * f + p[0] * delta_i + p[1] * delta_f  # new: two terms
        dh = delta[t] @ U.T
    return x.T @ delta, h[:-1].T @ delta, delta.sum(axis=0), dp  # dW, dU, db, dp


rng = np.random.default_rng(1)
x, dy = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
W, U, b, p = rng.normal(size=(3, 8)), rng.normal(size=(2, 8)), *rng.normal(size=(2, 8))
p = p[:6].reshape(3, 2)
ours = backward(dy, x, *forward(x, W, U, b, p), U, p)
checked = course.numerical_gradient(
    lambda q: (dy * forward(x, W, U, b, q)[0][1:]).sum(), p
)
print("dp ours\n", ours[3].round(6), "\n   by small steps\n", checked.round(6))
assert np.allclose(ours[3], checked, atol=1e-8)

# %% [markdown]
# ## The kernel
#
# The backward pass of the package. Look for the three places where `po`, `pi` and `pf` come in; all else is chapter 04.

# %%
course.source(le.cells.peephole.backward)
layer = le.PeepholeLSTM(3, 2, dtype=np.float64, rng=0)
for name, values in zip("WUbp", (W, U, b, p), strict=True):
    layer.params[name] = values
_, grads, _ = layer.backward(dy[:, None], layer.forward(x[:, None])[1])
assert all(
    np.allclose(grads[name], one) for name, one in zip("WUbp", ours, strict=True)
)
more = layer.count_parameters() - le.LSTM(3, 2).count_parameters()
print("kernel and our lines agree; parameters more than the LSTM's:", more, "= 3 x 2")

# %% [markdown]
# ## The experiment: counting, measuring, timing
#
# That a cell *can* do something doesn't mean that training finds it, nor that others can't. So we let the LSTM with and
# without peepholes learn three tasks, from the same seeds:
#
# - **Counting** (`AnBn`): read $a^n b^n$, such as `aaabbb`, and say at each step what may come next. The end may come
#   only when there were as many b as a. Training has $n \le 10$. The *reach* is the largest $n$ up to which every
#   string is right: above 10, the net has learnt to count instead of learning strings by heart.
# - **Measuring** (`SpikeDelay`): at each spike of a train say whether it came 10 or 11 steps after the last one.
# - **Timing** (`TimedSpikes`): the other way round. The input says 0 or 1, and the net has to put out a spike after 10
#   or 11 steps, and the next, and the next. Nothing but its own state tells it how late it is.

# %%
tasks = {
    "counting": le.tasks.AnBn(),
    "measuring": le.tasks.SpikeDelay(),
    "timing": le.tasks.TimedSpikes(),
}
batch = tasks["timing"].sample(1, rng=0)
print("timing: input ", "".join(str(int(v)) for v in batch.x[:34, 0, 0]))
print("        target", "".join(".|"[int(v)] for v in batch.target[:34, 0, 0]))
string = tasks["counting"].strings([3])
read = "".join("Sab"[s] for s in string.x[:, 0].argmax(-1))
print("counting: read", read, " may follow a b T:")
print(string.target[:, 0].astype(int).T)

# %% [markdown] tags=["predict"]
# **Predict first:** for which of the three tasks do peepholes help? Its authors had above all the last one in mind.


# %%
def train(name, cls, units, steps, batch, rate, seed):
    task = tasks[name]
    layer = cls(task.inputs, units, rng=seed)
    net = le.Sequential(
        [layer, le.Dense(units, task.outputs, steps="all", rng=seed + 50)]
    )
    how = {"schedule": "cosine", "validation": 64, "progress_bar": False, "seed": seed}
    how |= {"steps": steps, "batch": batch, "every": steps // 10}
    history = le.fit(net, task, optimizer=le.Adam(rate), **how)
    if name == "counting":
        return net, history, task.reach(net, 300)
    return net, history, le.evaluate(net, task, 100)["correct"]


settings = {
    "counting": (4, 1000, 10, 0.02),
    "measuring": (8, 600, 16, 0.02),
    "timing": (16, 1500, 16, 0.01),
}
cells = {"lstm": le.LSTM, "peephole": le.PeepholeLSTM}
runs = {
    (name, cell): [
        train(name, cls, *setting, seed)
        for seed in range(6 if name == "counting" else 2)
    ]
    for name, setting in settings.items()
    for cell, cls in cells.items()
}
for (name, cell), trained in runs.items():
    print(f"{name:9} {cell:8}", [score for _, _, score in trained])

# %% [markdown]
# And which of the three peepholes does it? The simplest way to ask: set one of them to zero in the trained nets,
# leave all else, and measure the reach again.


# %%
def reach_without(net, row):
    kept = net.layers[0].params["p"][row].copy()
    net.layers[0].params["p"][row] = 0
    found = tasks["counting"].reach(net, 300)
    net.layers[0].params["p"][row] = kept
    return found


reach = {
    cell: np.array([score for _, _, score in runs["counting", cell]]) for cell in cells
}
for row, letter in enumerate("ifo"):
    name = f"without $p_{letter}$"
    reach[name] = np.array(
        [reach_without(net, row) for net, *_ in runs["counting", "peephole"]]
    )
figure, axes = new_figure(1, size=(7.5, 3.2))
for place, (name, values) in enumerate(reach.items()):
    aside = np.linspace(-0.15, 0.15, len(values))  # equal dots stand side by side
    colour = CELL_STYLES.get(name, ("#D55E00",))[0]
    axes.plot(place + aside, values, "o", color=colour, alpha=0.7)

# %% tags=["alt"]
axes.axhline(10, color=REFERENCE, linestyle="--")
axes.set(yscale="log", ylabel="reach: largest n, all right up to it", xlim=(-0.5, 4.5))
axes.set_xticks(range(5), [CELL_TITLES.get(name, name) for name in reach])
axes.set_yticks([1, 3, 10, 30, 100, 300], [1, 3, 10, 30, 100, 300])
alt = (
    "A dot a net: how far it counts. LSTMs reach 10 to 30, nets with peepholes "
    "further; with the forget gate's peephole set to zero all of them fall to 1 or 2."
)
course.show(figure, name="05-reach", alt=alt)

# %% tags=["claim"]
print({name: float(np.median(values)) for name, values in reach.items()})
# beyond its training, or to its end
assert min(reach["lstm"].min(), reach["peephole"].min()) >= 10
assert np.median(reach["peephole"]) > 1.3 * np.median(reach["lstm"])
assert reach["without $p_f$"].max() <= 3  # not one net counts without it
assert (reach["without $p_o$"] >= 10).sum() > (reach["without $p_f$"] >= 10).sum()
for name in ("measuring", "timing"):
    for cell in cells:
        # with peepholes and without
        assert min(score for _, _, score in runs[name, cell]) >= 0.95

# %% [markdown]
# Without $p_f$ no net counts to four: a trained counter hangs on the forget gate's peephole. (With $p_i$ or $p_o$ at
# zero many nets go on counting.) Measuring and timing are solved by all nets, with peepholes and without.
#
# But these are nets of one learning rate and one length of training, and to cripple a trained net is not to train one
# without. So here is the evidence of longer runs: four rates, two budgets, six fresh seeds, and three more cells, each
# of which was *trained* with one peephole only. All start alike: peepholes at zero, a forget bias of 1.

# %% tags=["claim"]
table = course.evidence(5, "counting")
against = {name: course.beats(table, "reach", name, "lstm", better="high")
           for name in ("peephole", "only p_f", "only p_i", "only p_o")}  # fmt: skip
gain = {n: t[f"median of {n}"] / t["median of lstm"] for n, t in against.items()}
print("median reach, as a multiple of the LSTM's, at each rate and budget:")
for name, ratio in gain.items():
    print(f"{name:9}", ratio.round(1).to_list())
assert gain["peephole"].min() > 1.25
assert gain["peephole"].max() > 8
assert gain["only p_f"].min() > 1.1
assert max(gain["only p_i"].max(), gain["only p_o"].max()) < 1.1
cut = table[(table["variant"] == "peephole") & (table["measure"] != "valid loss")]
still = cut.assign(counts=cut["value"] > 10).groupby("measure")["counts"].sum()
print("of 48 nets count beyond ten:", still.to_dict())
assert still.to_list() == [47, 1, 31, 35]  # as they are; without p_f, p_i, p_o
timing = course.evidence(5, "timing")
assert (timing[timing["measure"] == "correct"]["value"] == 0).all()
leaders = course.leads(timing, "test loss")["leader"]
print("timing, the lower loss:", leaders.value_counts().to_dict())
assert leaders.value_counts().to_dict() == {"lstm": 4, "peephole": 2}

# %% tags=["alt"]
figure = le.plotting.evidence(table, "reach", band="quartiles", reference=10, log=True)
alt = (
    "Four panels, a learning rate each: reach after 1000 and 3000 steps. The cell with"
    " all peepholes and the one with the forget gate's alone lie above the other "
    "three."
)
course.show(figure, alt=alt)

# %% [markdown]
# What holds: at every rate and after both budgets the cell with peepholes counts further in the median, but *how much*
# further depends on the training, 1.3 to 10 times. The forget gate's peephole alone does better than none everywhere
# too; that of the input gate or of the output gate alone nowhere by more than a tenth. One peephole of three does the
# counting.
#
# For timing we made the task harder (the experiment "timing" of `lstm-edu course stress 05`): eight units, spikes 20
# or 21 steps apart. Neither cell got a single train of spikes right within 1500 steps, and the lower loss is the LSTM's
# at four of six settings. So none of our timing tasks separates the two: one is easy for both, the other too hard.
#
# ### A look at the counter
#
# Here is the best of the peephole nets on a string of twenty a's and twenty b's, twice as long as any in training. The
# unit whose state follows the count most closely goes up with each a and down with each b; at the last b it is back
# where it began.

# %%
net = max(runs["counting", "peephole"], key=lambda run: run[2])[0]
string = tasks["counting"].strings([20])
gates = net.layers[0].gates(net.layers[0].forward(string.x)[1])
# S, then the a's, then the b's
count = np.concatenate([[0], np.arange(1, 21), np.arange(19, -1, -1)])
fit = [abs(np.corrcoef(count, gates["c"][:, 0, unit])[0, 1]) for unit in range(4)]
best = int(np.argmax(fit))
letters = ["Sab"[s] for s in string.x[:, 0].argmax(-1)]
print(f"unit {best} follows the count with a correlation of {fit[best]:.3f}")

# %% tags=["alt"]
figure = le.plotting.gates_over_time(gates)
figure.axes[5].set_xticks(range(41), letters)
alt = (
    "Heat maps of gates, output and state of four units over S, twenty a and twenty b."
    " One state grows along the a's and shrinks along the b's."
)
course.show(figure, alt=alt)


# %%
def draw_counter(figure, frame):
    axes = figure.subplots()
    axes.plot(
        gates["c"][: frame + 1, 0, best],
        marker=".",
        label="state c of the counting unit",
    )
    axes.plot(gates["h"][: frame + 1, 0, best], color="#D55E00", label="its output h")
    end = 1 / (1 + np.exp(-net(string.x)[frame, 0, 2]))
    number = max(1, frame if frame <= 20 else frame - 20)
    read = f"read so far: {letters[frame]} number {number}"
    axes.set_title(f"{read}; chance of the end: {end:.2f}")
    low, high = gates["c"][:, 0, best].min(), gates["c"][:, 0, best].max()
    axes.set(xlim=(0, 40), ylim=(min(low, -1) - 0.5, max(high, 1) + 0.5), xlabel="step")
    axes.set_xticks(range(41), [s if k <= frame else "" for k, s in enumerate(letters)])
    axes.legend(loc="upper left")


alt = (
    "Animation: while twenty a are read, the state moves steadily one way, while "
    "twenty b are read, back again. Only then the end becomes likely."
)
course.animate(draw_counter, frames=range(41), seconds=6, alt=alt)

# %% [markdown]
# The orange line fits what the ablation says. Where $\tanh(c)$ is stuck, what the gates get to see through $h$ hardly
# changes along a long string. The state itself does, and the forget gate's peephole sees it.
#
# ### Through the hole, backwards
#
# A peephole lets the error through as well. Back to the silent clock, over the nine steps before its first tick. The
# output gate is shut there. We put an error on $h$ at step 9, one step too early for the tick, and ask how it reaches
# the states.

# %%
dy = np.zeros((9, 1, 1))
dy[-1] = 1
for name, layer in (("peepholes", clock), ("peepholes removed", blind)):
    flow = le.gradient_flow(layer, np.zeros((9, 1, 1)), dy)
    some = flow.dc[[0, 6, 7, 8, 9], 0, 0].round(6)
    print(f"{name:18} dL/dc at steps 0 and 6 to 9:", some)
    if name == "peepholes":
        assert np.isclose(flow.dc[0, 0, 0], flow.dc[9, 0, 0], rtol=1e-3)

timer = runs["timing", "peephole"][0][0].layers[0]
batch = tasks["timing"].sample(1, rng=3)
dy = np.zeros((45, 1, 16), np.float32)
dy[-1] = 1

# %% tags=["alt"]
alt = (
    "Heat map of the gradient of one late error with respect to output and state of a "
    "trained timer's 16 units, over 45 steps."
)
course.show(
    le.plotting.gradient_flow(le.gradient_flow(timer, batch.x[:45], dy)), alt=alt
)

# %% [markdown]
# Without peepholes a shut gate lets no error pass: nothing tells the cell to be somewhere else. With them the error
# asks for a lower state, so that the gate doesn't open yet, and nine steps earlier, at step 0, it is still as large.
# The picture shows a net of 16 units that has learnt the timing task: one error at step 45, seen from every earlier
# state. It comes in waves of some ten steps, one for each interval that the net had to time, each wave fainter than the
# next.
#
# ### The sign of chapter 00 again
#
# Nothing is to be counted or timed in the marked sign of chapter 00. Do peepholes do harm where nobody needs them?

# %% tags=["claim"]
lost = course.learn_marked_signs(lambda seed: le.PeepholeLSTM(2, 16, rng=seed))
print("marked sign, with peepholes, five seeds:", lost.round(4))
assert lost.max() < 0.01

# %% [markdown]
# They don't: all five starts learn it, as they did without.
#
# ## What we saw
#
# - A cell behind a shut output gate is blind to itself: its gates see $x$ and $h$ only. One peephole, one number,
#   makes a clock of one unit without any input.
# - "Blind" holds for a *shut* gate. With the gate open, one LSTM unit without peepholes ticks as well; and a net of
#   some units can leave a counter's gate open and let the layer above ignore what it says. Training found that way,
#   even with peepholes: in the heat map of the counter the output gates are open.
# - With peepholes the median net counts further, at each of four rates and two budgets: between 1.3 and 10 times as
#   far. It is the forget gate's peephole that does it: taken from a trained net, the net counts no longer; alone, it is
#   enough to beat the LSTM. The other two alone bring nothing that we could measure.
# - For measuring and timing we found no task that separates the cells.
#
# That isn't quite what the paper reports. Its authors find that peepholes let the LSTM tell spikes apart that come
# every 49 or 50 steps, and generate stable streams of timed spikes (Gers, Schraudolph and Schmidhuber 2002, abstract).
# Their network is one cell with a learning rule that cuts the gradient off at the gates. Ours has up to 16 units and
# the full gradient; with it there are other ways to the same end. We ran theirs too, a cell or two under that rule
# (`lstm-edu reproduce gers2002` and `gers2001`; chapter 21 shows them): periodic functions are made with peepholes and
# never without; delays between spikes are measured as well without; spikes 10 steps apart are timed more often with
# them, at each of three rates, yet now and then without, and for spikes further apart it depends on the rate which cell
# is ahead; three letters are counted more often with them, at three of four rates.
#
# So when to use them? If a state must be kept silent and its exact value decides, or if something is to be counted by
# few units. Otherwise begin without: three numbers a unit cost little, but not every library has them; PyTorch's
# LSTM, for one, doesn't.
#
# ## Where it breaks
#
# We keep adding. Two gates, three gates, peepholes; an LSTM of today has four blocks of weights, and most of them do
# work that overlaps. Does a cell need all that? Chapter 06 takes things away.

# %% [markdown]
# ## Exercises
#
# ### 05.1 An alarm
#
# A gate $\sigma(p\, c + b)$ is to be at 0.5 when $c$ is `at`, and at 0.99 when $c$ is `at + within`. Return `p` and
# `b`. You need the number whose sigmoid is 0.99: $\ln(0.99 / 0.01) = \ln 99 = 4.595$.


# %% tags=["exercise"]
def alarm(at, within): ...


course.check("05.1", alarm)


# %% tags=["solution"]
def alarm(at, within):
    p = np.log(99) / within
    return p, -p * at  # so that p at + b is 0


course.check("05.1", alarm)

# %% [markdown]
# ### 05.2 Find the bug: one step with peepholes
#
# `a` (B, 4H) holds $x W + h U + b$ in the blocks $i, f, g, o$; `p` (3, H) the peepholes in the rows $i, f, o$. Return
# `h` and `c`. This version was made from the LSTM of chapter 04 in a hurry. A clock built with it ticks one step
# late, and so faintly that one hardly hears it.


# %% tags=["exercise"]
def step(a, c_old, p):
    i, f, g, o = np.split(a, 4, axis=-1)
    i, f = sigmoid(i + p[0] * c_old), sigmoid(f + p[1] * c_old)
    o = sigmoid(o + p[2] * c_old)
    c = f * c_old + i * np.tanh(g)
    return o * np.tanh(c), c


course.check("05.2", step)


# %% tags=["solution"]
def step(a, c_old, p):
    i, f, g, o = np.split(a, 4, axis=-1)
    i, f = sigmoid(i + p[0] * c_old), sigmoid(f + p[1] * c_old)
    c = f * c_old + i * np.tanh(g)
    o = sigmoid(o + p[2] * c)  # after c, and from it
    return o * np.tanh(c), c


course.check("05.2", step)

# %% [markdown]
# ### 05.3 From a blank page
#
# Close the book above. Write the whole cell for one sequence: `forward(x, h0, c0, W, U, b, p)` returns `h` (T, H)
# without the initial state, and whatever backward is to keep; `backward(dy, kept)` returns `dx, dh0, dc0, dW, dU, db,
# dp`. The blocks are $i, f, g, o$, the rows of `p` are $i, f, o$. The check names the first array that is wrong.


# %% tags=["exercise"]
def forward(x, h0, c0, W, U, b, p): ...


def backward(dy, kept): ...


course.check("05.3", (forward, backward))


# %% tags=["solution"]
def forward(x, h0, c0, W, U, b, p):
    h, c, gates = [h0], [c0], []
    for x_t in x:
        i, f, g, o = np.split(x_t @ W + h[-1] @ U + b, 4)
        i, f, g = sigmoid(i + p[0] * c[-1]), sigmoid(f + p[1] * c[-1]), np.tanh(g)
        c.append(f * c[-1] + i * g)
        o = sigmoid(o + p[2] * c[-1])
        h.append(o * np.tanh(c[-1]))
        gates.append((i, f, g, o))
    return np.array(h[1:]), (x, np.array(h), np.array(c), gates, W, U, p)


def backward(dy, kept):
    x, h, c, gates, W, U, p = kept
    delta, dh, dc = np.zeros((len(x), U.shape[1])), 0, 0
    for t in reversed(range(len(x))):
        (i, f, g, o), s, dh = gates[t], np.tanh(c[t + 1]), dy[t] + dh
        d_o = dh * s * o * (1 - o)
        dc = dc + dh * o * (1 - s**2) + p[2] * d_o
        d_i, d_f = dc * g * i * (1 - i), dc * c[t] * f * (1 - f)
        delta[t] = np.concatenate([d_i, d_f, dc * i * (1 - g**2), d_o])
        dc, dh = dc * f + p[0] * d_i + p[1] * d_f, delta[t] @ U.T
    i, f, _, o = np.split(delta, 4, axis=1)
    dp = np.array([(i * c[:-1]).sum(0), (f * c[:-1]).sum(0), (o * c[1:]).sum(0)])
    return delta @ W.T, dh, dc, x.T @ delta, h[:-1].T @ delta, delta.sum(0), dp


course.check("05.3", (forward, backward))

# %% [markdown]
# ### 05.4 The gradient of the peepholes
#
# `delta` (T, B, 4H) holds the gradients of the pre-activations of all steps, `c` (T + 1, B, H) all states, the initial
# one first. Return `dp` (3, H), rows $i, f, o$. A one-line mistake here is one that many implementations have had.


# %% tags=["exercise"]
def peephole_gradient(delta, c): ...


course.check("05.4", peephole_gradient)


# %% tags=["solution"]
def peephole_gradient(delta, c):
    i, f, _, o = np.split(delta, 4, axis=-1)
    seen = ((i, c[:-1]), (f, c[:-1]), (o, c[1:]))
    return np.stack([(one * state).sum(axis=(0, 1)) for one, state in seen])


course.check("05.4", peephole_gradient)

# %% [markdown]
# ### 05.5 Open: how small can it be?
#
# There is no checker here. Write down what you expect first.
#
# - Train both cells on the timing task with 8, 4, 2 units. From which size on do peepholes matter? Try several seeds
#   before you believe it.
# - Start the peepholes of a one-unit net at the clock's values, times 0.5. Does training find the rest of the way?
# - `le.tasks.AnBnCn()` needs two counts at once. How many units does each cell need, and how far does it reach?
#
# ## References
#
# - F. A. Gers, N. N. Schraudolph, J. Schmidhuber: Learning Precise Timing with LSTM Recurrent Networks. Journal of
#   Machine Learning Research 3, 115-143, 2002. The peepholes; spikes 49 or 50 steps apart (abstract); measuring
#   (Table 1).
# - F. A. Gers, J. Schmidhuber: Recurrent Nets that Time and Count. IJCNN 2000. The first paper with peepholes
#   (abstract).
# - F. A. Gers, J. Schmidhuber: LSTM Recurrent Networks Learn Simple Context-Free and Context-Sensitive Languages. IEEE
#   Transactions on Neural Networks 12(6), 1333-1340, 2001. Counting (abstract).

# %%
course.ran()
