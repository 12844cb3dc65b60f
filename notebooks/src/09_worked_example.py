# %% [markdown] question="From a file to a network that writes, from a series to a forecast: is it worth anything?"
# # 09 · A worked example from end to end
#
# ## The question
#
# From a file to a network that writes, and from a series to a forecast: what are all the steps, and how do you know
# that the result is worth anything?
#
# ![Two panels. Left: bits per character on the test text, counting tables of growing order and the LSTM among them.
# Right: root mean squared error of five forecasts of the yearly sunspots; the LSTM and a linear model are the
# best.](../figures/09-honest.png)
#
# The figure is the honest summary. On a text, after seconds of training, the LSTM beats tables that look one or two
# characters back, and a table that looks three back beats the LSTM. On the sunspots, the LSTM beats both rules of
# thumb, and with a linear model of nine weights it is about even. The network is not the hero of this chapter. The
# baselines are.

# %% [markdown]
# ## What you need
#
# The LSTM, softmax and cross-entropy (chapter 08). Nothing else. Put the path of a text of your own into `FILE` below,
# in any language, of at least a hundred thousand characters. As it stands, the text is the help pages that come with
# Python. The asserts of this page hold for that text; with your own some may fail, and then you know more about it.

# %%
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from joblib import Parallel, delayed

import lstm_edu as le
from lstm_edu import course

course.begin(9)
COLOURS, REFERENCE = le.plotting.style.COLOURS, le.plotting.style.REFERENCE
FILE = None  # or a path, such as "my.txt"

# %% [markdown]
# ## Intuition: one recipe for both
#
# 1. **Look at the data.**
# 2. **Split by time.** What comes later is for the test. Nothing of it may reach the training, not even its mean.
# 3. **Set the baselines** before any network: what do the cheapest rules score?
# 4. **Train**, from several seeds, and look at the validation loss.
# 5. **Test once**, and say how sure you are.
# 6. **Use it**: write, forecast, save.
#
# ## A text: look at it and split it

# %%
task = le.tasks.Text(FILE, length=48, unseen="\ufffd")
train, test = ("".join(task.decode(b.x[:, 0]) for b in task.stream(1, split)) for split in ("train", "test"))
print(f"{len(train):,} characters to train on, {len(test):,} to test on, {task.inputs} different ones")
print(train[2000:2300])

batch = task.sample(1, rng=5)
print("x     ", repr(task.decode(batch.x[:12, 0])), batch.x[:5, 0])
print("target", repr(task.decode(batch.target[:12, 0])), batch.target[:5, 0])

# %% [markdown]
# The first 80 % of the text are for training, the next 10 % for validation, the last 10 % for the test. A sequence is
# 48 characters long, and the target at each step is the next character: the input moved by one. The *vocabulary* comes
# from the training part alone, too. A character that it lacks would be read as `�`, which has a number of its own.
#
# ## The baselines: counting
#
# We measure in *bits per character*: the mean of $-\log_2 p$, where $p$ is the probability that was given to the
# character that came. By hand: if the three characters of "the" get $p = 0.5, 0.25, 0.125$, that is $1$, $2$ and $3$
# bits, on average $2$. It is the cross-entropy of chapter 08 divided by $\ln 2 = 0.693$.
#
# The simplest model, the *unigram*, knows how frequent each character is, whatever came before. The *bigram* counts
# which character follows which. A table of *order* $n$ looks at the $n - 1$ characters before. What was never counted
# needs a probability too. So each order mixes its own count with the guess $q$ of the order below:
#
# $$ p(\text{next} \mid \text{before}) = \frac{\text{count}(\text{before, next}) + D \cdot q(\text{next})}
#    {\text{count}(\text{before}) + D}, $$
#
# where $D$ is the number of different characters that were seen after `before` (Witten and Bell, 1991). If `th` came
# 10 times, 8 times with `e` after it and 2 times with `a`, then $D = 2$; with $q(\text{e}) = 0.1$ the next `e` gets
# $(8 + 2 \cdot 0.1) / (10 + 2) = 0.683$.


# %%
def counted(order):
    """Bits per character of tables up to this order on the test text, and how many numbers they hold."""
    after = [defaultdict(Counter) for _ in range(order)]
    for k, table in enumerate(after):
        for a in range(len(train) - k):
            table[train[a : a + k]][train[a + k]] += 1
    totals = [{before: c.total() for before, c in table.items()} for table in after]
    bits = []
    for a in range(order, len(test)):
        p = 1 / task.inputs
        for k, table in enumerate(after):
            before = test[a - k : a]
            if before in table:
                seen = table[before]
                p = (seen[test[a]] + len(seen) * p) / (totals[k][before] + len(seen))
        bits.append(-np.log2(p))
    return np.mean(bits), sum(len(seen) for table in after for seen in table.values())


orders = {order: counted(order) for order in range(1, 7)}
for order, (bits, size) in orders.items():
    print(f"order {order}: {bits:.2f} bits per character, {size:,} counts")

# %% [markdown] tags=["predict"]
# **Predict first.** We will train an LSTM of 96 units, about 60,000 numbers, for 600 steps. Where in this list will it
# land?

# %% [markdown]
# ## The experiment: an LSTM that reads
#
# Each character goes through an *embedding*, a table with 32 learnt numbers for each character. Then come the LSTM and
# a dense layer with one logit for each character. `carry_state=True` reads the text in order and hands the state of
# one batch on to the next, so that the memory can reach back further than 48 characters. The gradient still ends
# there.


# %%
def reader(seed):
    rng = np.random.default_rng(seed)
    cell = le.LSTM(32, 96, rng=rng)
    return le.Sequential([le.Embedding(task.inputs, 32, rng=rng), cell, le.Dense(96, task.outputs, rng=rng)])


def study(seed):
    le.set_num_threads(1)
    net, began = reader(seed), time.process_time()
    history = le.fit(net, task, steps=600, schedule="cosine", seed=seed, carry_state=True, progress_bar=False)
    return net, history, time.process_time() - began


def bits_of(net, split="test"):
    """Bits per character of a whole split, read in 20 parts side by side with the state carried on."""
    state, losses = None, []
    for batch in task.stream(20, split):
        y, tape = net.forward(batch.x, state, training=False)
        losses.append(le.SoftmaxCrossEntropy()(y, batch.target)[0])
        state = tape.state
    return np.mean(losses) / np.log(2)


# %%
readers, histories, seconds = zip(*Parallel(n_jobs=2)(delayed(study)(seed) for seed in range(3)), strict=True)
scores = np.array([bits_of(net) for net in readers])
print(readers[0].summary())
print(f"test: median {np.median(scores):.2f} bits per character ({scores.min():.2f} .. {scores.max():.2f})")
print(f"after {np.median(seconds):.0f} seconds of training each, on one core")

# %% tags=["claim"]
figure, axes = plt.subplots(figsize=(7, 3.4))
curves = np.array([history["valid_loss"] for history in histories]) / np.log(2)
axes.plot(histories[0]["step"], np.median(curves, axis=0), color=COLOURS[1], label="LSTM, validation\n(median, range)")
axes.fill_between(histories[0]["step"], curves.min(axis=0), curves.max(axis=0), color=COLOURS[1], alpha=0.2)
for order in (1, 2, 3, 5):
    axes.axhline(orders[order][0], color=REFERENCE, linestyle="--", linewidth=1)
    axes.annotate(f"table of order {order}", (600, orders[order][0]), va="bottom", ha="right", fontsize=9)
axes.set(xlabel="training steps", ylabel="bits per character", xlim=(0, 600))
axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
course.show(figure, alt="Validation loss of the LSTM in bits per character against training steps, "
                        "three seeds: it passes the tables of order one, two and three and ends between"
                        " those of order three and five.")  # fmt: skip
assert scores.max() < orders[3][0]
assert scores.min() > orders[4][0]
assert orders[4][1] < readers[0].count_parameters() < orders[5][1]
chains = {train[a : a + 10] for a in range(len(train))}
known = np.mean([test[a : a + 10] in chains for a in range(len(test))])
print(f"chains of ten characters of the test text that occur in training: {known:.0%}")
assert known < 0.7

# %% [markdown]
# Nobody told the LSTM how far to look back, and *after these seconds* it beats the tables of order 1, 2 and 3. It holds
# fewer numbers than the table of order 5. But that table is better, and it was made by counting alone, without any
# training. So is the table of order 4, with fewer numbers than the LSTM.
#
# Tables hit a wall, though. Half of the chains of ten characters of the test text never occur in the training text, so
# there is nothing to count. Who is better is a question of time: chapter 16 trains a larger LSTM on a larger text for
# some minutes, and its log tells from which second on the network is ahead of each table, the best one included. With
# seconds of training, count first.
#
# ## Using it: writing
#
# To write, we give the network a prompt, take the probabilities for the next character, draw one, and feed it back in
# as the next input, with the state carried on. The *temperature* $\tau$ divides the logits before the softmax. At
# $\tau = 1$ we draw as the network believes. Below 1 likely characters become likelier: for logits $(2, 1)$ the
# chances are $0.73 : 0.27$ at $\tau = 1$ and $0.88 : 0.12$ at $\tau = 0.5$. At $\tau = 0$ the likeliest is always
# taken.

# %%
written = {}
for temperature in (0.0, 0.5, 1.0):
    for seed, net in enumerate(readers):
        written[temperature, seed] = le.sample_text(net, task, "The ", 600, temperature=temperature, rng=seed)
    print(f"--- temperature {temperature}\nThe {written[temperature, 0][:240]}")

# %% [markdown] tags=["predict"]
# **Predict first.** Two measures for these samples: how many of all pieces of six characters are different from each
# other, and which share of the words stands in the training text. How do the two go with the temperature?

# %% tags=["claim"]
words = set(train.split())


def variety(text):
    return len({text[a : a + 6] for a in range(len(text) - 5)}) / (len(text) - 5)


def real(text):
    return np.mean([word in words for word in text.split()[1:-1]])


looks = {key: (variety(text), real(text)) for key, text in written.items()}
for temperature in (0.0, 0.5, 1.0):
    rows = [looks[temperature, seed] for seed in range(3)]
    print(f"temperature {temperature}: different pieces, words of the text", np.round(rows, 2).tolist())
for seed in range(3):
    cold, mild, warm = (looks[temperature, seed] for temperature in (0.0, 0.5, 1.0))
    assert cold[0] < mild[0] < warm[0]
    assert mild[1] > warm[1]

# %% [markdown]
# At temperature 0 the network says the same thing for ever: the likeliest character leads back to where it was. At 1
# it invents words. In between lies a compromise that is a matter of taste, and no measure of quality: 0.5 *looks*
# better than 1, but the text of temperature 1 is what the network has learnt.
#
# ## Using it: saving
#
# A file holds all layers and numbers. The network that is loaded writes the same text.

# %%
path = Path(tempfile.mkdtemp()) / "reader.safetensors"
le.save(readers[0], path)
loaded = le.load(path)
assert le.sample_text(loaded, task, "The ", 600, temperature=1.0, rng=0) == written[1.0, 0]
print(f"{path.stat().st_size:,} bytes for {loaded.count_parameters():,} numbers of 4 bytes")

# %% [markdown]
# ## A series: look at it and split it
#
# The number of sunspots in each year since 1700 goes up and down with a period of about 11 years, never twice the
# same. We forecast each year from the 33 years before it. Training: 1700 to 1920. Validation: 1921 to 1964. Test: 1965
# to 2008.

# %%
spots = le.tasks.Sunspots()
parts = {split: spots.ordered(split) for split in ("train", "valid", "test")}
figure, axes = plt.subplots(figsize=(8, 2.4))
for colour, (split, (years, batch)) in zip(COLOURS, parts.items(), strict=False):
    axes.plot(years, spots.sunspots(batch.target), color=colour, label=split, linewidth=1.2)
axes.set(xlabel="year", ylabel="sunspots")
axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
course.show(figure, alt="The yearly number of sunspots from 1733 to 2008: cycles of about eleven years "
                        "and of different height, higher in the years of validation and test than "
                        "before.")  # fmt: skip

# %% [markdown]
# The cycles of the last decades are higher than those before. That is what a split by time is for: the future is not a
# random sample of the past. The task subtracts the mean of the *training* years and divides by their standard
# deviation. Had we used those of all years, the training would know how high the future is.
#
# ## The baselines: rules and a straight line
#
# The *naive* forecast is: next year is like this year. The *seasonal* one: like 11 years before. The third is a
# *linear autoregression*, AR(p): next year is a weighted sum of the last $p$ years and a constant. The weights are
# fitted by least squares on the training years, and $p$ is chosen on the validation years. Yule did this for the
# sunspots in 1927, with $p = 2$. The error is the root of the mean squared error (RMSE), in sunspots.


# %%
def rmse(forecast, split):
    batch = parts[split][1]
    return np.sqrt(np.mean((spots.sunspots(forecast(batch)) - spots.sunspots(batch.target)) ** 2))


def autoregression(p):
    def rows(batch):
        return np.c_[batch.x[-p:, :, 0].T, np.ones(batch.x.shape[1])]

    batch = parts["train"][1]
    weights = np.linalg.lstsq(rows(batch), batch.target, rcond=None)[0]
    return lambda batch: rows(batch) @ weights


by_order = {p: rmse(autoregression(p), "valid") for p in (1, 2, 3, 5, 9, 12, 20, 33)}
print("validation:", {p: round(float(error), 1) for p, error in by_order.items()})
best = min(by_order, key=by_order.get)
rules = {
    "naive": lambda batch: batch.x[-1],
    "seasonal": lambda batch: batch.x[-11],
    "AR(2)": autoregression(2),
    f"AR({best})": autoregression(best),
}

# %% [markdown]
# ## The experiment: an LSTM that forecasts
#
# 16 units, 1169 numbers. With only 188 training sequences it would soon know them by heart, so the training stops when
# the validation loss has not improved for ten evaluations, and goes back to the best parameters (`patience`). That
# uses the validation years, as the choice of $p$ did. The test years are used once.


# %%
def forecaster(seed):
    rng = np.random.default_rng(seed)
    net = le.Sequential([le.LSTM(1, 16, rng=rng), le.Dense(16, 1, steps="last", rng=rng)])
    le.fit(net, spots, steps=400, every=20, patience=10, schedule="cosine", seed=seed, progress_bar=False)
    return net


nets = [forecaster(seed) for seed in range(5)]
found = {name: [(rmse(rule, "valid"), rmse(rule, "test"))] for name, rule in rules.items()}
for net in nets:
    found.setdefault("LSTM", []).append(
        [rmse(lambda batch, net=net: net(batch.x), split) for split in ("valid", "test")]
    )
for name, errors in found.items():
    columns = [f"{np.median(e):5.1f} ({min(e):.1f} .. {max(e):.1f})" for e in zip(*errors, strict=True)]
    print(f"{name:9} validation {columns[0]:22} test {columns[1]}")

# %% [markdown]
# Is the difference between the LSTM and the linear model more than luck? There are only 44 test years. We draw 44 of
# them with replacement, many times, and look at how the difference of the mean squared errors scatters: a *bootstrap*.
# Years are not independent of each other, so the true scatter is rather larger.


# %%
def squares(forecast):
    batch = parts["test"][1]
    return (spots.sunspots(forecast(batch)) - spots.sunspots(batch.target))[:, 0] ** 2


draws = np.random.default_rng(0).integers(0, 44, (10_000, 44))
linear = squares(rules[f"AR({best})"])
intervals = []
for seed, net in enumerate(nets):
    gain = (linear - squares(lambda batch, net=net: net(batch.x)))[draws].mean(axis=1)
    intervals.append(np.percentile(gain, [2.5, 97.5]))
    print(
        f"seed {seed}: 95 % of the draws give the LSTM a gain between {intervals[-1][0]:.0f} and {intervals[-1][1]:.0f}"
    )

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(8.5, 3.2))
labels = [f"table, order {order}" for order in (1, 2, 3)] + ["LSTM"] + [f"table, order {order}" for order in (4, 5, 6)]
values = [orders[order][0] for order in (1, 2, 3)] + [np.median(scores)] + [orders[order][0] for order in (4, 5, 6)]
colours = [COLOURS[1] if label == "LSTM" else REFERENCE for label in labels]
left.barh(labels, values, color=colours)
left.set(xlabel="bits per character, test", title="a text")
errors = {name: np.median([test for _, test in rows]) for name, rows in found.items()}
right.barh(list(errors), list(errors.values()), color=[COLOURS[1] if name == "LSTM" else REFERENCE for name in errors])
right.set(xlabel="RMSE in sunspots, test", title="a series")
for axes, rows in ((left, scores), (right, [test for _, test in found["LSTM"]])):
    axes.plot([min(rows), max(rows)], ["LSTM", "LSTM"], color="black", linewidth=3)
    axes.invert_yaxis()
course.show(figure, name="09-honest",
            alt="Left: bits per character of tables of order one to six and of the LSTM, which lies between the tables "
                "of order three and four. Right: error of five forecasts of the sunspots: naive and seasonal are far "
                "worse than the rest; the LSTM is a little below AR(9), and its range over five seeds reaches across "
                "it.")  # fmt: skip

# %%
years, batch = parts["test"]
figure, axes = plt.subplots(figsize=(8, 3))
axes.plot(years, spots.sunspots(batch.target), "o-", color="black", markersize=3, linewidth=1, label="what came")
axes.plot(years, spots.sunspots(rules[f"AR({best})"](batch)), color=COLOURS[0], linestyle="--", label=f"AR({best})")
middle = np.median([net(batch.x) for net in nets], axis=0)
axes.plot(years, spots.sunspots(middle), color=COLOURS[1], label="LSTM\n(median of five)")
axes.set(xlabel="year", ylabel="sunspots")
axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
course.show(figure, alt="The sunspots of 1965 to 2008 with the forecasts of the linear model and of the"
                        " LSTM, each one year ahead. Both follow the four cycles; both are furthest off"
                        " near the peaks.")  # fmt: skip

# %% [markdown]
# ## What we saw
#
# *Any model beats the rules of thumb.* Two weights and a constant, AR(2), are far better than "like this year" or "like
# 11 years before".
#
# *The LSTM and the linear model are about even.* In the test years the median of the five LSTMs is a little better than
# AR(9), in the validation years it is a little worse. For at least three of the five seeds (in our run for all of them)
# the bootstrap allows a gain and a loss. With 44 years to test on, nobody can say which is better. Then take the one
# that has nine weights, needs no seed and can be read.
#
# *The seed matters as much as the model.* Between the best and the worst LSTM lie 2.5 sunspots of RMSE in the
# table above, and 1.9 between the median LSTM and AR(9). Whoever reports one seed reports a draw of the lots.

# %% tags=["claim"]
test_errors = np.array([test for _, test in found["LSTM"]])
valid_errors = np.array([valid for valid, _ in found["LSTM"]])
(ar_valid, ar_test), (_, ar2_test) = found[f"AR({best})"][0], found["AR(2)"][0]
assert test_errors.max() < ar2_test < min(found["naive"][0][1], found["seasonal"][0][1])
assert np.median(test_errors) < ar_test
assert np.median(valid_errors) > ar_valid
assert sum(low < 0 < high for low, high in intervals) >= 3
assert np.ptp(test_errors) > 1

# %% [markdown]
# ## Where it breaks
#
# We have compared *one* LSTM, with one size and one learning rate, with *one* other model. Would a GRU have won?
# Another rate? Was the comparison fair at all: the same number of parameters, the same care in the choice of settings?
# How many seeds and how many tasks does it take before one may say "better"? That is the next chapter.

# %% [markdown]
# ## Exercises
#
# **09.1 Bits.** `p` (N,) holds the probability that each character of a text got before it came. Return bits per
# character.


# %% tags=["exercise"]
def bits_per_character(p): ...


course.check("09.1", bits_per_character)


# %% tags=["solution"]
def bits_per_character(p):
    return -np.log2(p).mean()


course.check("09.1", bits_per_character)

# %% [markdown]
# **09.2 Temperature.** Return the chances of the next character for the logits `z` (K,) at a temperature. At 0 the
# largest logit gets everything.


# %% tags=["exercise"]
def chances(z, temperature): ...


course.check("09.2", chances)


# %% tags=["solution"]
def chances(z, temperature):
    if temperature == 0:
        return np.eye(len(z))[z.argmax()]
    e = np.exp((z - z.max()) / temperature)
    return e / e.sum()


course.check("09.2", chances)

# %% [markdown]
# **09.3 Find the bug.** This writes `length` characters at temperature 0, in numbers. It runs, and what it writes
# looks like a network that has not learnt enough. There are **two** mistakes. (In this package `net(x)` and
# `training=False` switch dropout off; `net.forward(x)` alone has it on.)


# %% tags=["exercise"]
def write_with_bugs(net, codes, length):
    out = []
    for _ in range(length):
        y = net.forward(codes[:, None])[0]
        codes = y[-1, 0].argmax(keepdims=True)
        out.append(int(codes[0]))
    return out


course.check("09.3", write_with_bugs)


# %% tags=["solution"]
def write_repaired(net, codes, length):
    state, out = None, []
    for _ in range(length):
        y, tape = net.forward(codes[:, None], state, training=False)  # dropout off
        state = tape.state  # or each character is read as if it were the first
        codes = y[-1, 0].argmax(keepdims=True)
        out.append(int(codes[0]))
    return out


course.check("09.3", write_repaired)

# %% [markdown]
# **09.4 Find the bug.** This cuts a series into windows of `length` years and the year after each of them. Windows
# whose target lies in the first `train` years are for training, the others for the test. The network that learns from
# it is far too good. There are **two** mistakes.


# %% tags=["exercise"]
def windows_with_bugs(series, length, train):
    values = (series - series.mean()) / series.std()
    starts = np.arange(len(series) - length)
    x = np.stack([values[k : k + length] for k in starts], axis=1)
    target = values[starts + length - 1]
    first = train - length
    return x[:, :first], target[:first], x[:, first:], target[first:]


course.check("09.4", windows_with_bugs)


# %% tags=["solution"]
def windows_repaired(series, length, train):
    values = (series - series[:train].mean()) / series[:train].std()  # of the training years alone
    starts = np.arange(len(series) - length)
    x = np.stack([values[k : k + length] for k in starts], axis=1)
    target = values[starts + length]  # the year after the window; length - 1 is its last year
    first = train - length
    return x[:, :first], target[:first], x[:, first:], target[first:]


course.check("09.4", windows_repaired)

# %% [markdown]
# **09.5 An open question.** One year ahead, a straight line is hard to beat. What about five years ahead,
# `le.tasks.Sunspots(horizon=5)`? Set the baselines first: naive, seasonal, and AR(p) with weights fitted for this
# horizon. Then train the LSTM from five seeds. Or take a series of your own, and go through the six steps of the
# recipe.

# %% [markdown] tags=["solution"]
# How to go about it: only the task changes, so wrap the cells above into functions of `spots`. Mind the seasonal rule:
# 11 years before the year *to be forecast* is `batch.x[horizon - 1 - 11]`. Expect all errors to grow, and the naive
# rule's most: five years on, the cycle is near its other end. Choose everything on the validation years, and look at
# the test once. If the LSTM wins in the median but the bootstrap allows a loss, say that.

# %% [markdown]
# ## References
#
# - A. Karpathy, J. Johnson, L. Fei-Fei, *Visualizing and Understanding Recurrent Networks*, 2015, arXiv:1506.02078:
#   character models that read and write.
# - I. H. Witten, T. C. Bell, *The Zero-Frequency Problem*, IEEE Transactions on Information Theory 37(4), 1991: how to
#   mix counts with a guess for what was never counted (their method C).
# - G. U. Yule, *On a Method of Investigating Periodicities in Disturbed Series*, Philosophical Transactions of the
#   Royal Society A 226, 1927: the autoregression, made for the sunspots.
# - The sunspots: yearly means of the Royal Observatory of Belgium's series, as they come with statsmodels.

# %%
course.ran()
