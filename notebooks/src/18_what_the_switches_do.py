# %% [markdown] question="An LSTM comes with a dozen switches. Which of them help, where, and at what cost?"
# # 18 · What the switches do
#
# ## The question
#
# The LSTM of a library comes with a dozen switches: clip the cell, project the output, couple the gates, normalise,
# drop, read both ways. Behind most of them stands a paper in which it helped. **Which of them help, where, and at what
# cost?**
#
# ![Three tables of numbers from 0 to 5, one for each task: a row for each of thirteen cells, a column for each learning
# rate and number of steps. Coupled gates win all on the task "sum" and none on "count"; a projection wins nearly all
# on "stream".](../figures/18-switches.png)
#
# Each row is a cell with one switch turned, each number how often it beat the cell without the turn, in five tries, at
# one learning rate and after one number of steps. Hardly a row has one colour in all three panels. That is the short
# answer. The long one is the table at the end, with the evidence in each row.

# %% [markdown]
# ## What you need
#
# The LSTM (chapters 03 and 04), peepholes (05), stacks (07), and what a fair comparison is (10). As everywhere: $T$
# steps, $B$ sequences, $D$ inputs, $H$ units; the gates $i, f, o$, the candidate $g$, the state $c$, the output $h$.
# Losses of classes are in nats.

# %%
import numpy as np

import lstm_edu as le
from lstm_edu import course
from lstm_edu.course.display import put
from lstm_edu.course.making.stress import ch18
from lstm_edu.plotting.style import COLOURS, new_figure

course.begin(18)
le.set_num_threads(1)

# %% [markdown]
# ## Three tasks that want different things
#
# Whether a gate is needed depends on what is asked of it. So there are three tasks, each as pure as possible:
#
# - *sum*: two of 30 numbers are marked, and their sum is asked for. *Keep* two things, let nothing else in.
# - *stream*: the endless Reber strings of chapter 04. *Wipe* the page again and again.
# - *count*: read $a^n$, then say when $n$ letters b are over; trained up to $n = 8$, tested on 9 to 12. *Count*,
#   and go on counting where nobody has taught it.
#
# ## Which gate may go?
#
# Greff and others asked it in 2015, with 5400 runs on speech, handwriting and music. They took a peephole LSTM (V) and
# changed one thing at a time:
#
# | name | what is changed | name | what is changed |
# | --- | --- | --- | --- |
# | NIG | no input gate: $i = 1$ | NOAF | no tanh behind the state: $h = o\,c$ |
# | NFG | no forget gate: $f = 1$ | CIFG | coupled gates: $f = 1 - i$ |
# | NOG | no output gate: $o = 1$ | NP | no peepholes: the LSTM of chapter 04 |
# | NIAF | no tanh in $g$ | FGR | gates that also see the gates of the step before |
#
# All of it is one small function. The next cell holds it against the package's kernels.


# %%
def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def read(x, W, U, b, without):
    h = c = np.zeros(len(U))
    for x_t in x:
        i, f, g, o = np.split(x_t @ W + h @ U + b, 4)
        i = 1 if without == "NIG" else sigmoid(i)
        f = 1 if without == "NFG" else sigmoid(f)
        f = 1 - i if without == "CIFG" else f
        o = 1 if without == "NOG" else sigmoid(o)
        c = f * c + i * (g if without == "NIAF" else np.tanh(g))
        h = o * (c if without == "NOAF" else np.tanh(c))
    return h


# %% tags=["claim"]
x = np.random.default_rng(0).normal(size=(6, 3))


def four_blocks(layer, name):
    """The layer's blocks in the order i f g o, zeros for a gate that is not there."""
    names, array = layer.gate_names, layer.params[name]
    parts = dict(zip(names, np.split(array, len(names), axis=-1), strict=True))
    return np.concatenate([parts.get(gate, 0 * parts["g"]) for gate in "ifgo"], axis=-1)


for name in le.VariantLSTM.missing:
    layer = le.VariantLSTM(3, 5, variant=name, dtype=np.float64, rng=0)
    ours = read(x, *(four_blocks(layer, array) for array in "WUb"), without=name)
    assert np.allclose(ours, layer(x[:, None])[-1, 0], atol=1e-12)
    print(f"{name:5} {le.count_parameters(layer):4} parameters, as ours")

# %% [markdown] tags=["predict"]
# **Predict first.** For each task: which gate can the LSTM do without, and which not? Write down three pairs. (Greff
# and others found the forget gate and the tanh behind the state the most important on their three data sets.)


# %%
def train(make, task, seed, steps, rate=0.01):
    net = make(np.random.default_rng(seed))
    how = {"optimizer": le.Adam(rate), "batch": 16, "progress_bar": False}
    le.fit(net, task, steps=steps, seed=seed, every=steps, validation=10, **how)
    return net


live = {}
print("median test loss of three seeds, 300 steps at a rate of 0.01")
for task_name, task in ch18.TASKS.items():
    for cell in ("NP", "NIG", "NFG"):

        def make(rng, task=task, cell=cell):
            return ch18.cell_network(task, cell, rng)

        nets = [train(make, task, seed, steps=300) for seed in range(3)]
        live[task_name, cell] = [le.evaluate(net, task, 200)["loss"] for net in nets]
        print(f"{task_name:7} {cell:4} {np.median(live[task_name, cell]):.4f}")

# %% [markdown]
# One rate and one budget are one column of a table. `lstm-edu course stress 18` trained every cell of this page at
# three rates, for 300 and for 900 steps, from five other seeds. A pair is two cells from the same seed: five at each of
# the six settings, 30 in all. A cell of the study is held against V, any other against the LSTM, NP. A cell is
# *better* if it wins at least four of the five pairs at *every* setting, and *mostly better* if it wins at least 24
# of the 30; *worse* and *mostly worse* likewise. All else *depends* on rate, budget or luck.


# %%
def verdict(table, a, b, measure="test loss"):
    rows = course.beats(table, measure, a, b)
    for word, count in (("better", rows["wins"]), ("worse", rows["losses"])):
        if (count >= 0.8 * rows["pairs"]).all():
            return word, int(rows["wins"].sum())
        if count.sum() >= 0.8 * rows["pairs"].sum():
            return f"mostly {word}", int(rows["wins"].sum())
    return "depends", int(rows["wins"].sum())


# %% tags=["claim"]
cells = {name: course.evidence(18, name) for name in ch18.TASKS}
variants = [name for name in ch18.CELLS if name != "NP"]
study = ["NIG", "NFG", "NOG", "NIAF", "NOAF", "CIFG", "FGR"]  # have peepholes, as V
base = {v: "V" if v in study else "NP" for v in variants}
found = {(t, v): verdict(cells[t], v, base[v]) for t in cells for v in variants}
for v in variants:  # on strings as long as those of the training
    found["n to 8", v] = verdict(cells["count"], v, base[v], "valid loss")
columns = [*cells, "n to 8"]
print("pairs won of 30, and the verdict: NIG to FGR against V, the others against NP")
print(f"{'':13}", *(f"{name:>15}" for name in columns))
for v in variants:
    print(f"{v:13}", *(f"{found[t, v][1]:2} {found[t, v][0]:>12}" for t in columns))
words = {key: word for key, (word, _) in found.items()}
assert words["sum", "NIG"] == words["stream", "NOG"] == "mostly worse"
assert words["stream", "NFG"] == words["n to 8", "NFG"] == "worse"
assert words["sum", "NFG"] == words["count", "NFG"] == "depends"
assert found["n to 8", "NOAF"] == ("better", 29)
assert found["count", "NOAF"] == ("worse", 4)
assert {words[t, v] for t in cells for v in ("V", "FGR")} == {"depends"}
assert words["n to 8", "V"] == "mostly better"
assert found["sum", "CIFG"] == ("better", 30)
assert found["count", "CIFG"] == found["n to 8", "CIFG"] == ("worse", 0)
assert found["count", "clip 1"] == ("mostly worse", 3)
assert words["n to 8", "clip 1"] == "worse"

# %% tags=["alt"]
figure, panels = new_figure(1, 3, size=(9.5, 4.6), sharey=True)
for axes, (name, table) in zip(panels, cells.items(), strict=True):
    wins = {v: course.beats(table, "test loss", v, base[v])["wins"] for v in variants}
    wins = np.array(list(wins.values()))
    axes.imshow(wins, cmap="PuOr", vmin=-0.5, vmax=5.5, aspect="auto")
    for (row, column), count in np.ndenumerate(wins):
        colour = "white" if count in (0, 5) else "black"
        axes.text(column, row, count, ha="center", va="center", color=colour, size=8)
    steps = [f"{rate}\n{n}" for rate in ch18.RATES for n in (300, 900)]
    axes.set_xticks(range(6), steps, fontsize=7)
    axes.set_title(name)
    axes.grid(visible=False)
panels[0].set_yticks(range(len(variants)), variants)
panels[1].set_xlabel("learning rate, steps")
course.show(
    figure,
    name="18-switches",
    alt="For three tasks, thirteen cells and six settings, how many of five pairs the "
    "cell won against the one without the switch. Coupled gates have 5 throughout on "
    "the sum and 0 throughout on count; two read-outs have 5 throughout on the stream.",
)

# %% [markdown]
# A gate is needed where the task asks for what it does:
#
# - *The input gate keeps out.* Without it (NIG) the *sum*, with its 28 numbers that do not matter, goes wrong at every
#   setting but the shortest at the lowest rate, where hardly anybody has learnt it.
# - *The forget gate wipes.* Without it (NFG) the *stream* goes worse at every setting. The *sum* decides nothing. In
#   *count* it is missed on strings as long as those of the training ("n to 8"), and on longer ones it depends.
# - *The output gate* (NOG) is missed on the stream, too.
# - *The tanh behind the state* (NOAF) is the strange one. On strings as long as those of the training it is better to be
#   without it: 29 pairs of 30. On longer ones the same networks lose 26. Whoever chooses by strings of known lengths
#   picks the cell that counts on worse.
# - Peepholes (V) and full gate recurrence (FGR), with 2.4 times the parameters, settle nothing on the three tests; "n to
#   8" is mostly better with peepholes.
#
# Greff and others found forget gate and output activation the most critical, the second where the state is unbounded.
# *Count* is where it is. But each of the two is critical on one of our tasks and not on another: it is a matter of the
# data as much as of the cell. And *depends* is no proof that two cells are equal; with five seeds a small difference
# hides.

# %% [markdown]
# ## Coupled gates and a clipped cell: what can't grow can't count
#
# With $f = 1 - i$ the new state is $c_t = f_t\,c_{t-1} + (1 - f_t)\,g_t$: a weighted mean of numbers in $(-1, 1)$, so
# it lies in $(-1, 1)$ too. `cell_clip` of TensorFlow's cells writes such a bound down: $c$ is cut to $\pm k$, and where
# it is cut no error passes. By hand, for $k = 1$ and an entry of 0.5 a step: 0.5, 1.0, 1.0: the third step is not
# seen.
#
# Three cells that learnt to count read twelve a and twelve b. Here is, for each, the unit
# that turns most between the two.

# %% tags=["claim"]
batch = ch18.TASKS["count"].strings([12])
moves = {}
for cell in ("NP", "CIFG", "clip 1"):

    def make(rng, cell=cell):
        return ch18.cell_network(ch18.TASKS["count"], cell, rng)

    net = train(make, ch18.TASKS["count"], 0, steps=300, rate=0.03)
    c = net.gates(net.forward(batch.x)[1])["0.c"][:, 0]
    moves[cell] = c[:, np.abs(2 * c[12] - c[0] - c[24]).argmax()]
    print(f"{cell:7} largest |c| of any unit: {np.abs(c).max():.2f}")
assert np.abs(moves["CIFG"]).max() < 1 < np.abs(moves["NP"]).max()
assert np.isclose(np.abs(moves["clip 1"][3:13]), 1).all()
assert np.abs(moves["CIFG"][6:13]).min() > 0.98
assert (np.abs(np.diff(moves["NP"][1:13])) > 0.6).all()

# %% tags=["alt"]
figure, axes = new_figure(size=(8.5, 2.8))
for k, (cell, c) in enumerate(moves.items()):
    axes.plot(c, "osD"[k] + "-", color=COLOURS[k], markersize=4, label=cell)
axes.set_xticks(range(len(batch.x)), list("S" + 12 * "a" + 12 * "b"))
axes.set(ylabel="c of one unit", xlabel="symbol read")
axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
course.show(
    figure,
    alt="The state of one unit of three cells along S, twelve a and twelve b. The "
    "LSTM's goes to about -11 in even steps and back; the other two are at a bound of "
    "1 after a few a and go to -1 within three b.",
)

# %% [markdown]
# The LSTM's unit goes down by one at each a, and up again at each b: it counts. The clipped unit is at its bound from
# the third a on, the coupled one within 0.02 of it from the sixth. What comes later leaves no mark. In the
# evidence the coupled cell loses all 30 pairs on *count* and the clipped one 27; on strings as long as those of the
# training both are worse at every setting.
#
# That is the price. What is bought? Coupled gates save a quarter of the weights, and on *sum* they win all 30 pairs:
# perhaps because the gate that keeps what is there is the one that keeps the rest out. The clip buys nothing here: it
# is not better on any task.
#
# ## A projection: many cells, a narrow way out
#
# Sak, Senior and Beaufays put a matrix $R$ behind the cell: $h_t = (o_t \tanh c_t)\,R$ has $P < H$ numbers, and only
# these go back to the gates. So $U$ has $P$ rows in place of $H$. By hand, for the stream's 7 inputs: an LSTM of 16
# units has $4 \cdot 16\,(7 + 16 + 1) = 1536$ parameters. With $P = 8$ there is room for 22 cells:
# $4 \cdot 22\,(7 + 8 + 1) + 22 \cdot 8 = 1584$.

# %% tags=["claim"]
plain, projected = le.LSTM(7, 16, rng=0), le.ProjectedLSTM(7, 22, 8, rng=0)
print(plain.summary(), projected.summary(), sep="\n\n")
assert le.count_parameters(plain) == 1536
assert le.count_parameters(projected) == 4 * 22 * (7 + 8 + 1) + 22 * 8 == 1584

# %% [markdown]
# On *stream* the projected cell wins 28 of 30 pairs. Is it the narrow way? A projection brings three things
# at once: more cells, a narrow way back, and one more linear map between the cells and the read-out. So the table above
# has a control, "two read-outs": the plain LSTM of 16 units, and between it and its read-out a map from 16 to 16.
# Nothing changes in the recurrence, and two linear maps in a row can say no more than one.

# %% tags=["claim"]
rest = [
    verdict(cells["stream"], v, "two read-outs") for v in ("projected", "layer norm")
]
print("two read-outs against the LSTM:", *found["stream", "two read-outs"])
print("projected, layer norm against two read-outs:", rest)
assert found["stream", "projected"] == ("mostly better", 28)
assert found["stream", "two read-outs"] == ("better", 30)
assert rest == [("mostly worse", 3)] * 2
assert found["n to 8", "two read-outs"][1] == 30
assert found["count", "two read-outs"][1] == 7

# %% [markdown]
# The control wins all 30 pairs against the LSTM, and 27 against the projected cell. So what helped on the stream was
# not the narrow way but the second map. It can't be what the network *says*; it is how fast it *learns*. (It is no cure
# for all: on *count* it wins every pair on strings up to 8, and 7 of 30 on longer ones.)
#
# What remains for the projection is what it was made for, its price: with many units, say $H = 512$ and $P = 64$, $U$
# and $R$ together have 164 thousand weights in place of the million of $U$ alone.
#
# ## Layer normalisation: inputs that nobody scaled
#
# `LayerNormLSTM` shifts and scales the pre-activations of each gate so that over the units they have mean 0 and
# deviation 1, at every step. A scale that $xW + hU$ has as a whole drops out. When does that matter? Take
# images of digits, column by column, with pixels from 0 to 1; and the same with pixels from 0 to 255, as files have
# them. How many gates are stuck (below 0.01 or above 0.99) before any training?

# %% tags=["claim"]
digits = {
    scale: ch18.few_digits(1000, scale).sample(200, rng=0).x for scale in (1, 255)
}
for kind in (le.LSTM, le.LayerNormLSTM):
    for scale, images in digits.items():
        layer = kind(8, 16, rng=0)
        gates = layer.gates(layer.forward(images)[1])
        stuck = np.mean([(gates[g] < 0.01) | (gates[g] > 0.99) for g in "ifo"])
        print(
            f"{kind.__name__:14} pixels 0 .. {scale:3}: {stuck:4.0%} of the gates stuck"
        )
pixels = course.evidence(18, "pixels")
lstm, norm = (
    [f"{cell}, 0 .. {top}" for top in (1, 255)] for cell in ("lstm", "layer norm")
)
print("layer norm against LSTM, 0 .. 1:  ", *verdict(pixels, norm[0], lstm[0]))
print("layer norm against LSTM, 0 .. 255:", *verdict(pixels, norm[1], lstm[1]))
print("layer norm 0 .. 255 against LSTM 0 .. 1:", *verdict(pixels, norm[1], lstm[0]))
assert verdict(pixels, norm[1], lstm[1]) == ("better", 30)
assert verdict(pixels, norm[1], lstm[0])[0] == "worse"
assert words["stream", "layer norm"] == "mostly better"
assert words["n to 8", "layer norm"] == "mostly better"
assert words["count", "layer norm"] == verdict(pixels, norm[0], lstm[0])[0] == "depends"
figure = le.plotting.evidence(pixels, "test loss", label="digits: test loss")

# %% tags=["alt"]
course.show(
    figure,
    alt="Test loss on digits against steps, a panel a rate. The LSTM with pixels to "
    "255 is far above the rest, layer norm with the same pixels lies between, and "
    "both with pixels to 1 are lowest.",
)

# %% [markdown]
# With raw bytes layer norm wins every pair. It does not make them good: with pixels from 0 to 255 it loses 28 pairs of
# 30 against the plain LSTM with pixels from 0 to 1. The sum $xW + hU$ is normalised as a whole, so a large $x$ drowns
# what $h$ has to say. Dividing by 255 is cheaper and better, and then layer norm settles nothing.
#
# On *stream* it is mostly better than the LSTM, but not than the control with two read-outs, to which it loses 27 of
# 30.
#
# ## Noise inside: few examples
#
# Chapter 07 had dropout between layers. `NoisyLSTM` has it inside, in three forms: *recurrent* dropout hides a part of
# $h_{t-1}$ from the gates, the same part at all steps; *candidate* dropout keeps a part of $g$ from entering $c$;
# *zoneout* lets units keep their old $h$ or $c$ for a step. We give it 200 images, and look at the test loss and at the
# *gap* between test and training.

# %% [markdown] tags=["predict"]
# **Predict first.** Which of the four kinds of noise (on the outputs, recurrent, candidate, zoneout) makes the test
# loss better than no noise? And which the gap smaller?

# %% tags=["claim"]
noise = course.evidence(18, "noise")
chosen = course.at_best_rates(noise, "valid loss")
print(
    "each at its own best rate, chosen by validation: median test loss, pairs won of 10"
)
for kind in list(ch18.NOISE)[1:]:
    rows = course.beats(chosen, "test loss", kind, "none")
    gap = course.beats(noise, "gap", kind, "none")["wins"].sum()
    middle = rows[f"median of {kind}"].round(3).tolist()
    print(f"{kind:10} {middle} wins {rows['wins'].sum():2}", end="; all rates: ")
    print(f"test {verdict(noise, kind, 'none')}, gap smaller in {gap} of 30")
print("none      ", rows["median of none"].round(3).tolist())
rows = course.beats(chosen, "test loss", "recurrent", "none")
assert rows["wins"].sum() == 9
assert (
    rows.iloc[1]["median of recurrent"] < 0.26 < 0.33 < rows.iloc[1]["median of none"]
)
assert course.beats(noise, "gap", "recurrent", "none")["wins"].sum() == 27
every = course.beats(noise, "test loss", "recurrent", "none")["wins"]
assert every.tolist() == [0, 3, 4, 4, 4, 4]
kinds = {kind: verdict(noise, kind, "none")[0] for kind in ch18.NOISE if kind != "none"}
assert kinds["outputs"] == "mostly worse"
assert kinds["zoneout"] == kinds["candidate"] == words["sum", "zoneout"] == "depends"
assert words["stream", "zoneout"] == words["n to 8", "zoneout"] == "worse"

# %% [markdown]
# Recurrent dropout is the one that helps. Each network at the rate that suits it, it wins nine pairs of ten, and the
# median loss after 600 steps falls from 0.34 to 0.26. It makes the gap smaller in 27 pairs of 30. At the two higher
# rates it is ahead at every setting; at the lowest, after 200 steps, nothing is overfitted yet, and it loses all five,
# as dropout did in chapter 07. Dropout on the outputs alone is mostly worse, on eight steps and with 32 units. With
# zoneout and candidate dropout it depends.
#
# Where data never ends, there is nothing to overfit. On *sum*, *stream* and *count* zoneout is better at nothing, and
# worse at every setting on *stream*.
#
# ## Reading both ways: when the answer stands later
#
# `Bidirectional` runs a second layer from the end to the beginning and puts both outputs side by side. Its answer at
# step $t$ has seen the whole sequence. That is a gift for labelling a finished text, and a trap for forecasting:

# %% tags=["claim"]
tosses = np.random.default_rng(18).integers(0, 2, (21, 4000))
next_coin = le.tasks.Arrays(tosses[:-1, :, None].astype(float), tosses[1:], steps="all")


def forwards(rng):
    return le.Sequential([le.LSTM(1, 8, rng=rng), le.Dense(8, 2, rng=rng)])


def both_ways(rng):
    cell = le.Bidirectional(le.LSTM(1, 8, rng=rng), rng=rng)
    return le.Sequential([cell, le.Dense(16, 2, rng=rng)])


coin = {}
for make in (forwards, both_ways):
    net = train(make, next_coin, 0, steps=300, rate=0.03)
    coin[make.__name__] = le.evaluate(net, next_coin, 400)["loss"]
    print(f"{make.__name__:9} predicts fair coins with {coin[make.__name__]:.3f} nats")
assert coin["forwards"] > 0.99 * np.log(2) > 10 * coin["both_ways"]

# %% [markdown]
# A network that foresees coin tosses has read the answer: $x_{t+1}$ is among its inputs. No loss will tell you; only
# the question "what is known when the answer is due?" does.
#
# Where the future *is* known, there is something to win. In the next task 15 % of the letters of the help pages of
# Python are hidden, and have to be named. Three readers with about 4500 parameters each: one reads forwards, one both
# ways, and one forwards but is asked four letters late, so that it has seen four letters of what comes after.

# %% tags=["claim"]
gaps = course.evidence(18, "gaps")
print("both ways against forwards: ", *verdict(gaps, "both ways", "forwards"))
print("four late against forwards: ", *verdict(gaps, "four late", "forwards"))
print("both ways against four late:", *verdict(gaps, "both ways", "four late"))
for kind in ch18.READERS:
    net = ch18.reader(kind, np.random.default_rng(0))
    print(f"{kind:10} {le.count_parameters(net)} parameters")
assert verdict(gaps, "both ways", "forwards") == ("better", 30)
assert verdict(gaps, "both ways", "four late") == ("better", 30)
rows = course.beats(gaps, "test loss", "both ways", "forwards")
gain = rows["median of forwards"] - rows["median of both ways"]
assert gain.xs(900, level="steps").loc[[0.01, 0.03]].min() > 0.36
figure = le.plotting.evidence(gaps, "test loss", label="hidden letters: test loss")

# %% tags=["alt"]
course.show(
    figure,
    alt="Test loss on hidden letters against steps, a panel a rate. Reading both ways "
    "is lowest in each, by more from left to right.",
)

# %% [markdown]
# Both ways wins every pair against both others. What stands to the right of a gap is worth more than a third of a nat a
# letter after 900 steps at the two higher rates. Asking four letters late is no cheap way to the same: what was seen
# has to be carried through four steps, and after 900 steps of training that has not paid. If you can wait for the end,
# read it twice.
#
# ## A way past each layer
#
# `Residual(cell)` puts out $x + \text{cell}(x)$. Six LSTM layers on the wheels of chapter 07, and how much of an error
# reaches the lowest of them before training:

# %% tags=["claim"]
wheels, reaches = ch18.wheels().sample(64, rng=0), {}
for kind in ("six", "six, residual"):
    net = ch18.stack(kind, np.random.default_rng(0))
    y, tape = net.forward(wheels.x)
    grads = net.backward(le.SoftmaxCrossEntropy()(y, wheels.target)[1], tape)[1]
    lowest = next(iter(grads))  # the input weights of the lowest layer
    reaches[kind] = np.linalg.norm(grads[lowest])
    print(f"{kind:14} gradient at {lowest} {reaches[kind]:.4f}", end=", ")
    print(f"deviation of the outputs {y.std():.4f}")
assert reaches["six, residual"] > 50 * reaches["six"]
depth = course.evidence(18, "depth")
print("residual against plain, six layers:", *verdict(depth, "six, residual", "six"))
print("six, residual, against one layer:  ", *verdict(depth, "six, residual", "one"))
print("six, plain, against one layer:     ", *verdict(depth, "six", "one"))
own = course.beats(course.at_best_rates(depth, "valid loss"), "test loss", "one",
                   "six, residual")  # fmt: skip
print(own.round(4).to_string())
assert verdict(depth, "six, residual", "six") == ("mostly better", 28)
assert own["wins"].tolist() == [4, 2]
figure = le.plotting.evidence(depth, "test loss", label="wheels: test loss")

# %% tags=["alt"]
course.show(
    figure,
    alt="Test loss on the wheels against steps, a panel a rate. At the low rate six "
    "layers with ways past them are lowest; at the high rate they and one layer are "
    "far below six plain ones.",
)

# %% [markdown]
# At the start the outputs of the plain stack hardly differ from one input to another, and the lowest layer gets less
# than a fiftieth of the gradient. In the evidence the stack with ways past its layers is mostly better than the plain
# one, 28 pairs of 30. But for it *and* for a single layer the highest rate is best, and there *one* layer wins four pairs
# of five after 300 steps and two of five after 900. A way past makes a deep stack learn. Whether you want a deep stack
# is the question of chapter 07.
#
# ## What we saw
#
# The table, each number of it from the evidence: what a switch costs in parameters and in processor time (both over
# those of the network without it), the verdict, and its test loss over that of the network without it, each at its own
# best rate, after the longer training. "When" is our reading of it.


# %%
def parameters_of(make, *arguments):
    return le.count_parameters(make(*arguments, np.random.default_rng(0)))


def cell_size(cell):
    return parameters_of(ch18.cell_network, ch18.TASKS["stream"], cell)


def row(switch, tables, a, b, size, when):
    found, times = [], []
    for name, table in tables.items():
        word, wins = verdict(table, a, b)
        best = course.at_best_rates(table, "valid loss")
        best = course.beats(best, "test loss", a, b).iloc[-1]
        ratio = best[f"median of {a}"] / best[f"median of {b}"]
        size_of = f"{ratio:.2f}" if ratio < 10 else f"{ratio:,.0f}"
        found.append(f"{name}: **{word}**, {wins} of 30, loss × {size_of}")
        last = table[table["steps"] == table["steps"].max()]
        seconds = last.groupby("variant")["seconds"].median()
        times.append(seconds[a] / seconds[b])
    cost = f"{size:.2f} | {np.mean(times):.1f}"
    return f"| {switch} | {when} | {cost} | {'; '.join(found)} |"


# %%
ROWS = {
    "no input gate": ("NIG", "nothing has to be kept out"),
    "no forget gate": ("NFG", "nothing has to be wiped"),
    "no output gate": ("NOG", "nothing has to be wiped"),
    "no tanh in g": ("NIAF", "no reason found"),
    "no tanh behind c": ("NOAF", "never beyond the lengths of the training"),
    "coupled gates": ("CIFG", "to keep, and not to count"),
    "peepholes": ("V", "exact times, chapter 05"),
    "full gate recurrence": ("FGR", "no reason found"),
    "cell_clip=1": ("clip 1", "no reason found"),
    "projection": ("projected", "many units, few weights"),
    "its control: two read-outs": ("two read-outs", "the control of a projection"),
    "layer norm": ("layer norm", "inputs of unknown scale"),
    "zoneout": ("zoneout", "not where data never ends"),
}
lines = [
    row(switch, cells, v, base[v], cell_size(v) / cell_size(base[v]), when)
    for switch, (v, when) in ROWS.items()
]
few, letters = {"few digits": noise}, {"gaps": gaps}
late = {"outputs": "prefer the next", "recurrent": "few data, trained for long"}
for kind in list(ch18.NOISE)[1:]:
    when = late.get(kind, "no reason found")
    lines.append(row(f"noise, {kind}", few, kind, "none", 1, when))
reader = [parameters_of(ch18.reader, k) for k in ("both ways", "forwards")]
pixel = [parameters_of(ch18.pixels, k) for k in (norm[1], lstm[1])]
share = pixel[0] / pixel[1]
lines += [
    row("layer norm", {"raw pixels": pixels}, norm[1], lstm[1], share, "scale first"),
    row("both ways", letters, "both ways", "forwards", reader[0] / reader[1],
        "all is known when the answer is due"),
    row("residual", {"six layers": depth}, "six, residual", "six", 1, "many layers"),
]  # fmt: skip

# %% tags=["alt"]
head = ["| switch | when | parameters | time | evidence |", "|" + " --- |" * 5]
put({"text/markdown": "\n".join(head + lines)}, "\n".join(lines))

# %% [markdown]
# - A switch answers a question that the task may not ask. Ask first: keep, wipe or count? Few data? Is the future known?
# - What can't grow can't count; what must not be wiped needs no gate for it.
# - Compare a switch with its *control*. The largest effect on the stream came from a linear map outside of the cell.
#
# ## Where it breaks
#
# These are small networks and short tasks. Pairs after 300 and 900 steps come from one training, so 30 pairs are 15
# independent ones, and with thirteen cells on three tasks some verdict may be luck. A loss ratio of two networks that
# have solved a task says little. On your own data the plain LSTM at its best rate is the one to beat, and the rate is
# the first switch to turn.

# %% [markdown]
# ## Exercises
#
# **18.1 Count.** The parameters of an LSTM with a projection: `D` inputs, `H` cells, `P` outputs.


# %% tags=["exercise"]
def parameters(D, H, P): ...


course.check("18.1", parameters)


# %% tags=["solution"]
def parameters(D, H, P):
    return 4 * H * (D + P + 1) + H * P  # R has no bias


course.check("18.1", parameters)

# %% [markdown]
# **18.2 From a blank page.** Write the coupled LSTM for one sequence: `x` (T, D), and `W`, `U`, `b` with the three
# blocks $f, g, o$. What enters is what $f$ lets go. Start from zeros and return `h` (T, H).


# %% tags=["exercise"]
def coupled(x, W, U, b): ...


course.check("18.2", coupled)


# %% tags=["solution"]
def coupled(x, W, U, b):
    h, c = np.zeros((len(x) + 1, len(U))), 0
    for t, x_t in enumerate(x):
        f, g, o = np.split(x_t @ W + h[t] @ U + b, 3)
        c = sigmoid(f) * c + (1 - sigmoid(f)) * np.tanh(g)
        h[t + 1] = sigmoid(o) * np.tanh(c)
    return h[1:]


course.check("18.2", coupled)

# %% [markdown]
# **18.3 Find the bug.** This reads a padded batch both ways. `x` is (T, B, D), padding at the end; `forwards` and
# `backwards` are functions from (T, B, D) to (T, B, H). There are **two** mistakes. What comes out at the padding is
# not looked at.


# %% tags=["exercise"]
def both_ways_with_bugs(x, lengths, forwards, backwards):
    back = backwards(x[::-1])
    return np.concatenate([forwards(x), back], axis=2)


course.check("18.3", both_ways_with_bugs)


# %% tags=["solution"]
def turned(x, lengths):
    out = x.copy()
    for b, n in enumerate(lengths):
        out[:n, b] = x[:n, b][::-1]  # within its own length
    return out


def both_ways_repaired(x, lengths, forwards, backwards):
    return np.concatenate(
        [forwards(x), turned(backwards(turned(x, lengths)), lengths)], axis=2
    )


course.check("18.3", both_ways_repaired)

# %% [markdown]
# **18.4 Find the bug.** Zoneout of a state (B, H): in training each unit stays old with probability `rate`; without
# training it is the mean of what it would have been. There are **two** mistakes.


# %% tags=["exercise"]
def zoneout_with_bugs(new, old, rate, training, rng):
    if not training:
        return new
    stays = rng.random(new.shape) > rate
    return np.where(stays, old, new)


course.check("18.4", zoneout_with_bugs)


# %% tags=["solution"]
def zoneout(new, old, rate, training, rng):
    if not training:
        return rate * old + (1 - rate) * new
    stays = rng.random(new.shape) < rate
    return np.where(stays, old, new)


course.check("18.4", zoneout)

# %% [markdown]
# **18.5 An open question.** Take a task of your own, or `le.tasks.CopyMemory(length=20, items=3)`. Write down which
# row of the table should help and which should hurt, and why. Then try: three rates, two budgets, five seeds, and what
# counts as better written down before you look.

# %% [markdown] tags=["solution"]
# What to look for: does the task ask to keep, to wipe or to count? Is what is asked for known before the answer is
# due? Compare at as many parameters (`le.match_parameters`), give each cell its own best rate, chosen on validation
# sequences, and look at the result of one seed only to find mistakes. If a switch helps at one rate alone, write down
# the rate.

# %% [markdown]
# ## References
#
# - K. Greff, R. K. Srivastava, J. Koutník, B. R. Steunebrink, J. Schmidhuber, [*LSTM: A Search Space
#   Odyssey*](https://arxiv.org/abs/1503.04069), IEEE Transactions on Neural Networks and Learning Systems 28(10), 2017.
# - H. Sak, A. Senior, F. Beaufays, [*Long Short-Term Memory Recurrent Neural Network Architectures for Large Scale
#   Acoustic Modeling*](https://www.isca-archive.org/interspeech_2014/sak14_interspeech.html), Interspeech 2014.
# - J. L. Ba, J. R. Kiros, G. E. Hinton, [*Layer Normalization*](https://arxiv.org/abs/1607.06450), 2016.
# - D. Krueger and others, [*Zoneout*](https://arxiv.org/abs/1606.01305), ICLR 2017; S. Semeniuta, A. Severyn, E.
#   Barth, [*Recurrent Dropout without Memory Loss*](https://arxiv.org/abs/1603.05118), COLING 2016; Y. Gal, Z.
#   Ghahramani, [*A Theoretically Grounded Application of Dropout in Recurrent Neural
#   Networks*](https://arxiv.org/abs/1512.05287), NIPS 2016.
# - M. Schuster, K. K. Paliwal, [*Bidirectional Recurrent Neural Networks*](https://doi.org/10.1109/78.650093), IEEE
#   Transactions on Signal Processing 45(11), 1997.
# - K. He, X. Zhang, S. Ren, J. Sun, [*Deep Residual Learning for Image
#   Recognition*](https://arxiv.org/abs/1512.03385), CVPR 2016.

# %%
course.ran()
