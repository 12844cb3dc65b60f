# %% [markdown]
# # 08 · A layer among layers
#
# ## The question
#
# An LSTM layer takes a sequence and gives a sequence. So it can stand between other layers: a convolution and a pooling
# below it, a softmax above. What does each of these do, what do they do to the *time* that the LSTM sees, and is the
# whole better than its parts?
#
# ![Left: a handwritten digit of 8 times 8 pixels. Right, for each of its eight columns, the probability that the network
# gives to each digit after it has read that column: undecided at first, then narrowing down to one
# digit.](../figures/08-reading.png)
#
# The figure shows a network that reads a digit column by column, from left to right, and what it believes after each
# column. At the end of the page you will know every arrow in that network and the gradient through each of them.

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
# The images are the 1797 handwritten digits that come with scikit-learn, 8 x 8 pixels. A step is one column: $T = 8$ steps,
# $D = 8$ pixels at each. 70 % of the images are for training, 15 % for validation, and 15 % for the test, which is looked
# at only at the end.

# %% [markdown]
# ## Intuition: eyes, memory, decision
#
# Three jobs are to be done. Something must *see*: a stroke that leans to the right is a pattern over neighbouring columns,
# the same wherever it stands. Something must *remember* what has been seen so far. Something must *decide* between ten
# digits. A convolution sees, an LSTM remembers, a softmax decides.
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
# A convolution over time slides a window of $k$ steps along the sequence. At each place it takes the weighted sum of what
# is in the window, with the *same* weights everywhere:
#
# $$ y_t = \varphi\Big(b + \sum_{k} x_{t+k-1}\, W_k\Big), \qquad \varphi(a) = \max(0, a). $$
#
# The function $\varphi$ is called *relu*. By hand: take one input, the sequence $0, 0, 1, 1, 0, 0$, and the window
# $(-1, 0, 1)$, the right neighbour less the left one. Outside the sequence is zero. At step 2 the window holds $(0, 0, 1)$:
# $y = -0 + 1 = 1$. At step 3 it holds $(0, 1, 1)$: again $1$. At step 4, $(1, 1, 0)$: $-1$, which relu makes $0$. The result
# is $0, 1, 1, 0, 0, 0$: a detector of rising edges.
#
# ### Pooling: the largest of a few
#
# Max pooling cuts the sequence into pieces of $k$ steps and keeps the largest value of each: $0, 1, 1, 0, 0, 0$ becomes
# $1, 1, 0$ with $k = 2$. It says *that* there was an edge in the piece, and forgets where exactly. It has no parameters.

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
# On the digits the window covers 3 columns of 8 pixels. There are 16 such windows ("filters"), so $3 \cdot 8 \cdot 16 + 16 =
# 400$ parameters. Their 16 outputs at a step are the 16 inputs of the LSTM. After pooling by 2 the LSTM has 4 steps left:
#
# ### Softmax: ten numbers become ten probabilities
#
# The dense layer on top gives ten numbers $z_k$, one for each digit, called *logits*. They can be anything. The *softmax*
# makes probabilities of them: positive, and one in sum.
#
# $$ p_k = \frac{e^{z_k}}{\sum_j e^{z_j}} $$
#
# For three classes with $z = (2, 1, 0)$: the exponentials are $7.389$, $2.718$, $1$, their sum is $11.107$, so
# $p = (0.665, 0.245, 0.090)$.
#
# The *cross-entropy* is the loss $L = -\ln p_y$, where $y$ is the right class. If class 1 is right here (they count from 0),
# $L = -\ln 0.245 = 1.408$. A network that knows nothing of ten classes gives $p = 0.1$ to each and has
# $L = \ln 10 = 2.303$: this is the baseline.
#
# Now the gradient. With $S = \sum_j e^{z_j}$ the loss is $L = \ln S - z_y$. The derivative of $\ln S$ with respect to $z_k$
# is $e^{z_k} / S = p_k$, and that of $z_y$ is 1 if $k = y$ and else 0. So
#
# $$ \frac{\partial L}{\partial z_k} = p_k - [k = y]. $$
#
# In words: what the network believed less what was true. In the example it is $(0.665, 0.245 - 1, 0.090) =
# (0.665, -0.755, 0.090)$. The entries add up to 0.

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
# The LSTM's kernel does not know what stands below it. It gets an array (4, B, 16) and gives one (4, B, 24). Convolution and
# dense layer are products of matrices over all steps at once, without a loop over time, so NumPy is enough for them. This is
# the whole way back through a pooling layer: each gradient goes to the one step that was the largest.

# %%
course.source(le.MaxPool1D.backward)

# %% [markdown]
# ## What pooling does to the lag
#
# The first column is 8 steps away from the answer. Convolution makes of 8 columns 8 steps, pooling by 2 makes 4. For the
# LSTM, the first column is then 4 steps away. Chapter 02 was about what a lag costs: each step multiplies the gradient by
# a factor. With half the steps, there are half as many factors.
#
# We measure how much of the error at the end arrives at the LSTM's initial state: the norm of $\partial L/\partial h_0$
# over that of $\partial L/\partial h_T$, in fresh networks. To make the lag long we read the images *pixel by pixel*, top to
# bottom within each column: 64 steps of one number. A convolution of 8 steps that also *moves* by 8 steps ("stride 8")
# gathers one column at a time.

# %% [markdown] tags=["predict"]
# **Predict first.** A fresh LSTM with a forget bias of 1 keeps about $\sigma(1) = 0.73$ of its cell at each step. How much
# of the error do you expect to be left after 64, 8, and 4 steps?


# %%
@dataclass(frozen=True)
class Pixels(le.tasks.Digits):
    """The same images, one pixel at a step."""

    inputs = 1

    def _sample(self, batch, rng, split):
        columns = super()._sample(batch, rng, split)
        x = columns.x.transpose(0, 2, 1).reshape(64, -1, 1)
        return le.tasks.Batch(x, columns.target)


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


# %%
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

# %% tags=["claim"]
worst = {kind: (min(share for _, share in rows), max(share for _, share in rows)) for kind, rows in left.items()}
assert worst["pixel, LSTM"][1] < 1e-6 < 1e-3 < worst["column, LSTM"][0]
assert worst["column, LSTM"][1] < worst["column, conv, pool, LSTM"][0]

# %% [markdown]
# ## The experiment
#
# Four networks of about 4600 parameters, five seeds each, 600 steps of 32 images. And an honest baseline: *logistic
# regression*, that is a softmax right on all 64 pixels at once, without hidden units, time or memory. Its only
# training rule is the gradient that we derived.


# %%
def all_pixels(images):
    return images.x.transpose(1, 0, 2).reshape(-1, 64)


def logistic(seed, steps=3000):
    rng = np.random.default_rng(seed)
    W, b = np.zeros((64, 10)), np.zeros(10)
    for step in range(steps):
        images = task.sample(64, rng)
        x, rate = all_pixels(images), 1.0 - step / steps
        dz = cross_entropy(x @ W + b, images.target)[1]
        W -= rate * x.T @ dz
        b -= rate * dz.sum(axis=0)
    return np.mean((all_pixels(test) @ W + b).argmax(axis=1) == test.target)


test = task.sample(1797, rng=0, split="test")
right = {"all pixels, logistic": [logistic(seed) for seed in range(5)]}
print(len(test.target), "images in the test split; share right:", np.round(right["all pixels, logistic"], 3))


# %%
def train(kind, seed):
    net = reader(kind, seed)
    le.fit(net, tasks[kind], steps=600, schedule="cosine", seed=seed, progress_bar=False)
    return net, le.evaluate(net, tasks[kind])["correct"]


nets = {(kind, seed): train(kind, seed) for kind in kinds for seed in range(5)}
for kind in kinds:
    right[kind] = [nets[kind, seed][1] for seed in range(5)]
for kind, shares in right.items():
    print(f"{kind:25} median {np.median(shares):.1%} ({min(shares):.1%} .. {max(shares):.1%})")

# %% [markdown]
# ## What we saw

# %%
figure, axes = plt.subplots(figsize=(7, 2.8))
for k, (kind, shares) in enumerate(right.items()):
    colour = le.plotting.style.COLOURS[k]
    axes.plot(shares, [k] * 5, "o", color=colour, alpha=0.5)
    axes.plot(np.median(shares), k, "|", color=colour, markersize=22, markeredgewidth=3)
axes.axvline(0.1, color=le.plotting.style.REFERENCE, linestyle="--")
axes.annotate(" guessing", (0.1, 4.4), color=le.plotting.style.REFERENCE)
axes.set_yticks(range(5), list(right))
axes.set(xlabel="share of test images that are right", xlim=(0, 1.02), ylim=(4.7, -0.6))
course.show(figure, name="08-accuracy", alt="TODO")

# %% tags=["claim"]
median = {kind: np.median(shares) for kind, shares in right.items()}
print(median)


# %%
net = nets["column, LSTM", 0][0]
tape = net.layers[0].forward(test.x)[1]
belief = softmax(net.layers[0].gates(tape)["h"] @ net.params["1.W"] + net.params["1.b"])
print(belief.shape, [round(float(np.mean(b.argmax(1) == test.target)), 2) for b in belief])
