# %% [markdown] question="From a CSV to a forecast: how far can one see ahead, and how sure can one be?"
# # 17 · From a CSV to a forecast
#
# ## The question
#
# A file holds one number a year. How far ahead can one see, and how sure can one be?
#
# ![The yearly sunspots from 1960 to 2008, and behind them a fan of forecasts up to 2030. Its middle goes up and down
# with the cycle, its outer band is far wider.](../figures/17-beyond.png)
#
# The line on the right is a forecast beyond the data, and the band is what makes it honest. Anybody can draw such a
# line. This chapter is about the band: where it comes from, and how to find out whether it deserves its *90 %*.

# %% [markdown]
# ## What you need
#
# The GRU of chapter 06, and the words *training*, *validation* and *test* years from chapter 09, where a network saw
# one year ahead. Everything here is written out, so that you can put another file in its place: a CSV with a column of
# times and a column of numbers, evenly spaced and without gaps. The asserts hold for the sunspots.

# %%
from pathlib import Path

import numpy as np
from statsmodels.datasets import sunspots

import lstm_edu as le
from lstm_edu import course
from lstm_edu.plotting.style import COLOURS, REFERENCE, new_figure

course.begin(17)
FILE = Path(sunspots.__file__).with_name("sunspots.csv")  # put your own path here

# %% [markdown]
# ## Loading, splitting, scaling
#
# Look at a file before you read it, and check after reading what you take for granted. A missing year would shift
# everything behind it, and nothing would complain.
#
# The split follows the order of time: training up to 1920, validation up to 1964, test up to 2008. Whoever shuffles
# before splitting trains on years that lie after those of the test. Everything that is *chosen* here is chosen on the
# validation years. The test years are for the report alone.
#
# Networks like numbers near $\pm 1$. So we take off the mean and divide by the standard deviation, **of the training
# years alone**: the largest cycles come later, and the training must not know it.

# %%
print(*FILE.read_text().splitlines()[:3], "...", sep="\n")
table = np.genfromtxt(FILE, delimiter=",", names=True)
years, spots = table["YEAR"].astype(int), table["SUNACTIVITY"]
assert (np.diff(years) == 1).all()
assert np.isfinite(spots).all()
print(f"{len(years)} years, {years[0]} to {years[-1]}; {spots.min()} to {spots.max()}")

SEEN = 33  # years that are read
train_end, valid_end = np.searchsorted(years, [1921, 1965])
mean, deviation = spots[:train_end].mean(), spots[:train_end].std()
z = ((spots - mean) / deviation).astype(np.float32)
parts = np.split(z, [train_end, valid_end])
for name, part in zip(("train", "valid", "test"), parts, strict=True):
    print(f"{name}: {len(part):3d} years, mean {part.mean():5.2f}", end=", ")
    print(f"largest {part.max():.2f}")

# %% [markdown]
# The test years are higher than the training years by more than half a standard deviation. The future is not a
# random sample of the past, and that will matter below.
#
# ## Windows
#
# A window is what the network reads: 33 years, three cycles. Its target is the year behind it. Time comes first, as
# everywhere in this package: (T, B, 1). The series 0, 1, 2, 3, 4 with windows of three gives 0 1 2 → 3 and
# 1 2 3 → 4.


# %%
def windows(series, first, last, seen=SEEN):
    """What stands before each place first .. last - 1, and what stands there."""
    x = np.stack([series[k - seen : k] for k in range(first, last)], axis=1)
    return x[:, :, None], series[first:last, None]


x, target = windows(np.arange(5), 3, 5, seen=3)
print(x[:, :, 0].T.tolist(), target[:, 0].tolist())
x, target = windows(z, SEEN, train_end)
print("for training:", x.shape, target.shape)

# %% [markdown]
# ## Baselines, and how to look further ahead
#
# A model that sees one year ahead can see two: hand it its own forecast as if it had come true, and so on. This is
# called *feeding back*. Anything that makes one number of a window can be fed back, so the same few lines serve the
# network and all its rivals:
#
# - *last*: next year is like this one.
# - *season*: like 11 years before.
# - *AR(p)*: a weighted sum of the last $p$ years and a constant, by least squares (chapter 09).


# %%
def feed_back(model, x, ahead):
    """(ahead, B) forecasts from windows x (T, B, 1)."""
    path = []
    for _ in range(ahead):
        y = model(x)
        # the oldest year drops out
        x = np.concatenate([x[1:], y[None].astype(x.dtype)])
        path.append(y[:, 0])
    return np.array(path)


def autoregression(p):
    def rows(x):
        return np.c_[x[-p:, :, 0].T, np.ones(x.shape[1])]

    weights = np.linalg.lstsq(rows(x), target, rcond=None)[0]
    return lambda x: rows(x) @ weights


# %% [markdown]
# From each year as the last one known we forecast the 11 years behind it. Near the end of a part some of them are not
# there: they become `nan` and count for nothing. We look at the root of the mean squared error (RMSE), in sunspots, at
# each distance, and over all distances together.

# %%
AHEAD = 11
PARTS = {"valid": (train_end, valid_end), "test": (valid_end, len(z))}


def came(part):
    """(AHEAD, N) what came 1, 2, .. years after each last known year, in z."""
    first, last = PARTS[part]
    place = np.arange(AHEAD)[:, None] + np.arange(first, last)
    return np.where(place < last, z[np.minimum(place, last - 1)], np.nan)


def forecasts(model, part):
    return feed_back(model, windows(z, *PARTS[part])[0], AHEAD)


def rmse(ahead, part, axis=None):
    return deviation * np.sqrt(np.nanmean((ahead - came(part)) ** 2, axis=axis))


by_order = {}
for p in (2, 5, 9, 12, 20):
    by_order[p] = rmse(forecasts(autoregression(p), "valid"), "valid")
order = min(by_order, key=by_order.get)
print("AR(p), validation:", {p: round(float(e), 1) for p, e in by_order.items()})
linear = autoregression(order)
rivals = {"last": lambda x: x[-1], "season": lambda x: x[-11], f"AR({order})": linear}
scores = {name: rmse(forecasts(m, "test"), "test", 1) for name, m in rivals.items()}
print("test, years ahead:         1     2     5    11")
for name, score in scores.items():
    print(f"{name:22}", *(f"{score[k - 1]:5.1f}" for k in (1, 2, 5, 11)))

# %% [markdown]
# *Last* is poor at five years, where the cycle is near its other end, and fair again at eleven. *Season* is about
# equally wrong everywhere. The straight line is the one to beat.
#
# ## The network and its training
#
# A GRU of 8 units and a `Dense` layer, 273 numbers. With 188 windows there is no need for small batches: each step
# sees them all. So no luck is left but the first numbers.


# %%
RATE, UNITS = 0.02, 8


def network(seed):
    rng = np.random.default_rng(seed)
    gru = le.GRU(1, UNITS, reset_after=True, rng=rng)
    return le.Sequential([gru, le.Dense(UNITS, 1, steps="last", rng=rng)])


def train(net, x, target, steps, optimizer=None):
    optimizer, losses = optimizer or le.Adam(RATE), []
    for _ in range(steps):
        y, tape = net.forward(x)
        loss, dy = le.nn.MeanSquaredError()(y, target)
        _, grads, _ = net.backward(dy, tape)
        optimizer.step(net.params, grads, clip=1.0)
        losses.append(loss)
    return losses


losses = train(network(0), x, target, 60)
print(f"loss {losses[0]:.3f} at first, {losses[-1]:.3f} after 60 steps")

# %% [markdown]
# ### The same network in PyTorch
#
# The same windows, the same first weights, the same steps. A test of this package runs these lines where PyTorch is
# installed, and compares every loss with those above.
#
# ```python
# import torch
#
# class Forecaster(torch.nn.Module):
#     def __init__(self):
#         super().__init__()
#         self.gru = torch.nn.GRU(1, UNITS)
#         self.head = torch.nn.Linear(UNITS, 1)
#
#     def forward(self, x):  # (T, B, 1): time first here, too
#         return self.head(self.gru(x)[0][-1])
#
# def like(net):
#     peer, (gru, dense) = Forecaster(), net.layers
#     arrays = le.interop.torch.to_arrays(gru)
#     arrays = {f"gru.{name}": array for name, array in arrays.items()}
#     arrays |= {"head.weight": dense.params["W"].T, "head.bias": dense.params["b"]}
#     peer.load_state_dict({name: torch.tensor(a) for name, a in arrays.items()})
#     return peer
#
# def once(gradient):  # PyTorch adds two biases; r and z need one of them
#     return torch.cat([torch.zeros(2 * UNITS), gradient[2 * UNITS:]])
#
# def train_peer(peer, x, target, steps):
#     x, target, losses = torch.tensor(x), torch.tensor(target), []
#     optimizer = torch.optim.Adam(peer.parameters(), lr=RATE)
#     for _ in range(steps):
#         loss = torch.nn.functional.mse_loss(peer(x), target)
#         optimizer.zero_grad()
#         loss.backward()
#         torch.nn.utils.clip_grad_norm_(peer.parameters(), 1.0)
#         optimizer.step()
#         losses.append(loss.item())
#     return losses
#
# peer = like(network(0))
# peer.gru.bias_hh_l0.register_hook(once)
# losses = train_peer(peer, x, target, 60)
# ```
#
# One line has no counterpart above: the hook. PyTorch has two biases where one would do. Both get the same gradient,
# so their sum moves twice as far as one bias in each step of Adam. Without the hook the network computes the same and
# *learns* differently. (The $n$ block needs both biases, because the reset gate stands between them: chapter 06.)

# %% [markdown] tags=["predict"]
# ## How long to train
#
# **Predict first.** The training loss falls on and on. What does the error on the validation years do? And how large
# is the difference between five networks that differ in their first numbers alone?

# %%
MARKS = (30, 60, 120, 240, 480)


def on_the_way(seed):
    """At each mark: the error on the years learnt from, and on the validation years."""
    net, optimizer, found = network(seed), le.Adam(RATE), []
    for before, mark in zip((0, *MARKS[:-1]), MARKS, strict=True):
        losses = train(net, x, target, mark - before, optimizer)
        error = rmse(forecasts(net, "valid"), "valid")
        found.append((deviation * np.sqrt(losses[-1]), error))
    return found


runs = np.array([on_the_way(seed) for seed in range(100, 105)])  # (5, marks, 2)
for mark, (fitted, valid) in zip(MARKS, np.moveaxis(runs, 0, -1), strict=True):
    print(f"{mark:3d} steps: training {np.median(fitted):4.1f}", end=", ")
    middle, low, high = np.median(valid), valid.min(), valid.max()
    print(f"validation {middle:4.1f} ({low:.1f} .. {high:.1f})")
STEPS = MARKS[np.median(runs[:, :, 1], axis=0).argmin()]
print("chosen:", STEPS, "steps")

# %% [markdown]
# The network soon knows the training years by heart, and its view of the later ones gets worse. We stop where the
# median validation error is lowest.

# %% [markdown]
# ## An ensemble, and its score
#
# Ten networks from new first numbers, trained alike, make an **ensemble**. Its forecast is the mean of theirs. Of two
# things one is certain before we look: the mean squared error of the mean is never above the mean of the members' mean
# squared errors. For two members that are off by $+3$ and $-1$: the mean is off by $1$, squared $1$, and the members
# have $(9 + 1)/2 = 5$. It is *not* certain that the ensemble beats its best member.

# %% tags=["claim"]
members = [network(seed) for seed in range(10)]
for net in members:
    train(net, x, target, STEPS)
paths = {part: np.array([forecasts(net, part) for net in members]) for part in PARTS}
ensemble = {part: paths[part].mean(axis=0) for part in PARTS}
alone = np.array([rmse(path, "test") for path in paths["test"]])
together, line = rmse(ensemble["test"], "test"), rmse(forecasts(linear, "test"), "test")
print(f"all distances: members {alone.min():.1f} .. {alone.max():.1f}", end=", ")
print(f"ensemble {together:.1f}, AR({order}) {line:.1f}")
print(f"the ensemble beats {np.sum(alone > together)} of its 10 members")
scores |= {"ensemble": rmse(ensemble["test"], "test", 1)}
print("1, 2, 5, 11 years:", scores["ensemble"][[0, 1, 4, 10]].round(1).tolist())
assert together**2 <= np.mean(alone**2)
assert np.sum(alone > together) >= 6

# %% [markdown] tags=["predict"]
# ## How sure? A first interval
#
# The members disagree, and the more so the further they look. It is tempting to read this as the uncertainty: the mean
# plus and minus 1.645 standard deviations of the members, which holds 90 % of a normal distribution.
#
# **Predict first.** Of all that came in the test years, which share lies inside? This share is called the
# **coverage**; it should be 0.90.


# %% tags=["claim"]
def coverage(low, high, part="test", axis=None):
    known = ~np.isnan(came(part))
    inside = (low <= came(part)) & (came(part) <= high)
    return inside.sum(axis=axis) / known.sum(axis=axis)


half = 1.645 * paths["test"].std(axis=0, ddof=1)
bands = {"spread": (ensemble["test"] - half, ensemble["test"] + half)}
print(f"coverage of the spread: {coverage(*bands['spread']):.2f}")
assert coverage(*bands["spread"]) < 0.7

# %% [markdown]
# Far too few. All members learnt from the same years, and share what these years do not tell. The spread
# shows how much the first numbers matter. It knows nothing of how wrong all of them are *together*.

# %% [markdown]
# ## Ensemble and errors
#
# So we add what we know of the errors. Each member is fed back many times, and each time an error that was really made
# is drawn and added before the forecast goes back in. The paths fan out by themselves: a year that came higher than
# expected changes the next ones. The interval reaches from the 5 % to the 95 % **quantile** of all paths. (There are no
# negative sunspots, so paths stop at zero.)
#
# Which errors? Those on the training years are plentiful. Those on the validation years are few, and were made on years
# that no member had seen.


# %%
LEAST = -mean / deviation


def errors(models, first, last):
    known, there = windows(z, first, last)
    return np.concatenate([there - model(known) for model in models])[:, 0]


def fan(models, x, errors, ahead, draws=40, seed=0):
    """(ahead, B, draws * models) paths with an error drawn in each step."""
    rng, paths = np.random.default_rng(seed), []
    for model in models:

        def noisy(x, model=model):
            y = model(x)
            return np.maximum(y + rng.choice(errors, y.shape), LEAST)

        path = feed_back(noisy, np.repeat(x, draws, axis=1), ahead)
        paths.append(path.reshape(ahead, -1, draws))
    return np.concatenate(paths, axis=-1)


# %% tags=["claim"]
latest = windows(z, *PARTS["test"])[0]
kinds = {"training": (SEEN, train_end), "validation": PARTS["valid"]}
for name, places in kinds.items():
    drawn = fan(members, latest, errors(members, *places), AHEAD)
    bands[f"{name} errors"] = np.quantile(drawn, [0.05, 0.95], axis=-1)
drawn = fan([linear], latest, errors([linear], *PARTS["valid"]), AHEAD, draws=400)
bands["AR, validation errors"] = np.quantile(drawn, [0.05, 0.95], axis=-1)
for name, (low, high) in bands.items():
    share, width = coverage(low, high), deviation * np.mean(high - low)
    print(f"{name:22} coverage {share:.2f}, mean width {width:.0f} sunspots")
covers = {name: coverage(*band) for name, band in bands.items()}
assert covers["spread"] < covers["training errors"] < 0.85 < covers["validation errors"]
assert abs(covers["validation errors"] - 0.9) < 0.06
ratio = scores["ensemble"] / scores["season"]
assert ratio[0] < 0.5 < 0.75 < ratio[4:].min()

# %%
figure, (left, right) = new_figure(1, 2, size=(9, 3.3))
distance = np.arange(1, AHEAD + 1)
looks = [{"color": COLOURS[k], "marker": "ovs^"[k], "markersize": 4} for k in range(4)]
for look, (name, score) in zip(looks, scores.items(), strict=True):
    left.plot(distance, score, label=name, **look)
for look, (name, band) in zip(looks, bands.items(), strict=True):
    right.plot(distance, coverage(*band, axis=1), label=name, **look)

# %% tags=["alt"]
right.axhline(0.9, color=REFERENCE, linestyle="--")
left.set(ylabel="RMSE in sunspots, test", ylim=(0, None))
right.set(ylabel="coverage, test", ylim=(0, 1.02))
for axes in (left, right):
    axes.set(xlabel="years ahead", xticks=distance[::2])
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2, fontsize=8)
course.show(
    figure,
    alt="Left: the error of four forecasts one to eleven years ahead. Last rises to "
    "about 90 and falls again, season stays near 33, AR and the ensemble rise from 17 "
    "to about 30 within four years and stay there. Right: which share of what came "
    "lies in four 90 % intervals: about half for the spread, about four fifths with "
    "training errors, around nine tenths with validation errors.",
)

# %% [markdown]
# *How far can one see?* One year ahead the ensemble's error is less than half of the season's. At five years most of
# this lead is gone: from there on, knowing the last years helps little more than knowing that there is a cycle.
#
# *How sure?* The interval from training errors is too narrow, because a network is better on what it has learnt from.
# Held-out errors bring the coverage near 0.90. The straight line, widened alike, has a band as wide and as good. Two
# grains of salt: forecasts from neighbouring years overlap, so 44 test years are only four cycles; and the number of
# steps was chosen on the same validation years.
#
# ## Does it hold? Other rates, budgets and seeds
#
# `lstm-edu course stress 17` trained ensembles of five, RNN, LSTM and GRU of 8 units each, at five rates, three budgets
# and six seeds. It says what of all this was our rate and our number of steps.

# %%
evidence = course.evidence(17, "forecasts")
panels = evidence[evidence["rate"].isin([0.006, 0.02, 0.06])]
figure = le.plotting.evidence(
    panels, "test", label="ensemble's RMSE, test", names={"ar": "AR(12)"}
)

# %% tags=["alt"]
course.show(
    figure,
    alt="The error on the test years against the steps, at three rates. AR(12) is a "
    "level line at 29. RNN and LSTM are above it everywhere. The GRU goes below it by "
    "a little at 360 steps of the lowest rate and at 120 steps of the middle one, and "
    "rises again.",
)

# %% tags=["claim"]
best = course.at_best_rates(evidence, "valid")  # each at the rate that suits it
for measure in ("test", "test 1", "test 11"):
    print(f"{measure}, own best rates, GRU against AR(12):")
    print(course.beats(best, measure, "gru", "ar").round(1).to_string(index=False))
gru = course.beats(evidence, "test", "gru", "ar")
assert (gru["median of gru"] < gru["median of ar"] - 0.5).sum() == 2  # of 15
for cell in ("rnn", "lstm"):
    rows = course.beats(evidence, "test", cell, "ar")
    assert (rows[f"median of {cell}"] > rows["median of ar"]).all()
near, chosen = (course.beats(best, m, "gru", "ar").iloc[1] for m in ("test 1", "test"))
assert (near["wins"], chosen["wins"]) == (6, 5)

networks = evidence[evidence["variant"] != "ar"]
wide = networks.pivot_table("value", ["variant", "rate", "steps", "seed"], "measure")
assert (wide["test"] <= wide["member test"]).all()
median = wide.groupby(["variant", "rate", "steps"]).median()
kinds = ["spread", "training errors", "validation errors"]
print("coverage, lowest and highest median of the 45 settings:")
print(median[kinds].agg(["min", "max"]).round(2).to_string())
by_steps = wide.groupby("steps")["spread"].median()
print("coverage of the spread, by steps:", by_steps.round(2).to_dict())
assert median["spread"].max() < 0.8 > median["training errors"].max()
assert median["validation errors"].between(0.84, 0.97).all()
assert by_steps.is_monotonic_increasing

# %% [markdown]
# **The network's lead is a matter of tuning.** RNN and LSTM stay behind AR(12) in every setting. The GRU gets ahead by
# more than half a sunspot in 2 of 15. The validation years find one of these two, the one used above. There it wins
# from all six seeds one year ahead, and from five of six over all distances, which is not enough to be sure
# (chapter 10). And other seeds are not other years: all of them are judged by the same four cycles. Thirteen weights
# from one line of least squares are a strong rival.
#
# **What was said of the intervals holds everywhere.** The ensemble is never worse than its members in the mean square,
# as it must be. The spread never covers enough, and how much it covers says more of how long was trained than of the
# sun: longer training makes members differ more. Training errors never cover enough either. Validation errors do,
# within a few hundredths, for good networks and for poor ones: a poor one gets a wide band. That is what one wants of
# an interval.
#
# ## Beyond the data
#
# For the last forecast no year need be kept apart: ten networks learn from all years up to 2008, with the same rate and
# number of steps. The errors to be drawn are those of the *first* ensemble, on all the years that it had not learnt
# from, 1921 to 2008. The coverage that goes with it is the one measured above: for these years nobody can check it yet.

# %%
everything, final = windows(z, SEEN, len(z)), [network(seed) for seed in range(10)]
for net in final:
    train(net, *everything, STEPS)
held_out = errors(members, train_end, len(z))
drawn = fan(final, z[-SEEN:, None, None], held_out, 22, draws=100)[:, 0]
cuts = np.quantile(drawn, [0.05, 0.25, 0.5, 0.75, 0.95], axis=-1)
low, lower, centre, upper, high = mean + deviation * cuts

figure, axes = new_figure(size=(8.5, 3.4))
future = np.arange(years[-1] + 1, years[-1] + 23)
axes.plot(years[-49:], spots[-49:], color="black", linewidth=1.2, label="the data")
band = {"color": COLOURS[0], "linewidth": 0}
axes.fill_between(future, low, high, alpha=0.18, label="90 %", **band)
axes.fill_between(future, lower, upper, alpha=0.35, label="50 %", **band)
axes.plot(future, centre, color=COLOURS[0], label="median of the paths")
top = centre[:11].argmax()
print(f"the next maximum: {future[top]}, median {centre[top]:.0f}", end=", ")
print(f"90 % from {low[top]:.0f} to {high[top]:.0f}")

# %% tags=["alt"]
axes.axvline(years[-1], color=REFERENCE, linestyle=":")
axes.set(xlabel="year", ylabel="sunspots", ylim=(0, None))
axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
course.show(
    figure,
    name="17-beyond",
    alt="The sunspots of 1960 to 2008, and the forecast up to 2030. The median rises "
    "to about 100 in 2012, falls, and rises again around 2023. The 90 % band reaches "
    "from about 40 to 157 at the first maximum and from near 0 to above 140 in the "
    "last years.",
)

# %% tags=["claim"]
usual = np.ptp(np.quantile(spots[train_end:], [0.05, 0.95]))
width = high - low
print(f"width of the band: {width[0]:.0f} in {future[0]}", end=", ")
print(f"{width[-1]:.0f} in {future[-1]}; of 90 % of the years since 1921: {usual:.0f}")
assert width[0] < usual / 2
assert width[-1] > 0.9 * usual
assert (low >= -1e-4).all()

# %% [markdown]
# The median draws two nice cycles, and whoever shows it alone promises too much. The band says what is known: that a
# maximum comes around 2012, and that it may be among the lowest or among the highest of the series. After two cycles
# the band is about as wide as the range of all years since 1921: nothing is known any more that the mean and the spread
# of the data do not say. The median of many paths is also smoother than any single path: where half of the paths are
# early and half are late, it lies in between, and no sun behaves like that.
#
# The recipe, for a file of your own: look; split by time; scale by the training part; set rules and a straight line as
# rivals; choose on validation years; feed back with errors that were made on held-out years; count how often the band
# is right; only then forecast.
#
# ## Exercises
#
# **17.1 Windows for a distance.** Return `x` (seen, N, 1) and `target` (N,) for a forecast `ahead` years behind the
# window: with `ahead=1` the target is the number right behind it. As many windows as fit.


# %% tags=["exercise"]
def windows_ahead(series, seen, ahead): ...


course.check("17.1", windows_ahead)


# %% tags=["solution"]
def windows_ahead(series, seen, ahead):
    starts = range(len(series) - seen - ahead + 1)
    x = np.stack([series[k : k + seen] for k in starts], axis=1)
    return x[:, :, None], series[seen + ahead - 1 :]


course.check("17.1", windows_ahead)

# %% [markdown]
# **17.2 Feed back.** `model` makes (B, 1) of a window (T, B, 1). Return the (ahead, B) forecasts; every window has T
# steps.


# %% tags=["exercise"]
def fed_back(model, x, ahead): ...


course.check("17.2", fed_back)


# %% tags=["solution"]
def fed_back(model, x, ahead):
    path = []
    for _ in range(ahead):
        path.append(model(x)[:, 0])
        x = np.concatenate([x[1:], path[-1][None, :, None]])
    return np.array(path)


course.check("17.2", fed_back)

# %% [markdown]
# **17.3 Coverage.** `low`, `high` and `truth` are (ahead, N); where a year is not known yet, `truth` is nan. Return
# (ahead,): which share of the known ones lies in the interval, its ends included.


# %% tags=["exercise"]
def covered(low, high, truth): ...


course.check("17.3", covered)


# %% tags=["solution"]
def covered(low, high, truth):
    inside = (low <= truth) & (truth <= high)
    return inside.sum(axis=1) / (~np.isnan(truth)).sum(axis=1)


course.check("17.3", covered)

# %% [markdown]
# **17.4 Find the bug.** This is to give a 90 % interval around a forecast from errors (what came less what was
# forecast). It covers far too little. There are **two** mistakes.


# %% tags=["exercise"]
def interval_with_bugs(forecast, training_errors, validation_errors):
    low, high = np.quantile(training_errors, [0.1, 0.9])
    return forecast + low, forecast + high


course.check("17.4", interval_with_bugs)


# %% tags=["solution"]
def interval_repaired(forecast, training_errors, validation_errors):
    low, high = np.quantile(validation_errors, [0.05, 0.95])  # 5 % on either side
    return forecast + low, forecast + high


course.check("17.4", interval_repaired)

# %% [markdown]
# **17.5 An open question.** You live later than 2008. Look up the yearly sunspots since then, and see how many lie in
# the 90 % band. What has to be checked first?

# %% [markdown] tags=["solution"]
# First the *unit*: the series was revised in 2015, and its numbers are higher by a factor of about 1.4 to 1.7. Compare
# the years that both files hold, and bring the new ones down to the old scale, or the band looks wrong for a reason
# that has nothing to do with it. Then count. Neighbouring years rise and fall together, so twenty of them are worth
# about two cycles: one cycle below the band is no proof against it, and one inside no proof for it.

# %% [markdown]
# ## References
#
# - G. U. Yule, [*On a Method of Investigating Periodicities in Disturbed
#   Series*](https://doi.org/10.1098/rsta.1927.0007), Philosophical Transactions of the Royal Society A 226, 1927: the
#   autoregression, made for the sunspots.
# - B. Lakshminarayanan, A. Pritzel, C. Blundell, [*Simple and Scalable Predictive Uncertainty Estimation using Deep
#   Ensembles*](https://arxiv.org/abs/1612.01474), 2017: ensembles from other first numbers.
# - R. J. Hyndman, G. Athanasopoulos, [*Forecasting: Principles and Practice*](https://otexts.com/fpp3/), 3rd edition,
#   2021: baselines, and paths with drawn errors.
# - The sunspots: yearly numbers of the National Geophysical Data Center, public domain, as a CSV within statsmodels.

# %%
course.ran()
