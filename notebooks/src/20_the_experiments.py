# %% [markdown] question="Which experiments showed that the LSTM remembers, and what comes out when they are run again?"
# # 20 · The experiments that made the LSTM
#
# ## The question
#
# In 1997 it was not enough to have a new network. Whoever said that it can remember over a hundred steps had to show
# that nothing simpler would have done. So Hochreiter and Schmidhuber built tasks, each of which shuts one way out.
# **What does each task exclude, how did the network learn it, and what comes out when all of this is run again?**
#
# ![A row for each experiment that was run again, a mark for each trial: training sequences until success, as a ratio to
# the published mean, on a logarithmic axis. In 3a, 6a and 3b over 100 steps most points lie below 1, in the adding problem
# and 3b over 1000 all above it; nearly all trials of experiment 1 are crosses, given up.](../figures/20-experiments.png)
#
# Each point is a trial: training sequences until success, divided by the mean that the paper printed. A cross is a
# trial that was given up. Where there are points, the size comes out again, and it is off by more than luck; where there
# are crosses, hardly anything does. This chapter says how that is to be read.

# %% [markdown]
# ## What you need
#
# The carousel of chapter 03, and backpropagation through time of chapter 01. The blocks, tasks and stopping rules of
# the paper are in `lstm_edu.reproduce`, as they are printed; on the command line, `lstm-edu reproduce` lists them.

# %%
import textwrap
from dataclasses import replace

import numpy as np

import lstm_edu as le
from lstm_edu import course
from lstm_edu.plotting.style import COLOURS, REFERENCE, new_figure
from lstm_edu.reproduce.hochreiter1997 import Design, Network, blocks, trial
from lstm_edu.reproduce.hochreiter1997.rules import legal_symbols
from lstm_edu.reproduce.hochreiter1997.truncation import (
    truncated_gradient,
    truncation,
)

course.begin(20)
PAPER = le.reproduce.PAPERS["hochreiter1997"]
TABLES = {each.name: each for each in PAPER.experiments}


def setting(experiment, row):
    return TABLES[experiment].row(row).setting


def draw(problem, count, seed, state=None):
    new = problem.room(count)
    state = (
        trial.generator_state(np.random.SeedSequence(seed)) if state is None else state
    )
    problem.draw(state, new, testing=True)
    return new


# %% [markdown]
# ## What each task was built to exclude
#
# | | the task | what it shuts out |
# | --- | --- | --- |
# | 1 | predict the next symbol of an embedded Reber grammar | nothing yet: a known benchmark, with short lags |
# | 2a | two strings: $x\,a_1 \ldots a_{99}\,x$ and $y\,a_1 \ldots a_{99}\,y$ | networks that fade: `plain`, below |
# | 2b | the same with a random string in between | *local cues*: what lies between can't be compressed |
# | 2c | up to 1000 distractors and more, of a length that varies | counting to a known place |
# | 3a, 3b | the first numbers say the class, the rest is noise | a line of its own for the signal |
# | 3c | the same with noise on the *targets* | a network that is *guessed* |
# | 4 | add two marked real numbers | keeping a single bit |
# | 5 | multiply them | a memory that can add and nothing else |
# | 6a, 6b | in which order did two, or three, symbols come? | knowing *what* came and not *when* |
#
# One more way out is shut in all from 2 on: the lag has a *minimum*. There are no short sequences to learn from first.

# %%
for name, row in (("order", "6a"), ("two-sequences", "T100-N3"), ("adding", "100")):
    one = draw(setting(name, row).problem, 1, seed=3)
    T, x = one.lengths[0], one.x[0]
    if name == "order":
        shown = "".join("EBabcdXY"[line] for line in one.lines[0, :T, 0])
    else:
        pairs = [*x[:4], *x[T - 1 : T]]
        shown = " ".join(str(pair.round(2).tolist()) for pair in pairs) + "  (cut)"
    print(f"{name}, {T} steps, target {one.targets[0].round(2)}:\n  {shown}")

# %% [markdown] tags=["predict"]
# ### The rival that does not learn
#
# The simplest rival does nothing but guess: draw all weights at random, look whether the task is solved, and if not
# draw again. If that works, a task shows nothing about *learning*, however long its lag. We let it guess 5000 times,
# with the paper's own networks, in four tasks of about 100 steps, and from three ranges of weights. A guess is a success
# if it meets the paper's rule: none of 256 sequences is wrong, and in 3c their mean error is small as well.
#
# **Predict first.** Which of 3a, 3c, 4 and 6a can be guessed? How many guesses does it take?


# %%
def guess(experiment, row, scale, guesses=5000, seed=0):
    asked = setting(experiment, row)
    net, rng = Network(asked.design, rng=0), np.random.default_rng(seed)
    test, errors = draw(asked.problem, 256, seed=1), np.zeros((256, 2))
    wrong_from, hits, looks, most = asked.rule.wrong_from, 0, 0, 0
    mean = asked.rule.second[1] if experiment == "noisy-targets" else np.inf
    for _ in range(guesses):
        net.net.all[:] = rng.uniform(-scale, scale, len(net.free.all)) * net.free.all
        seen = blocks.judge(*net.kernel_arguments, *test, errors, wrong_from)
        right = seen - (errors[seen - 1, 0] >= wrong_from)
        hits += right == 256 and errors[:, 1].mean() < mean
        looks, most = looks + seen, max(most, right)
    return hits, looks, most


GUESSED = {"3a": ("two-sequences", "T100-N3"), "3c": ("noisy-targets", "N3")}
GUESSED |= {"4": ("adding", "100"), "6a": ("order", "6a")}
guessed = {
    (n, r): guess(*which, r) for n, which in GUESSED.items() for r in (3, 10, 30)
}
for (number, scale), (hits, looks, most) in guessed.items():
    print(f"{number:2}, weights in ±{scale}: {hits} of 5000 succeed,", end=" ")
    print(f"{looks} sequences read; at most {most} right in a row")

# %% tags=["claim"]
hits, looks, _ = guessed["3a", 10]
learnt = TABLES["two-sequences"].row("T100-N3").published.first
print(
    f"3a: a success for every {looks / hits:.0f} sequences; to learn it took {learnt}"
)
assert hits >= 5
assert looks / hits < learnt / 10
assert all(hits == 0 for (n, _), (hits, _, _) in guessed.items() if n != "3a")
assert guessed["3c", 3][2] == 256  # all within 0.1, and yet no success
assert all(most < 5 for (n, _), (*_, most) in guessed.items() if n in ("4", "6a"))

# %% [markdown]
# 3a can be guessed, and with far fewer sequences than the paper's network needed until it made none of 256 wrong. A
# hundred steps of lag are no proof of anything, if one bit has to be kept and many networks keep one. The authors knew,
# and put 3c beside it. Look at its first line: a guess gets all 256 within $0.1$ of $0.2$ or $0.8$, too, and what keeps
# it out is the second half of the rule, a *mean* error below $0.015$. In 4 and 6a no guess comes beyond the first few.
# This is the control that belongs to every claim about a difficult task, then and now: what does the cheapest rival do?
#
# ## The network
#
# A **memory block** has $S$ cells, which share an input gate and an output gate. With $B$ blocks there are $C = BS$ cells
# and $H = B(S + 2)$ hidden units, *gates among them*: each gate and each cell sees the inputs of this step and all
# $H$ hidden units of the step before, the gates too. (In chapter 03, and in the libraries of today, $h$ alone comes
# back.) The outputs see the cells. For the adding problem, with $I = 2$, $B = S = 2$ and one output, everything with
# a bias:
#
# $$H\,(I + H + 1) + O\,(C + 1) = 8 \cdot 11 + 1 \cdot 5 = 93.$$
#
# Table 10 prints 93. All its counts come out so, which is how we know that the gates are fed back.

# %% tags=["claim"]
printed = {("reber", "4x1-0.1"): 264, ("reber", "3x2-0.1"): 276}
printed |= {("noise-free", "100"): 10504, ("long-lags", "q50-p50"): 364}
printed |= {("two-sequences", "T100-N3"): 102, ("adding", "100"): 93}
printed |= {("order", "6a"): 156, ("order", "6b"): 308}
for which, count in printed.items():
    design = setting(*which).design
    assert design.count() == count
    print(*which, f"{design.blocks} blocks of {design.size}:", count, "weights")

# %% [markdown]
# The gates do not begin alike. In 6a the input gates of the two blocks have biases of $-2$ and $-4$: they open by
# $0.12$ and $0.018$, so that the blocks come into use one after the other. A block that is in use from the start, before
# there is anything to remember, is *abused*, says the paper.
#
# ## The rule of 1997
#
# Chapter 03 took the full gradient. The paper cuts it: what flows from one step to the one before through a gate, or
# through the input of a cell, counts as zero. What stays is the carousel, whose factor is 1. That makes it possible to
# carry everything *forward*. For each weight $w$ into an input gate or a cell there is one number, $\partial s /
# \partial w$, and at each step something is added to it (equations 25 and 27):
#
# $$\frac{\partial s}{\partial w_{i m}} \mathrel{+}= g\, i\,(1 - i)\, y_m \qquad
# \frac{\partial s}{\partial w_{c m}} \mathrel{+}= i\, g'\, y_m.$$
#
# Here $y_m$ is what the weight's source says, $g = 4\sigma - 2$ is the squashed input of the cell, and $g'$ its slope.
# When an error $e$ is there, at the end, it goes as far as the state and no further (23), and meets the numbers that
# wait there (26, 28):
#
# $$e_s = o\; h'(s) \sum_k w_k e_k \qquad \Delta w = \alpha\, e_s\, \frac{\partial s}{\partial w}.$$
#
# **By hand.** One block with one cell, nothing fed back, two steps with $x = 1$ and $x = 0$, target 1. Let $w_c = \ln
# 3$, the weights of both gates 0, that of the linear output 2.
#
# | step | $i$ | $g$ | $g'$ | $s$ | $\partial s / \partial w_i$ | $\partial s / \partial w_c$ |
# | --- | --- | --- | --- | --- | --- | --- |
# | 1 | $0.5$ | $1$ | $0.75$ | $0.5$ | $1 \cdot 0.25 \cdot 1 = 0.25$ | $0.5 \cdot 0.75 \cdot 1 = 0.375$ |
# | 2 | $0.5$ | $0$ | $1$ | $0.5$ | $0.25 + 0$ | $0.375 + 0$ |
#
# At the end $h = 2\sigma(0.5) - 1 = 0.2449$, $o = 0.5$, the output is $2 \cdot 0.1225 = 0.2449$ and $e = 0.7551$. So
# $e_s = 0.5 \cdot 0.4700 \cdot 2 \cdot 0.7551 = 0.3549$, and at $\alpha = 1$ the changes are $\Delta w_i = 0.3549
# \cdot 0.25 = 0.0887$ and $\Delta w_c = 0.3549 \cdot 0.375 = 0.1331$. The output's own weight gets $0.1225 \cdot 0.7551
# = 0.0925$.

# %% tags=["claim"]
tiny = Network(Design(1, 1, 1, 1, linear_outputs=True), rng=0)
tiny.net.all[:] = 0
tiny.net.W[0, 2], tiny.net.Uo[0, 0] = np.log(3), 2  # columns: input gate, output, cell
two_steps = le.reproduce.hochreiter1997.problems.Sequences(
    np.zeros((1, 3, 1), int),
    np.array([[[1.0], [0], [0]]]),
    np.array([2]),
    np.ones((1, 1)),
)
changes = truncated_gradient(tiny, two_steps)
print("input gate, output gate, cell:", changes[:3].round(4))
assert np.allclose(changes[:3], [0.0887, 0, 0.1331], atol=5e-5)
assert np.isclose(changes[-2], 0.0925, atol=5e-5)

# %% [markdown]
# ### In NumPy
#
# The same for the network of 3a, three blocks with one cell each, now with everything fed back: `z` holds all sources
# of a step, and a row of `P_i` and `P_c` belongs to each. Note that the loop goes forward, and that nothing is kept of
# the steps behind it.


# %%
def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def by_the_rule(net, x, target):
    V = np.vstack([net.W, net.U, net.b])  # (11, 9): a row for each source
    y, s, P_i, P_c = np.zeros(9), np.zeros(3), np.zeros((11, 3)), np.zeros((11, 3))
    for x_t in x:
        z = np.concatenate([x_t, y, [1]])
        i, o, f_c = np.split(sigmoid(z @ V), 3)
        g = 4 * f_c - 2
        s = s + i * g
        P_i = P_i + np.outer(z, g * i * (1 - i))  # (25)
        P_c = P_c + np.outer(z, i * 4 * f_c * (1 - f_c))  # (27)
        h = 2 * sigmoid(s) - 1
        y = np.concatenate([i, o, o * h])
    out = sigmoid(o * h @ net.Uo)
    e = (target - out) * out * (1 - out)  # (19)
    back = net.Uo @ e
    e_s, e_o = o * (1 - h**2) / 2 * back, o * (1 - o) * h * back  # (23), (21)
    dV = np.hstack([e_s * P_i, np.outer(z, e_o), e_s * P_c])  # (26), (22), (28)
    return np.concatenate([dV.ravel(), np.outer(o * h, e).ravel()])


# %% tags=["claim"]
asked = setting("two-sequences", "T100-N3")
net, some = Network(asked.design, rng=0), draw(asked.problem, 3, seed=2)
for q in range(3):
    ours = by_the_rule(net.net, some.x[q, : some.lengths[q]], some.targets[q])
    assert np.allclose(truncated_gradient(net, some, q)[:-1], ours, rtol=1e-10)
print("the kernel and our lines agree,", asked.design.count(), "weights")

# %% [markdown]
# What it costs: the adding problem's network has $C = 4$ cells and $2 + 8 + 1$ sources, so $2 \cdot 4 \cdot 11 = 88$
# numbers wait, at 100 steps as at a million. Backpropagation through time keeps every step. This is why the paper calls
# the rule local in space and time.

# %% [markdown] tags=["predict"]
# ### What was cut off
#
# The price should be a wrong direction. `truncation` measures it: the cosine of the angle between the change that the
# rule makes and the full gradient, which goes back through all steps and gates. 1 is the same direction, 0 a right
# angle. We train 6a from three seeds by the rule, until the rule of the paper says that it is learnt (below), and look
# every thousand sequences.
#
# **Predict first.** How large is the cosine at the start, and how large when the task is learnt? Where is it smaller?


# %%
def train_6a(seed, most=60):
    asked, state = (
        setting("order", "6a"),
        trial.generator_state(np.random.SeedSequence(seed)),
    )
    net, test = Network(asked.design, rng=seed), draw(asked.problem, 10, seed=1)
    ring, counts = np.zeros((2000, 2)), np.zeros(2, np.int64)
    limits, found = np.array([0.3, 1, 0.1]), []
    for _ in range(most):
        new, errors = draw(asked.problem, 1000, 0, state), np.zeros(1000)
        rest = (np.arange(1000), asked.rate, ring, counts, limits, errors)
        cosines = [truncation(net, test, q).cosine for q in range(10)]
        _, done = blocks.learn(*net.kernel_arguments, *new, *rest)
        found.append((errors.mean(), np.median(cosines), min(cosines)))
        if done:
            return net, int(counts[0]), np.array(found)
    return net, None, np.array(found)


runs = [train_6a(seed) for seed in (1, 2, 3)]
for _, count, found in runs:
    print(f"learnt after {count} sequences; median cosine", found[[0, -1], 1].round(3))

# %% tags=["claim"]
for net, count, found in runs:
    not_yet = np.minimum.accumulate(found[:, 0]) > 0.7  # no better than a guess so far
    assert count
    assert found[not_yet, 1].min() > 0.99
    assert 0.7 < found[~not_yet, 1].min() < 0.99
    assert np.abs(net.net.U).max() > 1  # it began within 0.1
    net.net.U[:] = 0  # nothing fed back: nothing to cut
    assert np.isclose(
        truncation(net, draw(setting("order", "6a").problem, 1, 1)).cosine, 1
    )

# %% tags=["alt"]
figure, (upper, lower) = new_figure(2, 1, size=(7.5, 4.2), sharex=True)
for (_, count, found), colour, line in zip(
    runs, COLOURS, ("-", "--", "-."), strict=False
):
    upper.plot(found[:, 0], color=colour, linestyle=line, label=f"{count} sequences")
    lower.plot(found[:, 1], color=colour, linestyle=line)
upper.set(ylabel="largest error", title="Experiment 6a, three seeds")
upper.legend(loc="lower left")
lower.set(ylabel="cosine, median of 10", xlabel="thousands of training sequences")
course.show(
    figure,
    name="20-cosine",
    alt="Above, the error: for 11 to 17 thousand sequences it stays near 0.75, then it "
    "falls within some thousands to near 0. Below, the cosine: at 1 as long as the "
    "error stays, and lower, up and down, from when it falls.",
)

# %% [markdown]
# While there is nothing learnt, the rule *is* the full gradient, for all purposes: the weights between hidden units are
# within $\pm 0.1$, and what flows back through them is small. As the task is learnt they grow, the largest beyond 1, and
# the two directions part: a cosine of $0.97$ is an angle of 14 degrees, one of $0.87$ of 30. This is one task, and a
# network that begins with larger weights has more to cut. The authors tried the full gradient, too, and saw no
# significant difference.
#
# The upper panel has the other lesson: a long flat stretch, then a fall within some thousand sequences. How many a trial
# takes is mostly how long it waits on the flat part, and that is decided by small things.

# %% [markdown]
# ## Two trials, live
#
# In the paper a trial ends by a rule. For 6a: the last 2000 *training* sequences were all right (each output off by less
# than 0.3), and their mean error is below 0.1. Then 2560 new sequences are the test. Weights change after each sequence
# by plain gradient descent, $\alpha = 0.5$. Here are two trials from seeds that no file has.

# %% tags=["claim"]
live = le.reproduce.reproduce(
    "hochreiter1997", "order", rows="6a", trials=2, seed=100, jobs=1, progress_bar=False
)
print(live.summary().drop(columns="where").T.to_string(header=False))
assert live.table["success"].all()
assert live.table["sequences"].between(5_000, 100_000).all()

# %% [markdown]
# ## Published and measured
#
# Two trials show that it can be done. A mean asks for as many as the paper had. All of these are kept, seeds 0, 1, 2 and
# so on, none left out (`lstm-edu reproduce hochreiter1997 order --budget paper` makes them anew). The mean
# and range are of training sequences, over the trials that succeeded; *wrong* is the share of the final test; where two
# numbers stand with a bar between them, the first is the paper's. `T100-N3`: at least 100 steps, the first 3 say the class.

# %% tags=["claim"]
kept = course.reproduced("hochreiter1997")
rows = [(e.experiment, row, trials) for e in kept for row, trials in e.rows()]
tried = {
    (experiment.number, row.name): (row, trials) for experiment, row, trials in rows
}
ours, more_wrong = {}, {}
SHORT = [(n, name) for n in ("3a", "3b") for name in ("T100-N3", "T100-N1")]
for found in kept:
    print(f"experiment {found.experiment.number}: {found.experiment.title}")
    print(found.summary().drop(columns="where").to_string(index=False), "\n")
assert all(len(trials) >= row.published.trials for _, row, trials in rows)

# %% tags=["claim"]
for key in [*SHORT, ("4", "100"), ("6", "6a")]:
    row, trials = tried[key]
    done = trials[trials["success"]]
    ours[key] = ratio = done["sequences"] / row.published.sequences
    drawn = np.random.default_rng(0).choice(ratio, (2000, len(ratio)))
    low, high = np.percentile(drawn.mean(axis=1), (2.5, 97.5))
    more_wrong[key] = done["wrong"].sum() / done["tested"].sum() / row.published.wrong
    print(*key, f"ours over theirs: sequences {low:.2f} to {high:.2f} (95 %)", end=", ")
    print(f"wrong ones {more_wrong[key]:.1f}")
    assert not low < 1 < high  # off by more than the luck of our seeds
    assert (key[0] == "3b") == (ratio.mean() < 0.5)
assert max(ratio.mean() for ratio in ours.values()) < 1.5
assert ours["4", "100"].min() > 1
means = {
    key: trials.loc[trials["success"], "sequences"].mean() / row.published.sequences
    for key, (row, trials) in tried.items()
    if trials["success"].any()
}
assert min(means["4", "500"], means["3b", "T1000-N1"]) > 3
assert (~tried["6", "6b"][1]["success"]).sum() >= 1
twice = ("3c", "N3"), ("3c", "N1"), ("5", "n140-twice"), ("5", "n13-twice")
assert max(means[key] for key in twice) < 2 < min(means["5", "n140"], means["5", "n13"])
failed = {key: int((~trials["success"]).sum()) for key, (_, trials) in tried.items()}
assert [failed[key] for key in [*ours, ("3b", "T1000-N1")]] == [0, 0, 0, 1, 0, 0, 3]
assert max(ratio.max() / ratio.min() for ratio in ours.values()) > 3
assert min(more_wrong[key] for key in SHORT) > 1 > more_wrong["4", "100"]

# %% tags=["alt"]
rows = [each for each in rows if each[0].name != "plain"]  # no LSTM
figure, axes = new_figure(size=(7.5, 1.2 + 0.3 * len(rows)))
for place, (_, row, trials) in enumerate(rows):
    ratio, success = trials["sequences"] / row.published.sequences, trials["success"]
    for some, mark, colour in ((success, "o", COLOURS[0]), (~success, "x", COLOURS[1])):
        axes.plot(ratio[some], [place] * some.sum(), mark, color=colour, alpha=0.5)
    bar = {"color": COLOURS[0], "markersize": 20, "markeredgewidth": 2}
    axes.plot([ratio[success].mean()], [place], "|", **bar)
axes.axvline(1, color=REFERENCE, linewidth=1)
names = [f"{e.number}, {row.name} ({len(t)})" for e, row, t in rows]
axes.set_yticks(range(len(rows)), names)
axes.set(ylim=(len(rows) - 0.5, -0.5), xscale="log")
ticks = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20)
axes.set_xticks(ticks, [str(tick) for tick in ticks])
axes.set_xticks([], minor=True)
axes.set(xlim=(0.035, 25), xlabel="training sequences, over the published mean")
axes.set_title("a point: a success; a cross: given up; a bar: the mean; (trials)")
course.show(
    figure,
    name="20-experiments",
    alt="A row for each experiment run again, a mark for each trial: sequences "
    "until success over the published mean, a bar at our mean. In 3a, 3c, 6a and 3b "
    "over 100 steps most points and the bars lie below 1; in 4, 3b over 1000 steps, "
    "and in 5 at the printed rate, all lie above it. Nearly all "
    "trials of experiment 1 are crosses at the right, as are most of 2 as printed.",
)

# %% [markdown]
# How should this be read?
#
# - **The verdict carries over**, where there are points: 3a, 4 and 6a succeed in every trial, at the paper's rates,
#   with its weights and stopping rules, and at 100 steps no mean of theirs is off by a factor of two.
# - **The numbers do not, to the digit, and not by luck alone.** In none of the six rows above does the published mean lie
#   within the interval in which our own is known. Adding over 100 steps takes longer in *every* trial than the published
#   mean, over 500 and in 3b over 1000 more than three times as long, nearly all of it before anything is learnt; 3a takes
#   about two thirds, 3b over 100 less than half. Multiplying takes more than twice as long, but less than that at twice
#   the rate, as the printed error would have it. This interval knows our seeds alone: the paper's means, of 10 or 20
#   trials, have luck in them too.
# - **A mean of the successes hides something.** In 6b some trials were given up, and in 3b four that could hardly succeed:
#   noise turned the one telling number round, or nearly so, in 6 or 7 of 256 test sequences, and only 5 may be wrong. In
#   one row the slowest success takes several times as long as the fastest: the flat stretch.
# - **The final tests agree in size.** One sequence of 2560 was wrong in the paper for adding and 6a, about one is here. In
#   3a and 3b we are wrong more often.
# - **Something is different that is not printed, or that we had to change.** In the adding problem our outputs are
#   *linear* (see below). The ranges of $g$ and $h$ are swapped in the caption of table 10; we follow the equations. And
#   how often the network was tested in 3a is not said: we do it every 100 sequences. Does that matter? Who looks more
#   often meets the first lucky moment, stops earlier, and is wrong more often later: both as we found it. So we ask.

# %% tags=["claim"]
asked = setting("two-sequences", "T100-N3")
rarely = replace(asked, rule=replace(asked.rule, every=2000))
often = tried["3a", "T100-N3"][1].set_index("seed")["sequences"]
late = [trial.run(rarely, seed).sequences for seed in range(3)]
for seed, count in enumerate(late):
    print(f"seed {seed}: a look every 100: {often[seed]}, every 2000: {count}")
assert np.mean(late) < TABLES["two-sequences"].row("T100-N3").published.sequences

# %% [markdown]
# A good explanation, and it is not the reason: a look every 2000 sequences ends the same trials hardly later. What the
# reason is we do not know.
#
# ## What did not come out
#
# **Experiments 1 and 2 are not reproduced as printed, nor is the adding problem with sigmoid outputs.**
# The paper reports success in 148 of 150 trials of the first, and in all 18 of each of 2a and 2b. Here is what was
# tried.

# %% tags=["claim"]
won = {key: t["success"].to_numpy() for key, (_, t) in tried.items()}
missing = {}
for experiment, row in [(each, row) for each in PAPER.experiments for row in each.rows]:
    if "Not reproduced" in row.note or "was not met" in row.note:
        missing.setdefault((experiment.number, row.note), []).append(row.name)
for (number, note), names in missing.items():
    print("\n" + textwrap.fill(f"{number} ({', '.join(names)}): {note}", 86))
assert {number for number, _ in missing} == {"1", "2a", "2b", "2c", "4"}
one = np.concatenate([won[key] for key in won if key[0] == "1"])
print(f"\nexperiment 1: {sum(one)} of {len(one)} trials succeed")
assert sum(one) < len(one) / 20
for number, name in (("2a", "100-end"), ("2b", "100-end"), ("2a", "100-closed")):
    assert won[number, name].all()
    assert won[number, "100"].sum() <= 1
lags = [tried["2c", f"q{lag}-p{lag}-closed"][1] for lag in (50, 100, 200, 500)]
assert all(t["success"].all() for t in lags)
assert np.all(np.diff([t["sequences"].mean() for t in lags]) > 0)
closed = [row for _, row in won if "closed" in row and row[0] == "q"]
most = [tried["2c", row][1] for row in closed if "q1000" in row]
assert 0.5 < np.mean([t["success"].mean() for t in most]) < 1
taken = [t.loc[t["success"], "sequences"].mean() for t in most]
assert max(taken) < 1.5 * min(taken)
far = [key for key in won if key[0] == "2c" and key[1] not in ("q50-p50", *closed)]
none = [key for key in won if "rtrl-p10-" in key[1]] + far
assert not np.concatenate([won[key] for key in none]).any()

# %% [markdown]
# Experiment 1 you can watch. The grammar has to be right at *each* step of *all* 512 strings: every symbol that may
# follow must be more active than every one that may not. In the paper three blocks of two cells, at a rate of 0.1,
# needed 21,730 sequences on average, in all 30 trials.


# %%
def wrong_in(net, strings):
    y, legal = net.answers(strings), legal_symbols(strings)
    worst = np.where(legal, y, np.inf).min(axis=-1)
    wrong = (worst <= np.where(legal, -np.inf, y).max(axis=-1)) & legal.any(axis=-1)
    return wrong.any(axis=1).sum(), wrong.sum() / legal.any(axis=-1).sum()


asked, rng = setting("reber", "3x2-0.1"), np.random.default_rng(0)
sets, net = asked.problem.sets(0), Network(asked.design, rng=0)
none, counts = np.zeros((0, 2)), np.zeros(2, np.int64)
for _ in range(4):
    order, errors = rng.integers(256, size=15_000), np.zeros(15_000)
    rest = (order, asked.rate, none, counts, np.zeros(3), errors)
    blocks.learn(*net.kernel_arguments, *sets[0], *rest)
    (strings, steps), (new, _) = (wrong_in(net, each) for each in sets)
    print(f"{counts[0]}: wrong {strings} of 256 strings", end=" ")
    print(f"({steps:.1%} of steps), {new} of 256 new ones")

# %% [markdown]
# What should a reader make of that? Not that the paper is wrong: a detail that nobody printed, or a mistake of ours,
# would look the same from here. But each failure has a reason that can be seen, and it is the same one, *saturation*:
#
# - **Sigmoid outputs.** Targets of the adding problem go from 0 to 1, an answer to 0 must be below $0.04$, and
#   $\sigma(a) < 0.04$ asks for $a < -3.2$, where the slope is below $0.04$ as well: the edges are learnt last.
# - **Two strings.** A gate without a bias begins half open, so each step adds about 1/4, and the state is 25 at the end.
#   With a gate that begins *closed*, as in 3, 4 and 6, 2a and 2b are learnt in all 18 trials (rows `100-end`).
# - **Long lags.** The same gates stand half open in 2c, for up to a thousand steps, and the printed rate is a hundredth of
#   that of 2a. With closed gates and the rate of 2a lags up to 500 are learnt in all trials (rows `closed`), of 1000 in
#   most. Yet our sequences grow with the lag, and hardly with how often a symbol distracts (`p50`: one of 50 at each
#   step); in the paper it is the other way round: another network.
# - **The grammar.** One block's output gate is open, its cells saturate within ten steps, and no error reaches a
#   state. A closed gate is no cure here.
#
# The rows `plain` say what 2a is for. A network without a carousel learns a lag of 4 steps, hardly or well, depending on a
# single step that the paper leaves open; with a lag of 10 neither the paper's nor ours succeed in 5 000 000 sequences.
#
# All trials, those of later papers too, stand in `figures/reproduced/README.md`.

# %% [markdown]
# ## Exercises
#
# **20.1 How many weights?** A network of `blocks` blocks of `size` cells as in experiments 4 to 6, where all gates,
# cells and outputs have a bias.


# %% tags=["exercise"]
def weights(inputs, outputs, blocks, size): ...


course.check("20.1", weights)


# %% tags=["solution"]
def weights(inputs, outputs, blocks, size):
    cells, hidden = blocks * size, blocks * (size + 2)
    return hidden * (inputs + hidden + 1) + outputs * (cells + 1)


course.check("20.1", weights)

# %% [markdown]
# **20.2 One step forward.** The partials `P_i` and `P_c` (M,) of one cell's state, for its input gate's weights and its
# own, from M sources. The sources say `y` (M,); the gate is `i`, and `g` has the slope `slope`. Return both partials
# after the step.


# %% tags=["exercise"]
def partials(P_i, P_c, y, i, g, slope): ...


course.check("20.2", partials)


# %% tags=["solution"]
def partials(P_i, P_c, y, i, g, slope):
    return P_i + g * i * (1 - i) * y, P_c + i * slope * y


course.check("20.2", partials)

# %% [markdown]
# **20.3 When does it end?** `errors` (N,) holds one error for each training sequence. After how many sequences is the
# rule met for the first time: there were at least `last`, none of the last `last` has an error of `limit` or more, and
# their mean is below `mean`? (In all cases of the check it is met at some time.)


# %% tags=["exercise"]
def rule_is_met(errors, last, limit, mean): ...


course.check("20.3", rule_is_met)


# %% tags=["solution"]
def rule_is_met(errors, last, limit, mean):
    for n in range(last, len(errors) + 1):
        recent = errors[n - last : n]
        if recent.max() < limit and recent.mean() < mean:
            return n


course.check("20.3", rule_is_met)

# %% [markdown]
# **20.4 Find the bug.** One cell as in the calculation by hand, inputs `x` (T,), nothing fed back. The function returns
# the changes of `w_i` and `w_c` at a rate of 1. There are **two** mistakes.


# %% tags=["exercise"]
def change_with_bugs(x, w_i, w_c, w_o, w_k, target):
    s = P_i = P_c = 0.0
    for x_t in x:
        i, o, f_c = sigmoid(w_i * x_t), sigmoid(w_o * x_t), sigmoid(w_c * x_t)
        g = 4 * f_c - 2
        s = s + i * g
        P_i = g * i * (1 - i) * x_t
        P_c = i * 4 * f_c * (1 - f_c) * x_t
    h = 2 * sigmoid(s) - 1
    e = target - w_k * o * h
    e_s = (1 - h**2) / 2 * w_k * e
    return e_s * P_i, e_s * P_c


course.check("20.4", change_with_bugs)


# %% tags=["solution"]
def change_repaired(x, w_i, w_c, w_o, w_k, target):
    s = P_i = P_c = 0.0
    for x_t in x:
        i, o, f_c = sigmoid(w_i * x_t), sigmoid(w_o * x_t), sigmoid(w_c * x_t)
        g = 4 * f_c - 2
        s = s + i * g
        P_i += g * i * (1 - i) * x_t  # carried: all steps count, not the last one
        P_c += i * 4 * f_c * (1 - f_c) * x_t
    h = 2 * sigmoid(s) - 1
    e = target - w_k * o * h
    e_s = o * (1 - h**2) / 2 * w_k * e  # what the output gate shows
    return e_s * P_i, e_s * P_c


course.check("20.4", change_repaired)

# %% [markdown]
# **20.5 An open question.** How much does the cut cost? Train 6a with the full gradient
# (`hochreiter1997.truncation.full_gradient`, in Python and slow: take strings of 20 steps with `Ordered(20, (4, 12))`)
# and with the rule, from the same weights and on the same sequences. Count sequences until the rule is met. Write down
# your prediction first, and how many seeds you need to see a difference of a fifth.

# %% [markdown] tags=["solution"]
# What to look for: both take the same way along the flat stretch, since the cosine is 1 there, and part when the error
# falls. A spread of one half of the mean between seeds and a difference of one fifth ask for about 2 * (0.5 / 0.2)
# squared * 4 = 50 pairs if they were independent; with equal starts and sequences, compared in pairs, fewer. If three
# seeds decide it for you, look again.

# %% [markdown]
# ## References
#
# - S. Hochreiter, J. Schmidhuber, *Long Short-Term Memory*, Neural Computation 9(8), 1997. Appendix A.1: the network
#   and the rule, equations 19 to 28. Section 5: the tasks. Tables 1 to 9: results. Tables 10 and 11: conditions.

# %%
course.ran()
