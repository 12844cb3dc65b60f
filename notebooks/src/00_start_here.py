# %% [markdown] question="Can a network keep one number and ignore nineteen others, and can we watch it?"
# # 00 · Start here
#
# ## The question
#
# Twenty numbers arrive one after the other, each of them $+1$ or $-1$. One of them comes with a mark. At the end we
# ask: *which sign had the marked number?* Can a network learn to keep one number and to ignore nineteen others? And can
# we watch it do so?
#
# In this chapter you train such a network in less than ten seconds and look inside it. This is the picture that you
# will make:
#
# ![Top: twenty signs, one of them marked. Middle: what the network would answer at each step; it settles on the right
# sign once the mark has come. Bottom: how much is written into each of four memory cells at each
# step.](../figures/00-start-here.png)
#
# You need not understand every line yet. Each of them has a chapter of its own.

# %%
import numpy as np

import lstm_edu as le
from lstm_edu import course
from lstm_edu.plotting.style import new_figure

course.begin(0)

# %% [markdown]
# ## What you need
#
# You need derivatives, the matrix product `x @ W` of NumPy, and this course installed. Nothing about neural networks.
#
# ### How to run a chapter
#
# A chapter is a row of **cells**. Click on the first one and press Shift and Enter: the cell runs, and the next one is
# selected. Go from top to bottom. If something looks wrong, choose *Restart Kernel and Run All Cells*: that is how
# the chapter was made. Every chapter takes at most a minute to run on two cores. The very first run takes a little
# longer, because the package is compiled to machine code once.
#
# Change numbers! A cell that says `forget_bias=3` wants to be run with `-3` as well. You cannot break anything: run the
# chapter from the top and all is as it was.
#
# Some cells ask you to **predict first**. Do it, best on paper. A wrong prediction that you wrote down teaches more
# than a right result that you read.
#
# An **exercise** has a cell with a gap and a check. The check says what is wrong in words. A solution is folded away
# below it.
#
# ### The map
#
# | chapter | question | minutes |
# | --- | --- | --- |
# | 00 Start here | Can we watch a network remember? | 50 |
# | 01 A network with a memory | How does a network get a memory, and how does it learn? | 60 |
# | 02 Why it forgets | Where does the error go on its way back through time? | 55 |
# | 03 The constant error carousel | Can a step back through time have a factor of exactly 1? | 55 |
# | 04 Learning to forget | What should a memory do with what it no longer needs? | 55 |
# | 05 Peepholes | How can a gate act on what the cell does not show? | 55 |
# | 06 One gate fewer: the GRU | What does a cell lose with one gate fewer? | 55 |
# | 07 Deep or wide | Several thin layers or a single wide one? | 55 |
# | 08 A layer among layers | What goes below a recurrent layer, and what above? | 55 |
# | 09 A worked example | How does one get from a file to samples and forecasts? | 55 |
# | 10 A fair contest | Which cell for which task, and how sure can we be? | 55 |
# | 11 Under the hood | How does a Python loop become as fast as the machine? | 55 |
# | 16 A network that writes Python | What does a network learn that does nothing but read Python? | 50 |
# | 17 From a CSV to a forecast | How far ahead can one see, and how sure? | 50 |
# | 18 What the switches do | Which of an LSTM's many switches help, and where? | 55 |
# | 19 After the LSTM | What does each of its heirs do better, and what does it give up? | 55 |
# | 20 The experiments that made the LSTM | What comes out when the experiments of 1997 are run again? | 55 |
# | 21 Later papers, run again | Which claims of the papers after 1997 come out when they are run again? | 55 |
# | 12 to 15 | Cheat sheet, glossary in English and Chinese, how to teach with it, further reading | |
#
# Chapters 01 to 06 build on each other. After them, take 07 to 11 in any order, 16 and 17 after 09, 18 after 10, 19
# after 07, 20 after 03, and 21 after 20. In a hurry? Read 01, 02, 03, 04 and the first half of 10. If you come for speed alone, read 01 and 11.
#
# ## The notation
#
# Four letters measure everything.
#
# | letter | what it counts | in this chapter |
# | --- | --- | --- |
# | $T$ | **steps**: moments of time | 20 |
# | $B$ | **batch**: sequences that are worked on side by side | 32 |
# | $D$ | **inputs**: numbers that arrive at each step | 2 |
# | $H$ | **units**: numbers that a layer puts out at each step | 4 |
#
# Time comes first. The input `x` has the shape $(T, B, D)$, so `x[t]` is all that arrives at step $t$. The output `y`
# of a recurrent layer has the shape $(T, B, H)$. A **state** of shape $(B, H)$ goes from each step to the next.
#
# In formulas, $h'$ is the state *before* a step and $h$ the one after it. We write $\mathrm{d}w$ for
# $\partial L / \partial w$, how fast the error $L$ (the **loss**) changes with $w$. $\sigma$ is the logistic
# **sigmoid**, $\sigma(a) = 1/(1 + e^{-a})$. It turns any number into one between 0 and 1: $\sigma(0) = 0.5$,
# $\sigma(3) = 0.9526$ and $\sigma(-3) = 0.0474$. Its companion $\tanh$ lies between $-1$ and $1$.


# %% tags=["claim"]
def sigmoid(a):
    return 1 / (1 + np.exp(-a))


print(sigmoid(np.array([0.0, 3.0, -3.0])).round(4))
assert np.allclose(
    sigmoid(np.array([0.0, 3.0, -3.0])), [0.5, 0.9526, 0.0474], atol=5e-5
)

# %% [markdown]
# ## Intuition: a gate is a number that multiplies
#
# A number between 0 and 1 that multiplies another one is called a **gate**. At 1 it lets everything through, at 0
# nothing. What makes it useful: the network works it out anew at each step, from what it sees. So it can be open now
# and shut a moment later.
#
# A **memory cell** keeps one number $c$. At each step two gates act on it. The forget gate $f$ decides how much of the
# old value stays. The input gate $i$ decides how much of a new value $g$ is added:
#
# $$c = f\,c' + i\,g$$
#
# Try it by hand. The old value is $c' = 0.8$ and the new value would be $g = -1$.
#
# - *Keep:* $f = 1$, $i = 0$ gives $c = 0.8 + 0 = 0.8$.
# - *Replace:* $f = 0$, $i = 1$ gives $c = 0 - 1 = -1$.
# - *Half and half:* $f = 0.5$, $i = 0.5$ gives $c = 0.4 - 0.5 = -0.1$.

# %%
c_old, g = 0.8, -1.0
for f, i in ((1, 0), (0, 1), (0.5, 0.5)):
    print(f"f = {f}, i = {i}:  c = {f * c_old + i * g:.1f}")

# %% [markdown]
# And if $f$ is almost 1? Nothing new comes in, and the cell has to keep its number for many steps. With $f = 0.9$ a
# tenth is lost at each step, and after 20 steps $0.9^{20} = 0.1216$ is left. The figure shows three forget gates. With
# a live kernel there is a slider too.


# %%
def fade(axes, forget_gate):
    kept = forget_gate ** np.arange(21)
    axes.bar(np.arange(21), kept, color="#0072B2")
    axes.set(ylim=(0, 1.2), xlabel="step", ylabel="what is left of c")
    axes.text(20.5, 1.08, f"after 20 steps: {kept[-1]:.4f}", ha="right")


assert round(0.9**20, 4) == 0.1216

# %% tags=["alt"]
alt = (
    "What is left of a memory over 20 steps: it fades fast at a forget gate of 0.7, "
    "and hardly at 0.99."
)
course.explore(fade, forget_gate=[0.7, 0.9, 0.99], alt=alt)

# %% [markdown]
# ### What is to come
#
# Here is that memory cell as a circuit, the LSTM. Its name is *long short-term memory*. Follow the line of $c$: it is
# the memory. What arrives from the left is multiplied by $f$, and $i\,g$ is added. Everything else only decides how far
# the gates are open. A third gate, $o$, decides how much of the memory the rest of the network gets to see.
#
# Chapters 01 to 06 draw this picture part by part, and you will know why each part is there.

# %% tags=["alt"]
course.show(
    le.plotting.diagram("lstm"),
    alt="The LSTM as a circuit: a memory line from left to right with three gates.",
)

# %% [markdown]
# ## The first run
#
# First the data. Two numbers arrive at each step: a random sign, and a 1 if this is the marked one, else 0. The
# **target** is the sign at the mark. The mark can be at any step but the last.


# %%
def marked_signs(length=20, count=4000):
    rng = np.random.default_rng(length)
    x, each = np.zeros((length, count, 2)), np.arange(count)
    x[..., 0] = rng.choice([-1.0, 1.0], (length, count))
    at = rng.integers(0, length - 1, count)
    x[at, each, 1] = 1
    return le.tasks.Arrays(x, x[at, each, :1], loss="mean_squared_error", steps="last")


task = marked_signs()
batch = task.sample(32, rng=0)
print("x:", batch.x.shape, " target:", batch.target.shape)
print(batch.x[:, 0].T.astype(int), "->", batch.target[0])

# %% [markdown]
# How wrong is a network that has not learnt anything? We measure with the **mean squared error**, the mean of
# $(\text{answer} - \text{target})^2$. Whoever sees only the last number knows nothing about the marked one. The best
# answer is then $0$, and it is wrong by $1$ each time. So the error of the best guess is $1$. We call that the
# **baseline**. A network has learnt something only if it gets below its baseline. Every learning curve in this
# course shows it.
#
# The network has two layers: an LSTM of four units that reads the sequence, and a `Dense` layer that turns the last
# state into one number, the answer. `rng` fixes the random numbers that the network starts from. With another **seed**,
# another network is born.


# %%
def network(cell=le.LSTM, seed=0, **options):
    return le.Sequential(
        [cell(2, 4, rng=seed, **options), le.Dense(4, 1, steps="last", rng=seed)]
    )


net = network(forget_bias=3)
print(net.summary())

# %% [markdown]
# Where do the numbers of the last column come from? An LSTM has four blocks: three gates and the new value. Each
# block has a weight from each of the $D$ inputs to each of the $H$ units, a weight from each unit to each unit, and a
# bias for each unit. That makes $4\,(D H + H H + H) = 4\,(8 + 16 + 4) = 112$. The `Dense` layer has $4$ weights and
# one bias. Together: $117$.

# %% tags=["claim"]
T, B, D, H = 20, 32, 2, 4
assert net.layers[0].count_parameters() == 4 * (D * H + H * H + H) == 112
assert net.count_parameters() == 117
assert batch.x.shape == (T, B, D)
y, tape = net.layers[0].forward(batch.x)
assert y.shape == (T, B, H)

# %% [markdown] tags=["predict"]
# Now train it: 400 times, the network sees 32 sequences, and each of its 117 numbers is moved a little in the direction
# that makes the error smaller. (How the direction is found is chapter 01.)
#
# **Predict first.** How small does the error get, if the baseline is 1? And how much will it differ between five
# networks with different seeds?


# %%
def train(net, seed=0):
    return le.fit(
        net,
        task,
        steps=400,
        optimizer=le.Adam(2e-2),
        seed=seed,
        every=20,
        progress_bar=False,
    )


nets = [network(seed=seed, forget_bias=3) for seed in range(5)]
histories = [train(net, seed) for seed, net in enumerate(nets)]
losses = np.array([history["valid_loss"] for history in histories])
print("error after 400 steps:", losses[:, -1].round(4))

# %% [markdown]
# The figure shows the **median** of the five runs as a line and their **range** as a band. One run alone could be luck.

# %%
figure, axes = new_figure(size=(7, 3.2))
steps = histories[0]["step"]

# %% tags=["alt"]
axes.fill_between(
    steps,
    losses.min(axis=0),
    losses.max(axis=0),
    color="#0072B2",
    alpha=0.2,
    linewidth=0,
)
axes.plot(
    steps,
    np.median(losses, axis=0),
    color="#0072B2",
    label="LSTM, 4 units: median of 5 and range",
)
axes.axhline(
    task.baseline, color="#777777", linestyle="--", label="baseline: always answer 0"
)
axes.set(
    yscale="log", xlabel="training steps", ylabel="mean squared error", xlim=(0, 400)
)
axes.legend()
alt = (
    "The error of five LSTMs falls from the baseline 1 to about one thousandth in 400 "
    "steps."
)
course.show(figure, alt=alt)

# %% tags=["claim"]
assert 0.99 < task.baseline <= 1
assert losses[:, -1].max() < 0.01

# %% [markdown]
# All five have learnt it. Their error is a few thousandths or less, where guessing gives 1.
#
# ## Looking inside
#
# Take one sequence that the network has never seen, and ask it at *each* step what it would answer now. To see what
# goes on in the cell, we also draw $i\,g$: what is written into each of the four memories at each step.

# %%
seen = task.sample(64, rng=3, split="test")
h, tape = nets[0].layers[0].forward(seen.x)
gates = nets[0].layers[0].gates(tape)
answers = (
    h @ nets[0].params["1.W"] + nets[0].params["1.b"]
)  # the Dense layer at every step
written = gates["i"] * gates["g"]
marks = seen.x[..., 1].argmax(
    axis=0
)  # at which step each of the 64 sequences has its mark
one = int(np.flatnonzero(marks == 8)[0])  # a sequence with its mark in the middle

# %% tags=["alt"]
figure, (top, middle, bottom) = new_figure(3, 1, size=(7, 5), sharex=True)
top.bar(
    np.arange(20),
    seen.x[:, one, 0],
    color=["#D55E00" if t == marks[one] else "#bbbbbb" for t in range(20)],
)
middle.plot(answers[:, one, 0], "o-", color="#0072B2", label="answer so far")
middle.axhline(
    seen.target[one, 0], color="#D55E00", linestyle="--", label="right answer"
)
largest = np.abs(written[:, one]).max()
image = bottom.imshow(
    written[:, one].T, aspect="auto", cmap="PuOr", vmin=-largest, vmax=largest
)
middle.legend(loc="upper right", ncols=2)
top.set(ylabel="sign (input)", title="orange: the marked sign")
middle.set(ylabel="answer", ylim=(-1.5, 1.9))
bottom.set(
    ylabel="memory cell", xlabel="time step t", yticks=range(4), xticks=range(0, 20, 2)
)
bottom.grid(visible=False)
figure.colorbar(image, ax=bottom, label="written, $i\\,g$", aspect=8)
alt = (
    "Top: twenty signs, one of them marked. Middle: the network's answer at each step "
    "settles on the right sign after the mark. Bottom: what is written into four "
    "cells."
)
course.show(figure, name="00-start-here", alt=alt)

# %% [markdown]
# Before the mark the answer is undecided. After it, the answer has the right sign and stays there, although random
# signs keep arriving. All gates and states of the same sequence are in the next picture. It looks like a lot; for now
# find two things. The forget gate $f$ is bright most of the time, which means *keep*, and darker at the mark. And
# in some rows the memory $c$ changes its colour there.

# %%
chosen = le.plotting.gates_over_time(
    gates, seen.x, sequence=one, names=["i", "f", "g", "c", "h"]
)

# %% tags=["alt"]
alt = (
    "Input, gates i and f, new value g, memory c and output h of four units over "
    "twenty steps."
)
course.show(chosen, alt=alt)

# %% [markdown]
# A picture shows one sequence of one network. Does it hold for all five networks and 64 sequences? We ask two
# questions. At the last step, is the sign of the answer right? And is more written at the mark than elsewhere?

# %% tags=["claim"]
for net in nets:
    h, tape = net.layers[0].forward(seen.x)
    answer = h[-1] @ net.params["1.W"] + net.params["1.b"]
    gates = net.layers[0].gates(tape)
    size, mark = np.abs(gates["i"] * gates["g"]).sum(axis=-1), seen.x[..., 1] > 0
    right = np.mean(np.sign(answer) == seen.target)
    at_mark, elsewhere = size[mark].mean(), size[~mark].mean()
    print(f"right: {right:.0%}, written at the mark: {at_mark:.2f}", end=", ")
    print(f"elsewhere: {elsewhere:.2f}")
    assert np.all(np.sign(answer) == seen.target)
    assert at_mark > 1.3 * elsewhere

# %% [markdown] tags=["predict"]
# ## Change a number
#
# `forget_bias` is where the forget gates start. At $3$ they start at $\sigma(3) = 0.95$, so a cell forgets a twentieth
# at each step. Now you know enough to change something. **Predict first:** what happens to the error if we
# replace the LSTM by the plain recurrent network of chapter 01, which has no gates, with the same four units?

# %%
plain = [train(network(le.RNN, seed), seed)["valid_loss"].iloc[-1] for seed in range(5)]
print("RNN: ", np.round(plain, 3))
print("LSTM:", losses[:, -1].round(4))
assert np.median(plain) > 10 * np.median(losses[:, -1])

# %% [markdown]
# The plain network has the same number of units, the same data and the same training. Its typical error is more
# than ten times as large. Is that fair? It has fewer parameters, and perhaps another learning rate suits it better.
# Both are good objections; chapter 10 is about contests that are fair. *Why* it has such a hard time is the question of
# chapter 02.
#
# Here are more numbers to change. Run the cells again, from `marked_signs` on.
#
# - `length=20` to 60: does the LSTM still learn it?
# - `forget_bias=3` to `-3`: the cells begin by forgetting nearly everything.
# - `le.LSTM` to `le.GRU` (without `forget_bias`): one gate fewer.
# - `steps=400` to 100: when does the error begin to fall?
#
# ## Exercises
#
# **00.1 Shapes.** An LSTM reads $B$ sequences of $T$ steps with $D$ inputs, and has $H$ units. Return three shapes as
# tuples: of the input `x`, of the output `y`, and of the state `h` that goes from one step to the next.


# %% tags=["exercise"]
def shapes(T, B, D, H): ...  # return x, y, h


course.check("00.1", shapes)


# %% tags=["solution"]
def shapes(T, B, D, H):
    return (T, B, D), (T, B, H), (B, H)


course.check("00.1", shapes)

# %% [markdown]
# **00.2 Count.** How many parameters has an LSTM with $D$ inputs and $H$ units? Above there is an example with
# numbers: 2 inputs and 4 units make 112.


# %% tags=["exercise"]
def parameters(D, H): ...


course.check("00.2", parameters)


# %% tags=["solution"]
def parameters(D, H):
    return 4 * (D * H + H * H + H)


course.check("00.2", parameters)

# %% [markdown]
# **00.3 One step of a memory.** Write the line of the memory cell, for arrays: `c_old` is the memory before the step,
# all are of shape (H,). The gates come as plain numbers *before* the sigmoid, `a_f` and `a_i`, and the new value before
# the tanh, `a_g`.


# %% tags=["exercise"]
def memory_step(c_old, a_i, a_f, a_g): ...  # return the new c


course.check("00.3", memory_step)


# %% tags=["solution"]
def memory_step(c_old, a_i, a_f, a_g):
    return sigmoid(a_f) * c_old + sigmoid(a_i) * np.tanh(a_g)


course.check("00.3", memory_step)

# %% [markdown]
# **00.4 Find the bug.** This function takes the output `y` of a recurrent layer, of shape $(T, B, H)$, and should
# return the last step of each sequence, shape $(B, H)$. It runs without an error, and the result looks plausible. It is
# the most frequent mistake with recurrent layers of any library.


# %% tags=["exercise"]
def last_step_with_bug(y):
    return y[:, -1]


course.check("00.4", last_step_with_bug)


# %% tags=["solution"]
def last_step(y):
    return y[-1]  # was y[:, -1], the last sequence at all steps: time comes first here


course.check("00.4", last_step)

# %% [markdown]
# **00.5 An open question.** How long can the sequence be? Increase `length` from 20 to 40, 80 and 160, train three
# seeds each, and note the median error. What happens if you also set `forget_bias` to 5? Write down what you expect
# before you run it.

# %% [markdown] tags=["solution"]
# One way to go about it: give `marked_signs` and `train` the length as an argument and print the median for each. At a
# forget gate of $0.95$ there is $0.95^{160} \approx 0.0003$ left of a memory after 160 steps, so at the start of the
# training almost nothing arrives at the end. A bias of 5 means $\sigma(5)^{160} \approx 0.34$. Chapter 04 turns this
# into a rule.

# %% [markdown]
# ## References
#
# - S. Hochreiter, J. Schmidhuber, *Long Short-Term Memory*, Neural Computation 9(8), 1997: the memory cell.
# - F. A. Gers, J. Schmidhuber, F. Cummins, *Learning to Forget*, Neural Computation 12(10), 2000: the forget gate.
#
# Go on with chapter 01. All formulas are on one page in chapter 12, all words in chapter 13.

# %%
course.ran()
