# %% [markdown] question="For the same number of parameters: two thin layers or one wide one?"
# # 07 · Deep or wide
#
# ## The question
#
# You may spend a fixed number of parameters. Is it better to put two thin LSTM layers on top of each other, or to make
# one layer wide?
#
# ![Learning curves, one panel for each of two tasks. In both, one wide layer ends lowest, a stack of two thin layers
# with as many parameters ends higher, and a stack of two layers of half that width ends
# highest.](../figures/07-deep-or-wide.png)
#
# By the end of this page you will have made this figure yourself. It will also show how the same measurement can be
# told as "depth helps" and as "depth hurts", depending on what is held equal.
#
# Introductions to recurrent networks usually say three things about several layers on top of each other:
#
# 1. A stack is still a recurrent network, one whose connections have some structure.
# 2. It has fewer weights than one large, fully connected layer with as many units.
# 3. It learns more abstract features, so it works better.
#
# The first two are statements about arrays, and we will check them exactly. The third is an empirical claim. There is
# evidence for it on large texts: "Our consistent finding is that depth of at least two is beneficial", write Karpathy,
# Johnson and Fei-Fei (2015). Whether it holds for the networks on this page, we will measure.

# %% [markdown]
# ## What you need
#
# The LSTM with its four gates (chapters 03 and 04), backpropagation through time (chapter 01), and a rough idea of
# NumPy's block matrices. $T$ is the number of steps, $B$ of sequences, $D$ of inputs, $H$ of units in a layer, $L$ of
# layers. The loss on characters is in *nats*: the mean of $-\ln p$, where $p$ is the probability that the network gave
# to the character that came. A guess among 27 equally likely characters costs $\ln 27 = 3.30$ nats.

# %%
import re
import tempfile
from itertools import pairwise
from pathlib import Path
from pydoc_data.topics import topics

import matplotlib.pyplot as plt
import numpy as np
from joblib import Parallel, delayed

import lstm_edu as le
from lstm_edu import course

course.begin(7)
COLOURS, REFERENCE = le.plotting.style.COLOURS, le.plotting.style.REFERENCE

# %% [markdown]
# ## Intuition: two directions for an error
#
# In a stack, the output $h^{(1)}_t$ of the lower layer is the input $x^{(2)}_t$ of the upper one, at the same step
# $t$. Nothing flows downwards: the lower layer never sees what the upper one knows.
#
# $$ h^{(1)}_t = \text{LSTM}_1\big(x_t,\; h^{(1)}_{t-1}\big), \qquad
#    h^{(2)}_t = \text{LSTM}_2\big(h^{(1)}_t,\; h^{(2)}_{t-1}\big) $$
#
# So an error at the top has two ways into the past: back in time within the upper layer, or down first and then back
# in time within the lower one. And between input and output there are now two nonlinear layers at every single step.

# %% [markdown]
# ## One gate at a time: one layer at a time
#
# The cell in each layer is the LSTM of chapter 04, unchanged. What grows is the pile.
#
# Count by hand. An LSTM with $D$ inputs and $H$ units has $4H(D + H + 1)$ parameters. With 16 inputs and 32 units the
# lower layer has $4 \cdot 32 \cdot (16 + 32 + 1) = 6272$. The upper one has 32 inputs, the lower layer's units:
# $4 \cdot 32 \cdot (32 + 32 + 1) = 8320$. Together 14592. One layer of 64 units, as many as both together, has
# $4 \cdot 64 \cdot (16 + 64 + 1) = 20736$. So claim 2 is true: at equal units the stack has 30 % fewer weights.

# %% tags=["claim"]
thin, wide = le.Sequential([le.LSTM(16, 32, rng=0), le.LSTM(32, 32, rng=1)]), le.LSTM(16, 64, rng=2)
figure = le.plotting.stack(thin)
course.show(figure, alt="A stack of two layers, each with a loop for its own states h and c. " + figure.alt_text)
print(thin.summary())
print(f"one layer of 64 units: {le.count_parameters(wide)}")
assert le.count_parameters(thin) == 6272 + 8320 == 14592
assert le.count_parameters(wide) == 20736

# %% [markdown]
# Claim 1 can be made exact as well. Take a wide layer with $H_1 + H_2$ units. Let its first $H_1$ units be the lower
# layer, the others the upper one, and fill its weight matrices block by block:
#
# $$ W = \begin{pmatrix} W_1 & 0 \end{pmatrix}, \qquad
#    U = \begin{pmatrix} U_1 & W_2 \\ 0 & U_2 \end{pmatrix}. $$
#
# The zero in $W$ says that the upper units do not see the input. The zero in $U$ says that nothing flows down. One
# thing differs: the wide layer's upper units see $h^{(1)}_{t-1}$, not $h^{(1)}_t$. They do the same one step later.
#
# The next cell does it with 3 inputs, 4 lower and 2 upper units. `joined` puts the blocks together for each of the
# four gates.


# %%
def joined(upper_left, upper_right, lower_left, lower_right):
    """The block matrix, gate by gate: each argument has four blocks of columns, i f g o."""
    gates = [np.split(part, 4, axis=1) for part in (upper_left, upper_right, lower_left, lower_right)]
    return np.hstack([np.block([[a, b], [c, d]]) for a, b, c, d in zip(*gates, strict=True)])


one, two = (le.LSTM(d, h, dtype=np.float64, rng=d) for d, h in ((3, 4), (4, 2)))
both = le.LSTM(3, 6, dtype=np.float64)
both.params["U"] = joined(one.params["U"], two.params["W"], np.zeros((2, 16)), two.params["U"])
nothing = np.zeros((0, 16)), np.zeros((0, 8))
both.params["W"] = joined(one.params["W"], np.zeros((3, 8)), *nothing)
both.params["b"] = joined(one.params["b"][None], two.params["b"][None], *nothing)[0]

# %% tags=["claim"]
x = np.random.default_rng(0).normal(size=(5, 1, 3))
stacked = le.Sequential([one, two])(x)[:, 0]
late = both(np.concatenate([x, np.zeros((1, 1, 3))]))[1:, 0, 4:]  # the upper units, one step later
print(stacked.round(4), late.round(4), sep="\n\n")
assert np.allclose(stacked, late, atol=1e-12)
print(f"zeros in W and U of the wide layer: {np.mean(both.params['U'] == 0):.0%} of U, "
      f"{np.mean(both.params['W'] == 0):.0%} of W")  # fmt: skip

# %% [markdown]
# So a stack *is* a wide layer with a triangle of zeros, seen one step early. The wide layer could learn those zeros by
# itself. The open question is whether giving them for free helps.

# %% [markdown]
# ## The equations in NumPy
#
# An LSTM layer is a function from a sequence to a sequence. A stack is that function applied twice.


# %%
def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def lstm(x, W, U, b):
    """x (T, B, D) -> h (T, B, H)."""
    h = c = np.zeros((x.shape[1], len(U)))
    out = []
    for x_t in x:
        i, f, g, o = np.split(x_t @ W + h @ U + b, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        out.append(h)
    return np.array(out)


by_hand = lstm(lstm(x, *one.params.values()), *two.params.values())
print("largest difference to the package:", np.abs(by_hand[:, 0] - stacked).max())
assert np.allclose(by_hand[:, 0], stacked, atol=1e-12)

# %% [markdown]
# Each layer has a state of its own, $(h^{(1)}, c^{(1)})$ and $(h^{(2)}, c^{(2)})$. Mixing them up is one of the bugs
# that you will look for in the exercises.

# %% [markdown]
# ## The kernel
#
# No new kernel is needed. `Sequential` runs the same compiled LSTM once for each layer, over all steps, and hands the
# whole sequence up. On the way back it hands the gradient down.

# %%
course.source(le.Sequential.backward)

# %% [markdown]
# The line `dy, _, ... = layer.backward(dy, ...)` is all there is to it: what comes out below the upper layer as `dx`
# is what goes into the lower one as `dy`, *at every step*. The lower layer adds it to what comes back from its own
# future.

# %% [markdown]
# ## The experiment
#
# Two tasks, one from nature and one built to favour a stack.
#
# **Letters.** The help pages that come with Python, lower case, letters and blanks only: 27 characters. Predict each
# next one. The baseline knows the current character alone (chapter 09 has more on it).
#
# **Two wheels.** Wheel A has four positions. Each input bit, 0 or 1, moves it by a fixed permutation of the positions.
# Wheel B has four positions too, and is moved by a permutation that depends on *A's position*. Say where B is, after
# each of 12 steps. A lower layer could be wheel A, and an upper one wheel B. Nobody tells the network where A is.

# %%
letters = re.sub("[^a-z]+", " ", " ".join(topics[name] for name in sorted(topics)).lower())[:250_000]
file = Path(tempfile.mkdtemp()) / "letters.txt"
file.write_text(letters)
text = le.tasks.Text(file, length=32)
file.with_name("little.txt").write_text(letters[:12_000])
little = le.tasks.Text(file.with_name("little.txt"), length=32)  # for the end of this page
print(text.inputs, "characters, baseline", round(text.baseline, 3), "nats")


def wheels(steps=12, sequences=6000, seed=7):
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 2, (steps, sequences))
    move_a, move_b = ([rng.permutation(4) for _ in range(k)] for k in (2, 4))
    a, b, where = np.zeros(sequences, int), np.zeros(sequences, int), []
    for bit in bits:
        a = np.array(move_a)[bit, a]
        b = np.array(move_b)[a, b]
        where.append(b)
    return le.tasks.Arrays(bits[:, :, None].astype(float), np.array(where), steps="all")


gears = wheels()
print("bits ", gears.x[:, 0, 0].astype(int), "\nwheel", gears.target[:, 0], "\nbaseline", round(gears.baseline, 3))

# %% [markdown]
# On the letters each character first becomes 16 learnt numbers, its row in a table (an *embedding*; the 16 inputs of
# the count above). The text is read in order, with the state carried on from batch to batch. The learning rate falls
# to zero along a cosine, so that the last steps are small.
#
# Four networks for each task. The starting point is one thin layer. Then there are *three* ways to ask "deep or
# wide?", and they hold different things equal:
#
# | question | the stack | against |
# | --- | --- | --- |
# | same width: does another layer help? | 2 layers of $H$ | 1 layer of $H$ |
# | same number of units | 2 layers of $H/2$ | 1 layer of $H$ |
# | same number of parameters | 2 layers of $H$ | 1 layer of as many parameters |
#
# For the last one, `le.match_parameters` finds the width.


# %%
def network(task, layers, units, seed):
    rng = np.random.default_rng(seed)
    below = [le.Embedding(task.inputs, 16, rng=rng)] if task.symbols else []
    widths = [16 if task.symbols else task.inputs] + [units] * layers
    cells = [le.LSTM(d, h, rng=rng) for d, h in pairwise(widths)]
    return le.Sequential([*below, *cells, le.Dense(units, task.outputs, rng=rng)])


def run(task, layers, units, seed, steps):
    le.set_num_threads(1)
    net = network(task, layers, units, seed)
    how = {"schedule": "cosine", "every": steps // 20, "carry_state": task.symbols, "progress_bar": False}
    history = le.fit(net, task, steps=steps, seed=seed, **how)
    return net, le.evaluate(net, task, 500)["loss"], history["valid_loss"].to_numpy()


shapes = {}
for name, task, D, H in (("letters", text, 16, 32), ("wheels", gears, 1, 16)):
    stack = 4 * H * (D + H + 1) + 4 * H * (H + H + 1) + (H + 1) * task.outputs
    wide = le.match_parameters("lstm", D, budget=stack, outputs=task.outputs)
    shapes[name] = {"one thin": (1, H), "two half": (2, H // 2), "two thin": (2, H), "one wide": (1, wide)}
    print(name, shapes[name])

# %% [markdown] tags=["predict"]
# **Predict first.** For each of the two tasks, write down the order in which you expect the four networks, from the
# lowest test loss to the highest. Where does "one wide" stand, which has as many parameters as "two thin"?

# %%
tasks = {"letters": (text, 500), "wheels": (gears, 800)}
plan = [(name, kind, seed) for name in tasks for kind in shapes[name] for seed in range(3)]
jobs = (delayed(run)(tasks[n][0], *shapes[n][kind], seed, tasks[n][1]) for n, kind, seed in plan)
results = dict(zip(plan, Parallel(n_jobs=2)(jobs), strict=True))


def losses(name, kind):
    return np.array([results[name, kind, seed][1] for seed in range(3)])


print("task     network   layers x units  parameters   test loss: median (range)")
for name, (task, _) in tasks.items():
    for kind, (layers, units) in shapes[name].items():
        size = le.count_parameters(network(task, layers, units, 0))
        low, middle, high = np.sort(losses(name, kind))
        print(f"{name:8} {kind:9} {layers} x {units:2} {size:19}   {middle:.3f} ({low:.3f} .. {high:.3f})")


# %%
def draw_curves(axes, name, task, steps):
    for k, (kind, (layers, units)) in enumerate(shapes[name].items()):
        curves = np.array([results[name, kind, seed][2] for seed in range(3)])
        at = np.linspace(steps / 20, steps, 20)
        axes.fill_between(at, curves.min(axis=0), curves.max(axis=0), color=COLOURS[k], alpha=0.2, linewidth=0)
        line = ("-", "--", "-.", (0, (5, 1)))[k]
        axes.plot(at, np.median(curves, axis=0), linestyle=line, color=COLOURS[k], label=f"{kind}, {layers} x {units}")
    axes.axhline(task.baseline, color=REFERENCE, linestyle=":", label="baseline")
    axes.set(title=name, xlabel="training steps", ylabel="validation loss (nats)", xlim=(0, steps))
    axes.legend(loc="upper right", bbox_to_anchor=(1, 0.96), fontsize=8)


figure, both_axes = plt.subplots(1, 2, figsize=(8.5, 3.6))
for axes, (name, (task, steps)) in zip(both_axes, tasks.items(), strict=True):
    draw_curves(axes, name, task, steps)
course.show(figure, name="07-deep-or-wide",
            alt="Validation loss of four networks on two tasks against training steps, median and range over three "
                "seeds, with the baseline. The order at the end is the same on both: two half-width layers are worst, "
                "then one thin layer, then two thin layers; one wide layer of as many parameters is best."
            )  # fmt: skip

# %% [markdown]
# ## What we saw
#
# *Same width.* A second layer on top helps: clearly on the wheels, hardly on the letters. Many reports that depth
# helps are of this kind. But the second layer has more than doubled the parameters. On the letters the stack starts
# more slowly, too: after a fifth of the training it is still behind the one layer.
#
# *Same number of units.* "Two half" is worse than "one thin". It also has fewer weights, so this alone decides
# nothing.
#
# *Same number of parameters.* "One wide" beats "two thin", on both tasks and with each of the three seeds. Even on the
# wheels, which could not be a better fit for two layers.

# %% tags=["claim"]
for name in tasks:
    assert np.all(losses(name, "one wide") < losses(name, "two thin"))
    assert np.median(losses(name, "two half")) > np.median(losses(name, "one thin"))
    assert all(losses(name, kind).max() < tasks[name][0].baseline for kind in shapes[name])
assert np.median(losses("wheels", "two thin")) < 0.8 * np.median(losses("wheels", "one thin"))
assert abs(np.median(losses("letters", "two thin")) - np.median(losses("letters", "one thin"))) < 0.1
early = {kind: np.median([results["letters", kind, seed][2][3] for seed in range(3)]) for kind in shapes["letters"]}
assert early["two thin"] > early["one thin"]

# %% [markdown]
# So claim 3 is not confirmed *here*: for small networks and a few hundred training steps, width is the better buy.
# Mind what this does not say. We trained each network for a few seconds, at one learning rate, and a slow start costs
# most where the training is short. Karpathy and colleagues trained larger networks for much longer. Exercise 07.5 asks
# you to look for the point where the order turns round.
#
# ### What each layer's units do
#
# Do the two layers divide the work? We ask the stack that learnt the letters. A *probe* is a linear map from the units
# $h_t$ to some quantity, fitted by least squares on one half of the data and scored on the other. If a probe finds the
# current character in the units, the layer holds it in a form that a next layer can read.


# %% tags=["claim"]
def probe(h, wanted):
    rows = np.c_[h[8:].reshape(-1, h.shape[-1]), np.ones(h[8:, :, 0].size)]
    wanted = np.eye(text.inputs)[wanted[8:].ravel()]
    half = len(rows) // 2
    weights = np.linalg.lstsq(rows[:half], wanted[:half], rcond=None)[0]
    return np.mean((rows[half:] @ weights).argmax(axis=1) == wanted[half:].argmax(axis=1))


batch = text.sample(300, rng=1, split="test")
found = {}
for seed in range(3):
    net = results["letters", "two thin", seed][0]
    gates = net.gates(net.forward(batch.x, training=False)[1])
    for layer in (1, 2):
        h, f = gates[f"{layer}.h"], gates[f"{layer}.f"]
        found[layer] = np.array([probe(h, batch.x), probe(h, batch.target), f.mean()])
        print(f"seed {seed}, layer {layer}: current, next, mean of f:", found[layer].round(2))
    assert np.all((found[2] > found[1])[:2] == [False, True])
    assert found[2][2] > found[1][2] - 0.02

# %% [markdown]
# The lower layer knows better which character it *sees*. The upper layer knows better which one *comes next*, and its
# forget gates stay, on the whole, further open: it keeps things for longer. That is division of labour, and it is what
# people mean by more abstract features. It is real, and it still did not pay for its parameters.
#
# Here are forget gates and cells of both layers while the first of these texts is read; the letters stand below.

# %%
net = results["letters", "two thin", 0][0]
y, tape = net.forward(batch.x, training=False)
figure = le.plotting.gates_over_time(net.gates(tape), names=["2.f", "2.c", "1.f", "1.c"])
figure.axes[3].set_xticks(range(32), list(text.decode(batch.x[:, 0])))
course.show(figure,
            alt="Heat maps of forget gates and cells of both layers over 32 letters. In the lower layer most of them "
                "change from letter to letter; in the upper layer more rows keep their colour.")  # fmt: skip

# %% [markdown]
# ### How the error finds its way
#
# We put an error at the last of 32 steps only and follow it back: $\partial L / \partial h_t$ for each unit of both
# layers. It enters the upper layer from above. The lower layer gets it from the upper one.

# %%
dy = np.zeros_like(y)
dy[-1] = le.SoftmaxCrossEntropy()(y[-1], batch.target[-1])[1]
flow = le.gradient_flow(net, batch.x, dy)
medians = {layer: np.median(flow[layer].norms("h"), axis=1) for layer in (1, 2)}
assert medians[2][32] > medians[1][32]
assert medians[1][16] > 2 * medians[2][16]
for t in (32, 24, 16):
    print(f"norm of dL/dh after step {t}: lower {medians[1][t]:.1e}, upper {medians[2][t]:.1e}")

for layer, where in ((2, "upper"), (1, "lower")):
    course.show(le.plotting.gradient_flow(flow[layer]),
                alt=f"Heat map of the gradient at the {where} layer over steps and units, on a logarithmic scale: "
                    "strongest at the last step, weaker by orders of magnitude towards the first.")  # fmt: skip

# %% [markdown]
# Grey stands for exactly zero: cells so large that their tanh is flat, where nothing comes in from above.
#
# At the last step the upper layer has the larger gradient. Sixteen steps earlier it is the lower one: there, many ways
# lead back, over $t$ in the upper layer, down, and on in the lower layer, and all of them are added up.

# %% [markdown]
# ## Where it breaks
#
# **A stack overfits like any network, and dropout must not touch its memory.** Dropout sets each value to zero with
# probability $p$ during training and divides the others by $1 - p$, so that nothing can rely on a single unit. On the
# state that is carried from step to step this is a disaster: a value that has to survive 30 steps is spared with
# probability $(1 - p)^{30}$. At $p = 0.2$ that is $0.8^{30} = 0.0012$. Zaremba, Sutskever and Vinyals (2014) therefore
# use dropout on the non-recurrent connections only: on the input of each layer and on the output of the last. In a
# stack of two layers a value then passes three masks, whatever the number of steps: $0.8^3 = 0.51$.
#
# `le.Dropout` above a layer touches only what goes up, since the states never leave their layer. We put one above each
# of the two LSTMs, train on only the first 12,000 letters, thirty times over, and do the same without dropout.


# %%
def overfit(rate, seed, units=48):
    rng = np.random.default_rng(seed)
    lower = [le.Embedding(27, 16, rng=rng), le.LSTM(16, units, rng=rng), le.Dropout(rate, rng=rng)]
    upper = [le.LSTM(units, units, rng=rng), le.Dropout(rate, rng=rng), le.Dense(units, 27, rng=rng)]
    net = le.Sequential(lower + upper)
    le.fit(net, little, steps=600, batch=16, schedule="cosine", seed=seed, carry_state=True, progress_bar=False)
    return [le.evaluate(net, little, 100, split=split)["loss"] for split in ("train", "test")]


both = Parallel(n_jobs=2)(delayed(overfit)(rate, seed) for rate in (0.0, 0.3) for seed in range(3))

# %% tags=["claim"]
scores = {0.0: np.array(both[:3]), 0.3: np.array(both[3:])}
gaps = {rate: test - train for rate, (train, test) in ((rate, found.T) for rate, found in scores.items())}
for rate in (0.0, 0.3):
    train, test = np.median(scores[rate], axis=0)
    low, middle, high = np.sort(gaps[rate])
    print(f"dropout {rate}: training {train:.3f}, test {test:.3f}, gap {middle:.3f} ({low:.3f} .. {high:.3f})")
assert gaps[0.3].max() < gaps[0.0].min()
assert np.median(scores[0.3][:, 1]) < np.median(scores[0.0][:, 1])

# %% [markdown]
# With dropout the network is worse on what it has read and better on what it has not: the gap shrinks in each run.
# Zaremba's networks, with the settings of their published code, had two layers of 650 units with half of the values
# dropped, and two of 1500 with 0.65 dropped.
#
# **A pile of equal layers is not the only pile.** Often what is missing below is not one more memory but eyes, and
# above not one more memory but a decision. What else can stand below and above an LSTM is the question of the next
# chapter.

# %% [markdown]
# ## Exercises
#
# **07.1 Count.** Write the number of parameters of a stack of `L` LSTM layers of `H` units on `D` inputs.


# %% tags=["exercise"]
def parameters(D, H, L): ...


course.check("07.1", parameters)


# %% tags=["solution"]
def parameters(D, H, L):
    return 4 * H * (D + H + 1) + (L - 1) * 4 * H * (H + H + 1)


course.check("07.1", parameters)

# %% [markdown]
# **07.2 Find the bug.** A stack of plain recurrent layers, as many people write it first. It runs and learns badly. It
# has **two** mistakes, and both are about arrays rather than networks. `layers` is a list of `(W, U, b)`.


# %% tags=["exercise"]
def stack_with_bugs(x, layers):
    units = len(layers[0][1])
    h = [np.zeros((x.shape[1], units))] * len(layers)
    out = []
    for x_t in x:
        below = x_t
        for k, (W, U, b) in enumerate(layers):
            h[k][:] = np.tanh(below @ W + h[k] @ U + b)
            below = h[k]
        out.append(h[-1])
    return np.array(out)


course.check("07.2", stack_with_bugs)


# %% tags=["solution"]
def stack_repaired(x, layers):
    h = [np.zeros((x.shape[1], len(U))) for _, U, _ in layers]  # a list times 2 holds the same array twice
    out = []
    for x_t in x:
        below = x_t
        for k, (W, U, b) in enumerate(layers):
            h[k] = np.tanh(below @ W + h[k] @ U + b)  # a new array: what was appended stays as it was
            below = h[k]
        out.append(below)
    return np.array(out)


course.check("07.2", stack_repaired)

# %% [markdown]
# **07.3 Find the bug.** This makes a stack whose forget gates are to start open, with a bias of `forget_bias`. The
# network trains, but it forgets. The column blocks of `b` are i, f, g, o.


# %% tags=["exercise"]
def make_stack_with_bug(inputs, units, layers, forget_bias):
    cells = [le.LSTM(inputs, units, rng=0)]
    cells[0].params["b"][units : 2 * units] = forget_bias
    for k in range(1, layers):
        cells.append(le.LSTM(units, units, rng=k))
    return le.Sequential(cells)


course.check("07.3", make_stack_with_bug)


# %% tags=["solution"]
def make_stack(inputs, units, layers, forget_bias):
    widths = [inputs] + [units] * (layers - 1)
    return le.Sequential([le.LSTM(d, units, forget_bias=forget_bias, rng=k) for k, d in enumerate(widths)])


course.check("07.3", make_stack)

# %% [markdown]
# **07.4 Dropout in the right place.** Add Zaremba's dropout to your repaired stack. `masks[0]` (T, B, D) is for the
# input, `masks[k + 1]` (T, B, H) for what layer `k` gives out, to the layer above or as the network's output. The
# masks hold 0 or $1/(1-p)$ already.


# %% tags=["exercise"]
def stack_with_dropout(x, layers, masks): ...


course.check("07.4", stack_with_dropout)


# %% tags=["solution"]
def stack_with_dropout(x, layers, masks):
    h = [np.zeros((x.shape[1], len(U))) for _, U, _ in layers]
    out = []
    for t, x_t in enumerate(x):
        below = x_t * masks[0][t]
        for k, (W, U, b) in enumerate(layers):
            h[k] = np.tanh(below @ W + h[k] @ U + b)  # carried on whole
            below = h[k] * masks[k + 1][t]  # handed up with holes
        out.append(below)
    return np.array(out)


course.check("07.4", stack_with_dropout)

# %% [markdown]
# **07.5 An open question.** Where does the order turn round? Take "two thin" and "one wide" on the whole help pages
# (`le.tasks.Text(length=48)`, 94 characters and upper case), about 30,000 parameters each, and train both for 500 and
# for 3000 steps. Does the stack catch up? Then be fair to both: try the rates 0.005, 0.01 and 0.02 for each and
# compare the best of each. Plan for ten minutes, and write down your prediction before.

# %% [markdown] tags=["solution"]
# What to look for: give the two networks the same budget with `le.match_parameters`, use at least three seeds, and
# draw the validation loss of both against the step. A stack starts more slowly, since its lowest layer learns through
# two others. So the answer can depend on where you stop, and a comparison at one number of steps is half a comparison.
# Whatever you find, write it down with the size, the number of steps, the rates and the seeds: "deep is better" is not
# a result.

# %% [markdown]
# ## References
#
# - W. Zaremba, I. Sutskever, O. Vinyals, *Recurrent Neural Network Regularization*, 2014, arXiv:1409.2329: dropout on
#   the non-recurrent connections. The sizes and rates named above are those of the authors' published code.
# - A. Karpathy, J. Johnson, L. Fei-Fei, *Visualizing and Understanding Recurrent Networks*, 2015, arXiv:1506.02078:
#   the sentence quoted at the top, about character models on large texts.
# - R. Pascanu, C. Gulcehre, K. Cho, Y. Bengio, *How to Construct Deep Recurrent Neural Networks*, 2014,
#   arXiv:1312.6026: other places in which a recurrent network can be made deep.

# %%
course.ran()
