# %% [markdown] question="What do convolution, pooling and softmax do around an LSTM?"
# # 08 · A layer among layers
#
# ## The question
#
# An LSTM layer takes a sequence and gives a sequence. So it can stand between other layers: a convolution and a
# pooling below it, a softmax above. What does each of these do, what do they do to the *time* that the LSTM sees, and
# is the whole better than its parts?
#
# ![Share of test images read correctly by five networks. On the images as they are, all but the one that reads pixel by
# pixel are right in about 98 of 100. Moved by one column, logistic regression falls below one half; the three readers
# with a short way stay near or above nine tenths, and the pixel reader falls to a fifth.](../figures/08-accuracy.png)
#
# The figure holds a defeat and a victory. On handwritten digits as they are, no memory is needed: a softmax right on
# the pixels is as good as everything else. Move the digits by a single column, and it loses half of its answers, while
# the networks that read *columns* lose a few in a hundred only.

# %% [markdown]
# ## What you need
#
# The LSTM (chapters 03 and 04) and backpropagation. Shapes: $T$ steps, $B$ sequences, $D$ inputs at each step. New are
# *convolution*, *pooling*, *softmax* and *cross-entropy*; each is defined before it is used.

# %%
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np

import lstm_edu as le
from lstm_edu import course

course.begin(8)
task = le.tasks.Digits()
batch = task.sample(4, rng=0, split="test")
print("x", batch.x.shape, " target", batch.target)
print((16 * batch.x[:, 0].T).astype(int))  # the first image: rows from top to bottom, one step is one column

# %% [markdown]
# The images are the 1797 handwritten digits that come with scikit-learn, 8 x 8 pixels. A step is one column: $T = 8$
# steps, $D = 8$ pixels at each. 70 % of the images are for training, 15 % for validation, and 15 % for the test, which
# is looked at only at the end.

# %% [markdown]
# ## Intuition: eyes, memory, decision
#
# Three jobs are to be done. Something must *see*: a stroke that leans to the right is a pattern over neighbouring
# columns, the same wherever it stands. Something must *remember* what has been seen so far. Something must *decide*
# between ten digits. A convolution sees, an LSTM remembers, a softmax decides.
#
# The network of this chapter, with the shape at each arrow:

# %%
rng = np.random.default_rng(0)
net = le.Sequential([
    le.Conv1D(8, 16, 3, activation="relu", rng=rng),
    le.MaxPool1D(2),
    le.LSTM(16, 24, rng=rng),
    le.Dense(24, 10, steps="last", rng=rng),
])  # fmt: skip
figure = le.plotting.stack(net)
course.show(figure, alt=figure.alt_text)

# %% [markdown]
# ## One layer at a time
#
# ### Convolution: the same small window at every place
#
# A convolution over time slides a window of a few steps along the sequence. At each place it takes the weighted sum of
# what is in the window, with the *same* weights everywhere. For a window of three steps, $k = 0, 1, 2$:
#
# $$ y_t = \varphi\Big(b + \sum_{k} x_{t+k-1}\, W_k\Big), \qquad \varphi(a) = \max(0, a). $$
#
# The function $\varphi$ is called *relu*. By hand: take one input, the sequence $0, 0, 1, 1, 0, 0$, and the window
# $(-1, 0, 1)$, the right neighbour less the left one. Outside the sequence is zero. At step 2 the window holds
# $(0, 0, 1)$: $y = -0 + 1 = 1$. At step 3 it holds $(0, 1, 1)$: again $1$. At step 4, $(1, 1, 0)$: $-1$, which relu
# makes $0$. The result is $0, 1, 1, 0, 0, 0$: a detector of rising edges.
#
# ### Pooling: the largest of a few
#
# Max pooling cuts the sequence into pieces of $k$ steps and keeps the largest value of each: $0, 1, 1, 0, 0, 0$
# becomes $1, 1, 0$ with $k = 2$. It says *that* there was an edge in the piece, and forgets where exactly. It has no
# parameters.

# %% tags=["claim"]
edges = le.Conv1D(1, 1, 3, activation="relu", dtype=np.float64)
edges.params["W"] = np.array([-1.0, 0.0, 1.0]).reshape(3, 1, 1)
pulse = np.array([0.0, 0, 1, 1, 0, 0]).reshape(6, 1, 1)
seen = edges(pulse)
pooled = le.MaxPool1D(2)(seen)
print(seen.ravel(), pooled.ravel())
assert seen.ravel().tolist() == [0, 1, 1, 0, 0, 0]
assert pooled.ravel().tolist() == [1, 1, 0]

# %% [markdown]
# On the digits the window covers 3 columns of 8 pixels. There are 16 such windows ("filters"), so
# $3 \cdot 8 \cdot 16 + 16 = 400$ parameters. Their 16 outputs at a step are the 16 inputs of the LSTM. After pooling
# by 2 the LSTM has 4 steps left.
#
# ### Softmax: ten numbers become ten probabilities
#
# The dense layer on top gives ten numbers $z_k$, one for each digit, called *logits*. They can be anything. The
# *softmax* makes probabilities of them: positive, and one in sum.
#
# $$ p_k = \frac{e^{z_k}}{\sum_j e^{z_j}} $$
#
# For three classes with $z = (2, 1, 0)$: the exponentials are $7.389$, $2.718$, $1$, their sum is $11.107$, so
# $p = (0.665, 0.245, 0.090)$.
#
# The *cross-entropy* is the loss $L = -\ln p_y$, where $y$ is the right class. If class 1 is right here (they count
# from 0), $L = -\ln 0.245 = 1.408$. A network that knows nothing of ten classes gives $p = 0.1$ to each and has
# $L = \ln 10 = 2.303$: this is the baseline.
#
# Now the gradient. With $S = \sum_j e^{z_j}$ the loss is $L = \ln S - z_y$. The derivative of $\ln S$ with respect to
# $z_k$ is $e^{z_k} / S = p_k$, and that of $z_y$ is 1 if $k = y$ and else 0. So
#
# $$ \frac{\partial L}{\partial z_k} = p_k - [k = y]. $$
#
# In words: what the network believed less what was true. In the example it is
# $(0.665, 0.245 - 1, 0.090) = (0.665, -0.755, 0.090)$. The entries add up to 0.

# %% [markdown]
# ## The equations in NumPy


# %%
def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))  # the same p, and no exponential can overflow
    return e / e.sum(axis=-1, keepdims=True)


def cross_entropy(z, y):
    """z (B, K), y (B,) -> the mean loss and its gradient (B, K)."""
    p, rows = softmax(z), np.arange(len(y))
    dz = p.copy()
    dz[rows, y] -= 1
    return -np.log(p[rows, y]).mean(), dz / len(y)


z, y = np.array([[2.0, 1.0, 0.0]]), np.array([1])
print(softmax(z).round(3), *(np.round(part, 3) for part in cross_entropy(z, y)))

# %% [markdown]
# Two checks. The first compares with the slope that finite differences find, the second with the package.

# %% tags=["claim"]
rng = np.random.default_rng(1)
z, y = rng.normal(size=(5, 10)), rng.integers(0, 10, 5)
loss, dz = cross_entropy(z, y)
step = np.zeros_like(z)
step[3, 7] = 1e-6
slope = (cross_entropy(z + step, y)[0] - cross_entropy(z - step, y)[0]) / 2e-6
print("finite difference", round(slope, 8), " formula", round(dz[3, 7], 8))
assert abs(slope - dz[3, 7]) < 1e-8
assert np.allclose(le.SoftmaxCrossEntropy()(z, y)[0], loss)
assert np.allclose(le.SoftmaxCrossEntropy()(z, y)[1], dz)

# %% [markdown]
# ## The kernel: nothing new below and above
#
# The LSTM's kernel does not know what stands below it. It gets an array (4, B, 16) and gives one (4, B, 24).
# Convolution and dense layer are products of matrices over all steps at once, without a loop over time, so NumPy is
# enough for them. This is the whole way back through a pooling layer: each gradient goes to the one step that was the
# largest.

# %%
course.source(le.MaxPool1D.backward)

# %% [markdown]
# ## What pooling does to the lag
#
# Without pooling the LSTM's first step is 8 steps away from the answer, with pooling by 2 only 4. Chapter 02 was about
# what a lag costs: each step multiplies the gradient by a factor. Half the steps, half as many factors.
#
# To see a long lag as well, we read the same images *pixel by pixel*, from top to bottom within each column: 64 steps
# of one number. A convolution of 8 steps that also *moves* by 8 steps ("stride 8") gathers one column at a time, and 8
# steps are left. We measure which share of the gradient at the LSTM's end arrives at its beginning,
# $\lVert \partial L/\partial h_0 \rVert / \lVert \partial L/\partial h_T \rVert$, in fresh networks.

# %% [markdown] tags=["predict"]
# **Predict first.** Order the four readers by the share that arrives: pixels, 64 steps; pixels gathered by a
# convolution, 8 steps; columns, 8 steps; columns with convolution and pooling, 4 steps. Then guess which of them will
# have learnt the digits after 600 training steps.


# %%
def by_pixel(x):
    """Columns (8, B, 8) to single pixels (64, B, 1)."""
    return x.transpose(0, 2, 1).reshape(64, -1, 1)


@dataclass(frozen=True)
class Pixels(le.tasks.Digits):
    """The same images, one pixel at a step."""

    inputs = 1

    def _sample(self, batch, rng, split):
        columns = super()._sample(batch, rng, split)
        return le.tasks.Batch(by_pixel(columns.x), columns.target)


pixels = Pixels()
print(pixels.sample(2, rng=0).x.shape)


# %%
def reader(kind, seed):
    """A network for the digits; the first word of its kind says what one step is."""
    rng = np.random.default_rng(seed)
    below = {
        "pixel, LSTM": [le.LSTM(1, 33, rng=rng)],
        "pixel, conv, LSTM": [le.Conv1D(1, 16, 8, stride=8, padding="valid", activation="relu", rng=rng)],
        "column, LSTM": [le.LSTM(8, 30, rng=rng)],
        "column, conv, pool, LSTM": [le.Conv1D(8, 16, 3, activation="relu", rng=rng), le.MaxPool1D(2)],
    }[kind]
    if "conv" in kind:
        below.append(le.LSTM(16, 24 if "pool" in kind else 26, rng=rng))
    return le.Sequential([*below, le.Dense(below[-1].units, 10, steps="last", rng=rng)])


kinds = ["pixel, LSTM", "pixel, conv, LSTM", "column, LSTM", "column, conv, pool, LSTM"]
tasks = {kind: pixels if kind.startswith("pixel") else task for kind in kinds}
for kind in kinds:
    print(f"{kind:25}", le.count_parameters(reader(kind, 0)), "parameters")


# %% tags=["claim"]
def arrives(kind, seed):
    """Steps of the LSTM, and which share of the gradient at its end reaches its beginning."""
    net, images = reader(kind, seed), tasks[kind].sample(100, rng=seed)
    dy = le.SoftmaxCrossEntropy()(net(images.x), images.target)[1]
    (flow,) = le.gradient_flow(net, images.x, dy).values()
    norms = flow.norms("h").mean(axis=1)
    return len(norms) - 1, norms[0] / norms[-1]


left = {kind: [arrives(kind, seed) for seed in range(5)] for kind in kinds}
for kind, rows in left.items():
    shares = [share for _, share in rows]
    print(f"{kind:25} {rows[0][0]:3} steps: {np.median(shares):.1e} ({min(shares):.1e} .. {max(shares):.1e})")

low, high = ({kind: pick(share for _, share in rows) for kind, rows in left.items()} for pick in (min, max))
assert high["pixel, LSTM"] < 0.3 * min(low["pixel, conv, LSTM"], low["column, LSTM"])
assert high["column, LSTM"] < low["column, conv, pool, LSTM"]

# %% [markdown]
# Over 64 steps a hundredth arrives, over 8 or 4 steps a tenth. The cell alone, with a forget gate of
# $\sigma(1) = 0.73$, would keep $0.73^{64} = 2 \cdot 10^{-9}$. More arrives because the recurrent weights add a second
# way back. They start as a rotation here, so that along the best direction the factor is about
# $0.73 + 0.5 \cdot 0.5 = 0.98$, with half-open input and output gates.
#
# So shortening 64 steps to 8 buys a factor of ten. Shortening 8 to 4 buys a little, and halves the work of the LSTM.

# %% [markdown]
# ## The experiment
#
# Four networks of 4586 to 4990 parameters, five seeds each, 600 steps of 32 images. And an honest baseline: *logistic
# regression*, that is a softmax right on all 64 pixels at once, without hidden units, time or memory. Its only
# training rule is the gradient that we derived.


# %%
def all_pixels(x):
    return x.transpose(1, 0, 2).reshape(-1, 64)


def logistic(seed, steps=3000):
    rng = np.random.default_rng(seed)
    W, b = np.zeros((64, 10)), np.zeros(10)
    for step in range(steps):
        images = task.sample(64, rng)
        x, rate = all_pixels(images.x), 1.0 - step / steps
        dz = cross_entropy(x @ W + b, images.target)[1]
        W -= rate * x.T @ dz
        b -= rate * dz.sum(axis=0)
    return lambda x: (all_pixels(x) @ W + b).argmax(axis=1)


test = task.sample(1797, rng=0, split="test")
found = [np.mean(logistic(seed)(test.x) == test.target) for seed in range(5)]
print(len(test.target), "images in the test split; logistic regression is right in", np.round(found, 3))


# %% [markdown]
# The test does not end with the test images. We also move each of them by one column, to the left or to the right, and
# ask again, *without* any new training. A person would not notice.


# %%
def moved(x, columns):
    """The images (8, B, 8) moved by one column: -1 to the left, 1 to the right."""
    blank = np.zeros_like(x[:1])
    return np.concatenate([x[1:], blank] if columns < 0 else [blank, x[:-1]])


def scores(answer):
    """Share of the test images that are right: as they are, and the mean of both moves."""
    as_is, left, right = (np.mean(answer(x) == test.target) for x in (test.x, moved(test.x, -1), moved(test.x, 1)))
    return as_is, (left + right) / 2


def train(kind, seed):
    net = reader(kind, seed)
    le.fit(net, tasks[kind], steps=600, schedule="cosine", seed=seed, progress_bar=False)
    return net, scores(lambda x: net(by_pixel(x) if kind.startswith("pixel") else x).argmax(axis=1))


# %%
nets = {(kind, seed): train(kind, seed) for kind in kinds for seed in range(5)}
right = {"all pixels, logistic": np.array([scores(logistic(seed)) for seed in range(5)])}
right |= {kind: np.array([nets[kind, seed][1] for seed in range(5)]) for kind in kinds}
print(f"{'':26} as they are: median (range)     moved by one column")
for kind, found in right.items():
    columns = [f"{np.median(one):.1%} ({one.min():.1%} .. {one.max():.1%})" for one in found.T]
    print(f"{kind:26} {columns[0]:32} {columns[1]}")

# %%
figure, axes = plt.subplots(figsize=(7.5, 3.2))
for k, found in enumerate(right.values()):
    for j, (mark, dy) in enumerate((("o", -0.14), ("s", 0.14))):
        colour = le.plotting.style.COLOURS[j]
        axes.plot(found[:, j], [k + dy] * 5, mark, color=colour, alpha=0.35, markersize=5)
        axes.plot(np.median(found[:, j]), k + dy, mark, color=colour, markersize=9,
                  label=None if k else ["as they are", "moved by one column"][j])  # fmt: skip
axes.axvline(0.1, color=le.plotting.style.REFERENCE, linestyle="--", label="guessing")
axes.set_yticks(range(5), list(right))
axes.set(
    xlabel="share of test images that are right (large mark: median of five seeds)", xlim=(0, 1.02), ylim=(4.6, -0.6)
)
axes.legend(loc="lower left", bbox_to_anchor=(0.11, 0.0))
course.show(figure, name="08-accuracy",
            alt="Share of test images that are right. As they are: logistic regression and three "
                "networks near 98 %, the LSTM that reads single pixels near 63 %. Moved by one column: "
                "logistic regression near 45 %, the three networks near or above 90 %.")  # fmt: skip

# %% [markdown]
# ## What we saw
#
# *As they are*, logistic regression is as good as any network with an LSTM. A test split of 269 images can't tell them
# apart: one image is 0.4 %, and a share of 98.5 % has a standard error of $\sqrt{0.985 \cdot 0.015 / 269} = 0.7\,\%$.
# For centred images of 64 pixels, a memory is a detour. Always ask the simple model first.
#
# *Moved by one column*, logistic regression is right in fewer than half of the images. It has learnt what each *place*
# means. The readers have learnt what strokes look like, wherever they come, and a blank column at the start changes
# little.
#
# *The lag decides whether anything is learnt.* Pixel by pixel, over 64 steps, the LSTM is far behind after 600 steps.
# With one convolution below it, the same 64 numbers are read almost without error.
#
# *Pooling* made the LSTM's work half as long and cost nothing on the images as they are. It did not make the network
# less sensitive to a move, as is often said of it: a move by one column changes which columns share a pool.

# %% tags=["claim"]
as_is, after = ({kind: found[:, j] for kind, found in right.items()} for j in (0, 1))
for kind in ("pixel, conv, LSTM", "column, LSTM", "column, conv, pool, LSTM"):
    assert abs(np.median(as_is[kind]) - np.median(as_is["all pixels, logistic"])) < 3 * 0.0074
    assert as_is[kind].min() > 0.95
    assert after[kind].min() > 0.8 > 0.5 > after["all pixels, logistic"].max()
assert as_is["pixel, LSTM"].max() < 0.8
assert np.median(after["column, conv, pool, LSTM"]) < np.median(after["column, LSTM"]) + 0.01

# %% [markdown]
# ### While a digit is read
#
# The dense layer looks at the last step alone. Nothing keeps us from asking it earlier. We take the LSTM that reads
# columns, apply its dense layer and the softmax to *each* $h_t$, and see what the network believes after each column.

# %% tags=["claim"]
net = nets["column, LSTM", 0][0]
_, tape = net.forward(test.x, training=False)
h = net.gates(tape)["0.h"]
belief = softmax(h @ net.params["1.W"] + net.params["1.b"])  # (8, B, 10)
known = [np.mean(p.argmax(axis=1) == test.target) for p in belief]
print("right after each column:", np.round(known, 2))
four = int(np.flatnonzero(test.target == 4)[0])
figure, (top, below) = plt.subplots(1, 2, figsize=(7.5, 2.9), width_ratios=[1, 1.3])
top.imshow(test.x[:, four].T, cmap="Greys")
top.set(title="the image, read from left to right", xlabel="column", ylabel="row")
image = below.imshow(belief[:, four].T, cmap="viridis", vmin=0, vmax=1, aspect="auto")
below.set(title="what the network believes", xlabel="after column", ylabel="digit", yticks=range(10))
figure.colorbar(image, label="probability")
for axes in (top, below):
    axes.grid(visible=False)
course.show(figure, name="08-reading",
            alt="Left: a handwritten four of 8 by 8 pixels. Right: the probability of each digit after each of its "
                "columns: even at first, leaning to the four from the third column on, sure of it from the sixth."
            )  # fmt: skip
assert known[-1] > 0.95 > 0.6 > known[3]
assert belief[-1, four].argmax() == 4

# %% [markdown]
# The gates while the same image is read. The input is drawn on top, the eight pixels of each column as eight lines.

# %%
gates = {name.removeprefix("0."): values for name, values in net.gates(tape).items()}
course.show(le.plotting.gates_over_time(gates, test.x, sequence=four, names=["i", "f", "o", "c", "h"]),
            alt="Heat maps of input, forget and output gates, cell state and output of 30 units over "
                "the eight columns. The gates move while the strokes pass; the cell state builds up and"
                " stays.")  # fmt: skip

# %% [markdown]
# ## Where it breaks
#
# The four readers know nothing at the first columns and must not answer before the last. And each image comes alone,
# cut out and centred by somebody. Real data come as one long text or one long series: nobody cuts them, nobody labels
# them, and the test must lie in the future of the training. The next chapter goes all the way with two of these.

# %% [markdown]
# ## Exercises
#
# **08.1 Softmax.** Write the softmax over the last axis of `z` (T, B, K). It must also work for logits of any size,
# such as 1000.


# %% tags=["exercise"]
def my_softmax(z): ...


course.check("08.1", my_softmax)


# %% tags=["solution"]
def my_softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


course.check("08.1", my_softmax)

# %% [markdown]
# **08.2 The gradient.** Write the gradient of the *mean* cross-entropy of a batch with respect to the logits `z` (B,
# K), for the right classes `y` (B,).


# %% tags=["exercise"]
def logits_gradient(z, y): ...


course.check("08.2", logits_gradient)


# %% tags=["solution"]
def logits_gradient(z, y):
    dz = my_softmax(z)
    dz[np.arange(len(y)), y] -= 1
    return dz / len(y)


course.check("08.2", logits_gradient)

# %% [markdown]
# **08.3 The way back through a pool.** `x` (T, B, D) went into max pooling over pieces of `k` steps, and `dy` (T / k,
# B, D) comes back. Return `dx`, like `x`.


# %% tags=["exercise"]
def pool_backward(dy, x, k): ...


course.check("08.3", pool_backward)


# %% tags=["solution"]
def pool_backward(dy, x, k):
    T, B, D = x.shape
    pieces = x.reshape(T // k, k, B, D)
    largest = np.arange(k)[:, None, None] == pieces.argmax(axis=1)[:, None]
    return (largest * dy[:, None]).reshape(T, B, D)


course.check("08.3", pool_backward)

# %% [markdown]
# **08.4 Find the bug.** From the LSTM's output `h` (T, B, H) to one digit for each image. It runs without an error
# message, and with T = B even the shapes are right. There are **two** mistakes.


# %% tags=["exercise"]
def head_with_bugs(h, W, b):
    z = h[:, -1] @ W + b
    e = np.exp(z - z.max())
    p = e / e.sum(axis=0)
    return p.argmax(axis=1), p


course.check("08.4", head_with_bugs)


# %% tags=["solution"]
def head_repaired(h, W, b):
    z = h[-1] @ W + b  # time is the first axis: h[:, -1] was all steps of the last image
    p = my_softmax(z)  # over the classes of each image, not over the images of each class
    return p.argmax(axis=1), p


course.check("08.4", head_repaired)

# %% [markdown]
# **08.5 An open question.** What makes a reader robust against a move? Try three things, one at a time: a wider window
# in the convolution, no pooling after it, and training images that are moved at random (write a task like `Pixels`
# above whose `_sample` moves each batch). Which of them helps also against a move by *two* columns, that no training
# image had? And does the third one rescue logistic regression?

# %% [markdown] tags=["solution"]
# How to go about it: change one thing, keep the number of parameters between 4500 and 5000, five seeds, and compare the
# medians of `scores`. Expect the moved training images to matter most: they say directly what should not matter. But a
# linear model on 64 pixels has only ten templates of the digits, and moved templates overlap; look at what it loses on
# the images as they are. For the move by two columns change `moved` so that it can do that.

# %% [markdown]
# ## References
#
# - E. Alpaydin, C. Kaynak, *Optical Recognition of Handwritten Digits*, UCI Machine Learning Repository, 1998: the
#   images, as they come with scikit-learn.
# - C. M. Bishop, *Pattern Recognition and Machine Learning*, Springer, 2006, equation 4.108: softmax and
#   cross-entropy, and 4.109 for the gradient that was derived above.
# - S. Hochreiter, J. Schmidhuber, *Long Short-Term Memory*, Neural Computation 9(8), 1997: the layer in the middle.

# %%
course.ran()
