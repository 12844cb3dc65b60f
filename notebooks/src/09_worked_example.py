# %% [markdown]
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
# The figure is the honest summary. On a text, the LSTM beats tables that look one or two characters back, and a table
# that looks five back beats the LSTM. On the sunspots, the LSTM beats both rules of thumb, and with a linear model of
# nine numbers it is about even. The network is not the hero of this chapter. The baselines are.

# %% [markdown]
# ## What you need
#
# The LSTM, softmax and cross-entropy (chapter 08). Nothing else. Put the path of a text of your own into `FILE` below,
# in any language, of at least a hundred thousand characters. As it stands, the text is the help pages that come with
# Python.

# %%
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from joblib import Parallel, delayed

import lstm_edu as le
from lstm_edu import course

course.begin(9)
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
task = le.tasks.Text(FILE, length=48)
train, test = ("".join(task.decode(b.x[:, 0]) for b in task.stream(1, split)) for split in ("train", "test"))
print(f"{len(train):,} characters to train on, {len(test):,} to test on, {task.inputs} different ones")
print(train[2000:2300])

# %% [markdown]
# The first 80 % of the text are for training, the next 10 % for validation, the last 10 % for the test. A sequence is
# 48 characters long, and the target at each step is the next character: the input moved by one.

# %%
batch = task.sample(1, rng=5)
print("x     ", repr(task.decode(batch.x[:12, 0])), batch.x[:5, 0])
print("target", repr(task.decode(batch.target[:12, 0])), batch.target[:5, 0])

# %% [markdown]
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
    net = reader(seed)
    history = le.fit(net, task, steps=600, schedule="cosine", seed=seed, carry_state=True, progress_bar=False)
    return net, history


def bits_of(net, split="test"):
    """Bits per character of a whole split, read in 20 parts side by side with the state carried on."""
    state, losses = None, []
    for batch in task.stream(20, split):
        y, tape = net.forward(batch.x, state, training=False)
        losses.append(le.SoftmaxCrossEntropy()(y, batch.target)[0])
        state = tape.state
    return np.mean(losses) / np.log(2)


# %%
readers, histories = zip(*Parallel(n_jobs=2)(delayed(study)(seed) for seed in range(3)), strict=True)
scores = np.array([bits_of(net) for net in readers])
print(readers[0].summary())
print(f"test: median {np.median(scores):.2f} bits per character ({scores.min():.2f} .. {scores.max():.2f})")

# %%
figure, axes = plt.subplots(figsize=(7, 3.4))
curves = np.array([history["valid_loss"] for history in histories]) / np.log(2)
axes.plot(histories[0]["step"], np.median(curves, axis=0), label="LSTM, validation\n(median, range)")
axes.fill_between(histories[0]["step"], curves.min(axis=0), curves.max(axis=0), alpha=0.2)
for order in (1, 2, 3, 5):
    axes.axhline(orders[order][0], color=le.plotting.style.REFERENCE, linestyle="--", linewidth=1)
    axes.annotate(f"table of order {order}", (600, orders[order][0]), va="bottom", ha="right", fontsize=9)
axes.set(xlabel="training steps", ylabel="bits per character", xlim=(0, 600))
axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
course.show(figure, alt="Validation loss of the LSTM in bits per character against training steps, three seeds: it passes "
            "the tables of order one, two and three and ends between those of order three and five.")  # fmt: skip

# %% tags=["claim"]
assert scores.max() < orders[3][0]
assert scores.min() > orders[5][0]
assert 10 * readers[0].count_parameters() > orders[5][1] > readers[0].count_parameters()

# %% [markdown]
# The LSTM needs to be told nothing about how far to look back, and it beats the tables of order 1, 2 and 3. But a
# table of order 5, made in half a second, is better. Two things may be said for the network: its score still falls
# when the training ends, and it holds fewer numbers than the table. Two against it: it took far longer, and it has to
# be *better* to be worth it.
#
# Tables hit a wall: most chains of ten characters of a new text were never seen. On larger texts and with hours of
# training, networks win. On a text of this size and with seconds of training, count first.
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
for split, (years, batch) in parts.items():
    axes.plot(years, spots.sunspots(batch.target), label=split, linewidth=1.2)
axes.set(xlabel="year", ylabel="sunspots")
axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
course.show(figure, alt="The yearly number of sunspots from 1733 to 2008: cycles of about eleven years and of different "
            "height, higher in the years of validation and test than before.")  # fmt: skip

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
found["LSTM"] = [(rmse(net, "valid"), rmse(net, "test")) for net in nets]
for name, errors in found.items():
    columns = [f"{np.median(e):5.1f} ({min(e):.1f} .. {max(e):.1f})" for e in zip(*errors, strict=True)]
    print(f"{name:9} validation {columns[0]:22} test {columns[1]}")
