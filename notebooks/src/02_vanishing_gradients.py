# %% [markdown] question="With 80 steps instead of 3 the same network learns nothing. What stops it?"
# # 02 · Why it forgets
#
# ## The question
#
# In chapter 01 a recurrent network learned to tell which sign came 3 steps before. With 80 steps it learned nothing at
# all. It has enough units (eight would do, as we shall see), and the information is there. So what stops it?
#
# This figure is the answer. It shows how much of a gradient is left after it has travelled back $k$ steps.
#
# ![Share of the gradient against steps back, log scale, for four scales of the recurrent weights, in the best direction
# and in the mean. It falls or grows like a power; only one narrow range in between stays near
# 1.](../figures/02-vanishing-gradients.png)
#
# When you are through, you can say for a given network how far back it can learn, you can tell a vanishing gradient
# from an exploding one, and you know which of the two clipping helps against.

# %%
import numpy as np

import lstm_edu as le
from lstm_edu import course
from lstm_edu.plotting.style import new_figure

course.begin(2)

# %% [markdown]
# ## What you need
#
# From chapter 01: the step $h_t = \tanh(x_t W + h_{t-1} U + b)$, and the way back, $\delta_t = \mathrm{d}h_t\,(1 -
# h_t^2)$ and $\mathrm{d}h_{t-1} = \delta_t U^\top$. From linear algebra: the length of a vector, here called its
# **norm** $\|v\|$, and eigenvalues. New words come with a number.
#
# ## Intuition
#
# A gradient that goes back through $k$ steps is multiplied $k$ times. What matters is whether the factor is below or
# above 1.
#
# - $0.9^{50} = 0.0052$: it **vanishes**.
# - $1.1^{50} = 117$: it **explodes**.
# - Only $1^{50} = 1$ stays.
#
# Which factor is it? For one unit, a step back multiplies by $u\,(1 - h_t^2)$. In chapter 01 we had $u = 0.5$ and the
# slopes $0.9677$, $0.8679$ and $0.4200$. So the three factors are
#
# $$0.5 \cdot 0.9677 = 0.4838, \qquad 0.5 \cdot 0.8679 = 0.4340, \qquad 0.5 \cdot 0.4200 = 0.2100,$$
#
# and together $0.4838 \cdot 0.4340 \cdot 0.2100 = 0.0441$. After three steps, 4 % of the gradient is left.

# %% tags=["claim"]
h = [0.0]
for x in (1.0, 0.0, 0.0):
    h.append(np.tanh(x + 0.5 * h[-1]))
factors = 0.5 * (1 - np.square(h[3:0:-1]))  # from step 3 back to step 1
print(factors.round(4), "product", factors.prod().round(4))
assert np.allclose(
    [*factors, factors.prod()], [0.4838, 0.4340, 0.2100, 0.0441], atol=5e-5
)

# %% tags=["alt"]
picture = le.plotting.unrolled(steps=3, backward=True)
alt = (
    "Three copies of the cell side by side; the gradient goes back through each of "
    "them."
)
course.show(picture, alt=alt)

# %% [markdown]
# ## One gate at a time
#
# There are still no gates here, but each step back has two parts, and they do different things: the weights $U$, and
# the slope of the tanh. We look at one after the other.
#
# ### First part: the weights
#
# Leave the tanh out for a moment. Then $k$ steps back multiply by $U^\top$ $k$ times. If $v$ is an eigenvector with
# eigenvalue $\lambda$, it comes out as $\lambda^k v$. So in the long run the largest $|\lambda|$ decides. It is called
# the **spectral radius** of $U$.
#
# But only in the long run. Take
#
# $$U = \begin{pmatrix} 0.5 & 5 \\ 0 & 0.5 \end{pmatrix}$$
#
# Its spectral radius is $0.5$, so everything must vanish. Yet one step can make a vector ten times as long as that:
# the largest factor by which a matrix stretches any vector is its **norm** $\|U\|$, and here it is $5.05$. The
# gradient grows first, and vanishes then.

# %%
U = np.array([[0.5, 5.0], [0, 0.5]])
print("spectral radius", np.abs(np.linalg.eigvals(U)).max())
for k in (1, 2, 5, 10, 20):
    print(f"norm of U^{k:<2}: {np.linalg.norm(np.linalg.matrix_power(U, k), 2):.4f}")
assert np.linalg.norm(U, 2) > 5
assert np.linalg.norm(np.linalg.matrix_power(U, 20), 2) < 0.001

# %% [markdown]
# ### Second part: the slope of the tanh
#
# The slope $1 - h_t^2$ is **never above 1**, and it is 1 only where $h_t = 0$, that is, where the unit says nothing.
# So the tanh can only make the gradient smaller. Both parts together give a bound on what is left after $k$ steps:
#
# $$\frac{\|\mathrm{d}h_{t-k}\|}{\|\mathrm{d}h_t\|} \le \|U\|^k$$
#
# If $\|U\| < 1$ the gradient must vanish, whatever the inputs are. With $\|U\| = 0.7$, at most $0.7^{50} = 1.8 \cdot
# 10^{-8}$ of it is left after 50 steps. If $\|U\| > 1$ the bound says nothing: it may explode, and it may vanish too.
# Hochreiter and Schmidhuber (1997, section 3.1) do this sum for the logistic function $1 / (1 + e^{-a})$, whose slope
# is at most $0.25$: there a weight below $4.0$ is enough to make the error vanish.

# %% [markdown] tags=["predict"]
# ### A memory that holds must forget its gradient
#
# Why not simply take a larger $u$? Look at one unit without input, $h_t = \tanh(u\,h_{t-1})$, started from eight
# different states. To remember something is to keep the states apart.
#
# **Predict first.** What happens to the eight lines for $u = 0.5$, for $u = 1$ and for $u = 2$?


# %%
def memory(axes, u):
    h = np.linspace(-1, 1, 8)[:, None]
    for _ in range(20):
        h = np.hstack([h, np.tanh(u * h[:, -1:])])
    axes.plot(h.T, color="#0072B2", linewidth=1)
    axes.set(xlabel="step", ylabel="state h", ylim=(-1.05, 1.05))
    axes.text(7, 0.6, f"u (1 - h²) = {u * (1 - h[-1, -1] ** 2):.2f}")


assert np.isclose(
    np.tanh(2 * 0.9575), 0.9575, atol=5e-5
)  # a state that stays where it is

# %% tags=["alt"]
alt = (
    "State of one unit over 20 steps from eight starts. For u = 0.5 all fall to zero. "
    "For u = 1 they creep together. For u = 2 they join into two groups near plus and "
    "minus 0.96."
)
course.explore(memory, u=[0.5, 1.0, 2.0], alt=alt)

# %% [markdown]
# With $u = 0.5$ all lines meet at zero: everything is forgotten. With $u = 1$ they creep towards zero, ever more
# slowly, for there the slope is 1. With $u = 2$ they meet in **two** places, near
# $+0.9575$ and $-0.9575$. That is a memory of one bit, and a good one: a small disturbance dies out. But look at what
# it does to the gradient. The gradient asks: *if the start were a little different, how different would the end be?*
# Lines that meet give the answer: not at all. In numbers, the factor at rest is $2 \cdot (1 - 0.9575^2) = 0.166$, and
# after ten steps $0.166^{10} = 1.6 \cdot 10^{-8}$ is left.
#
# So a plain unit has to choose. It can hold a bit safely against disturbances, then its gradient vanishes. Or it lets
# the gradient through, with a factor near 1, then nothing draws the state back to where it was. Bengio, Simard and
# Frasconi (1994) found this trade-off between latching information and learning by gradient descent; it is the result
# that their abstract names.

# %% [markdown]
# ### Eight units that hold it
#
# Can an RNN hold a sign over 80 steps at all? With a delay line as in exercise 01.4 it takes 81 units. But a latch as
# above needs one, with $u = 2$, and somebody who tells it *when* to listen. In our task the sign asked for is always
# the fifth. So we build a *clock*, a row of units that switch from $-1$ to $1$ one after the other, one a step; two
# units that fire at step 5 alone, if the sign is $+1$ and if it is $-1$; and the latch. No training.


# %%
def clock_and_latch(at=5, K=10.0):
    W, U, b = np.zeros((1, at + 3)), np.zeros((at + 3, at + 3)), np.zeros(at + 3)
    plus, minus, latch = at, at + 1, at + 2
    b[0] = K  # the first unit of the clock is on from step 1
    for k in range(1, at):
        U[k - 1, k], b[k] = K, -K / 2  # each one comes on a step after the one before
    for unit, sign in ((plus, 1), (minus, -1)):
        # fires if all three agree: sign, begun, not yet over
        W[0, unit], U[at - 2, unit], U[at - 1, unit], b[unit] = sign * K, K, -K, -2 * K
    U[plus, latch], U[minus, latch], U[latch, latch] = K, -K, 2
    return W, U, b


def hold(x):
    W, U, b = clock_and_latch()
    h = [np.zeros((x.shape[1], len(b)))]
    for x_t in x:
        h.append(np.tanh(x_t @ W + h[-1] @ U + b))
    return np.array(h), U


for lag in (10, 80, 1000):
    x = np.random.default_rng(lag).choice([-1.0, 1.0], (lag + 5, 200, 1))
    h, U = hold(x)
    held = (h[-1, :, -1] * x[4, :, 0]).min()
    print(f"lag {lag:4d}: latch times sign asked for is {held:.4f} or more")
    assert held > 0.957  # in all 200 rows

# %% [markdown]
# All right, also after a thousand steps. And what does it look like to a gradient? After ten steps $1.6 \cdot 10^{-8}$
# is left of it, as computed above. The network exists; gradient descent does not find the way to it, for at such a
# place it feels nothing. That is no proof that it can't be learned, but it is what training is up against.
#
# ## The equations in NumPy
#
# With $H$ units, the factor of one step is a matrix, the **Jacobian** $J_t$. Its element in row $j$ and column $k$
# says how much unit $k$ after the step depends on unit $j$ before it:
#
# $$(J_t)_{jk} = \frac{\partial h_{t,k}}{\partial h_{t-1,j}} = U_{jk}\,(1 - h_{t,k}^2)$$
#
# For the two units of chapter 01, $U_{12} = 1$ and $h_2 = (0,\ 0.6420)$, so $(J_2)_{12} = 1 - 0.6420^2 = 0.5878$, the
# number that we found there. Over many steps the Jacobians are multiplied, the earliest one on the left. How much such
# a product $P$ leaves of a gradient depends on the gradient's direction. We look at two numbers: its norm $\|P\|$ is
# what is left in the *best* direction, and the root of the mean square is what is left of a gradient in *any*
# direction, on average.


# %%
def jacobian(U, h):
    return U * (1 - h**2)  # row j: from unit j; column k: to unit k, whose slope it is


def products(U, h):
    """d h[T] / d h[0], and what is left after 0 .. T steps: (best, mean) direction."""
    P, left = np.eye(len(U)), [(1.0, 1.0)]
    for h_t in h[:0:-1]:  # from the last step back to the first
        P = jacobian(U, h_t) @ P
        mean = np.sqrt(
            np.mean(np.linalg.svd(P, compute_uv=False) ** 2)
        )  # root of the mean square
        left.append((np.linalg.norm(P, 2), mean))
    return P, np.array(left)


# %% [markdown]
# ## The kernel
#
# The package's backward pass never forms these matrices: to carry one vector back is $H$ times cheaper. Its kernel has
# the slope and the weights of each step one after the other. They are the two lines with `dz[j] =` and `@ U.T`.
#
# Both must agree: what `backward` returns as the gradient of the initial state is $J_1 J_2 \cdots J_T\,\mathrm{d}h_T$,
# with $\mathrm{d}h_T$ written as a column.

# %% tags=["claim"]
course.source(le.cells.rnn.backward)

layer = le.RNN(2, 5, dtype=np.float64, rng=0)
x = np.random.default_rng(1).normal(size=(8, 1, 2))
_, tape = layer.forward(x)
dh_last = np.random.default_rng(2).normal(size=(1, 5))
_, _, (dh_first,) = layer.backward(np.zeros((8, 1, 5)), tape, (dh_last,))
P, seen = products(layer.params["U"], tape.h[:, 0])
assert np.allclose(dh_first[0], P @ dh_last[0], rtol=1e-12)
print("left after 0, 1, ... 8 steps, best direction:", seen[:, 0].round(3))
print("in the mean:                                 ", seen[:, 1].round(3))

# %% [markdown] tags=["predict"]
# ## The experiment
#
# Now 32 units, signs as inputs, and a row of 50 steps. The matrix $U$ starts as $\rho$ times a random rotation, so its
# norm and its spectral radius are both exactly $\rho$, and the bound after $k$ steps is $\rho^k$. Each case runs from
# five seeds.
#
# **Predict first.** Which of $\rho = 0.7$, $1.0$, $1.2$, $2.0$ keeps the gradient near 1 over 50 steps?


# %%
def measured(rho, seed, steps=50, units=32):
    layer = le.RNN(1, units, dtype=np.float64, rng=seed)  # its U is a random rotation
    layer.params["U"] *= rho
    x = np.random.default_rng(seed).choice([-1.0, 1.0], (steps, 1, 1))
    _, tape = layer.forward(x)
    return products(layer.params["U"], tape.h[:, 0])[1]


left = {
    rho: np.array([measured(rho, seed) for seed in range(5)])
    for rho in (0.7, 1.0, 1.2, 2.0)
}
for rho, found in left.items():
    best, mean = np.median(found[:, 50], axis=0)
    print(f"rho = {rho}: after 50 steps best {best:.1e}", end=", ")
    print(f"mean {mean:.1e}, bound {rho**50:.1e}")

# %%
figure, axes = new_figure(size=(7, 4))
k, colours = np.arange(51), ("#0072B2", "#009E73", "#E69F00", "#D55E00")
for (rho, norms), colour, line in zip(
    left.items(), colours, ("-", "--", "-.", ":"), strict=True
):
    best, mean = norms[..., 0], norms[..., 1]
    axes.fill_between(
        k, best.min(axis=0), best.max(axis=0), color=colour, alpha=0.2, linewidth=0
    )
    axes.plot(k, np.median(best, axis=0), color=colour, linestyle=line, linewidth=2)
    axes.plot(k[::5], np.median(mean, axis=0)[::5], "o", color=colour, markersize=3)
    axes.plot(k, rho**k, color=colour, linewidth=0.6)
    axes.text(51, np.median(best[:, 50]), f"ρ = {rho}", color=colour, va="center")
assert all((norms[..., 0] <= rho**k * (1 + 1e-9)).all() for rho, norms in left.items())
last = {rho: norms[:, 50, 0] for rho, norms in left.items()}
assert last[0.7].max() < 1e-7
assert 1e-4 < last[1.0].min() < last[1.0].max() < 0.1
assert last[2.0].min() > 100
assert 5 < last[1.2].max() / last[1.2].min() < 7
assert 3 < np.median(last[1.2]) / np.median(left[1.2][:, 50, 1]) < 6

# %% tags=["alt"]
axes.set(
    yscale="log",
    ylim=(1e-10, 1e10),
    xlim=(0, 57),
    xlabel="steps back k",
    ylabel="share of the gradient left",
)
axes.set_title(
    "Thick: best direction, median and range of 5 seeds. Dots: mean. Thin: bound ρᵏ",
    fontsize=10,
)
alt = (
    "Share of the gradient left against steps back on a log scale, for four values of "
    "rho. For 0.7 it falls to a billionth, for 2 it grows to ten thousand, for 1 it "
    "falls slowly; all stay below the thin straight lines of the bound; the dots of "
    "the mean lie lower."
)
course.show(figure, name="02-vanishing-gradients", alt=alt)

# %% [markdown]
# ## What we saw
#
# No measured value is above the bound. With $\rho = 0.7$ the gradient is gone. Even with $\rho = 1$, where the bound
# promises 1, only some thousandths are left after 50 steps: that is the tanh's share. With $\rho = 2$ it explodes,
# though ten powers of ten less than the bound allows, because large states have small slopes. And $\rho = 1.2$ stays
# nearest to 1, but only in its best direction: in the mean a fifth of that is left. From seed to seed it
# differs by a factor of six, and training would soon move it off.
#
# The **gradient flow** shows the same for every single unit, brighter where the gradient is larger. The answer is asked
# for at the last step, at the right. Going left, its gradient gets weaker from step to step, for all units alike. No
# unit keeps it.

# %%
layer = le.RNN(1, 16, rng=0)
x = np.random.default_rng(0).choice([-1.0, 1.0], (40, 1, 1))
dy = np.zeros((40, 1, 16))
dy[-1] = 1
flow = le.gradient_flow(layer, x, dy)

# %% tags=["alt"]
course.show(
    le.plotting.gradient_flow(flow),
    alt="Gradient of 16 units over 40 steps: strong at the end, faint at the start.",
)


# %% [markdown]
# ### From gradients to learning
#
# Does it matter for learning? We repeat the runs of chapter 01 for four lags. Before training we measure how much of
# the gradient reaches the step that holds the answer.


# %%
def signs(lag, count=4000):
    x = np.random.default_rng(lag).choice([-1.0, 1.0], (lag + 5, count, 1))
    return le.tasks.Arrays(x, x[-1 - lag], loss="mean_squared_error", steps="last")


def run(lag, seed, optimizer, clip=1.0, rho=1.0):
    net = le.Sequential(
        [le.RNN(1, 16, rng=seed), le.Dense(16, 1, steps="last", rng=seed)]
    )
    net.params["0.U"] *= rho
    x = signs(lag).sample(64, rng=seed).x
    dy = np.zeros((len(x), 64, 16))
    dy[-1] = net.params["1.W"].T
    norms = np.linalg.norm(le.gradient_flow(net.layers[0], x, dy).dh, axis=(1, 2))
    how = {"optimizer": optimizer, "clip": clip, "seed": seed}
    training = le.Training(net, signs(lag), steps=400, every=20, **how)
    try:
        training.run(progress_bar=False)
    except FloatingPointError as error:  # it diverged: what there is until then
        print(f"seed {seed}: {error}")
    return training.history, norms[-1 - lag] / norms[-1]


lags = {
    lag: [run(lag, seed, le.Adam(5e-3)) for seed in range(3)] for lag in (3, 10, 30, 80)
}

# %%
figure, axes = new_figure(size=(7, 3.6))
for (lag, found), colour, line in zip(
    lags.items(), colours, ("-", "--", "-.", ":"), strict=True
):
    losses = np.array([h["valid_loss"] for h, _ in found])
    steps, look = np.arange(20, 401, 20), {"alpha": 0.15, "linewidth": 0}
    axes.fill_between(steps, losses.min(0), losses.max(0), color=colour, **look)
    share = np.median([s for _, s in found])
    label = f"lag {lag}: {share:.1g} of the gradient arrives"
    middle = np.median(losses, axis=0)
    axes.plot(steps, middle, color=colour, linestyle=line, label=label)
final = {
    lag: [h["valid_loss"].iloc[-1] for h, _ in found] for lag, found in lags.items()
}
assert max(final[3]) < 0.01
assert 0.4 < np.median([share for _, share in lags[3]]) < 0.6
assert min(final[80]) > 0.9
assert max(share for _, share in lags[80]) < 1e-4

# %% tags=["alt"]
axes.axhline(
    1, color="#777777", linestyle="--", linewidth=1, label="baseline: always answer 0"
)
axes.set(
    yscale="log", xlabel="training steps", ylabel="mean squared error", xlim=(0, 400)
)
axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
alt = (
    "Learning curves for the lags 3, 10, 30 and 80, three seeds each. The longer the "
    "lag, the slower they fall; at lag 80 they stay at the baseline of 1."
)
course.show(figure, alt=alt)

# %% [markdown]
# At lag 3 half of the gradient arrives and the network learns at once. At lag 80 less than a ten-thousandth arrives,
# and the network stays at the baseline. How far does that reach? `lstm-edu course stress 02` ran it at four learning
# rates, four times as long, from five fresh seeds. One line is new: a lag of 80 from *another start*, $\rho = 1.2$
# and $W$ five times smaller, so that the tanh stays near its straight part and the gradient gets through (exercise
# 02.5).

# %% tags=["claim"]
table = course.evidence(2, "lags")
figure = le.plotting.evidence(
    table, "test loss", label="test error", reference=1.0, log=True
)
runs = table.set_index(["variant", "steps", "rate"]).sort_index()["value"]
through = runs["lag 80, a start that lets through", 1600]
assert runs["lag 10", 1600].max() < 0.05
assert runs["lag 80"].min() > 0.9  # every rate, both budgets, all seeds
assert max(through[0.0003].max(), through[0.001].max()) < 0.4
assert through[0.01].min() > 0.9
by_rate = through.groupby(level=0).median().round(2).to_dict()
print("lag 80 let through, 1600 steps, median by rate:", by_rate)

# %% tags=["alt"]
alt = (
    "Test error at four rates after 400 and 1600 steps. Lags 3 and 10 fall, lag 30 "
    "from some seeds, lag 80 stays at "
)
course.show(
    figure,
    alt=alt
    + "1; from the start that lets the gradient through, lag 80 falls at low rates.",
)

# %% [markdown]
# At a lag of 80 the usual start learns nothing at any of the rates. From the start that lets the gradient through, all
# five seeds learn at the two lower rates, and none at $0.01$, where the first steps spoil the start. So it *is* the
# gradient: where it arrives and is not thrown away, the same RNN learns a lag of 80.
#
# A small gradient could still be followed by small steps, if it were alone. It is not. $\mathrm{d}U$ is a **sum** over
# all steps (chapter 01), and the signs that came *after* the one that matters add their parts with a gradient more
# than ten thousand times as large. They say nothing about the answer, so their parts change from batch to batch like
# noise. The one part that says the same each time drowns in them. A larger learning rate makes all parts larger alike.
#
# ### Exploding, and clipping
#
# A gradient that is too large is easier to see and easier to cure. Take one unit with $u = 3$, no input but a bias,
# $h_t = \tanh(3 h_{t-1} + b)$ and $h_0 = 0$, for 20 steps. At $b = 0$ every state is 0 and every slope 1, so
#
# $$\frac{\mathrm{d}h_{20}}{\mathrm{d}b} = 1 + 3 + 9 + \dots + 3^{19} = \frac{3^{20} - 1}{2} = 1\,743\,392\,200.$$
#
# The state after 20 steps is a cliff: almost $-1$ for $b$ a little below 0, and almost $+1$ a little above.


# %%
def end(b):
    h = 0.0
    for _ in range(20):
        h = np.tanh(3 * h + b)
    return h


slope = (end(1e-12) - end(-1e-12)) / 2e-12
print(f"end(-0.001) = {end(-0.001):.3f}, end(0.001) = {end(0.001):.3f}")
print(f"slope at 0 = {slope:.4g}")
assert np.isclose(slope, (3**20 - 1) / 2, rtol=1e-3)

# %% [markdown]
# One step of gradient descent with the rate $0.1$ on that slope moves $b$ by more than a hundred million. The
# direction is right; the length is absurd. So keep the direction and bound the length. This is **clipping** (Pascanu,
# Mikolov and Bengio 2013, algorithm 1): with $g$ the gradient of *all* parameters together and a threshold $\theta$,
#
# $$\text{if } \|g\| > \theta: \qquad g \leftarrow \theta\,\frac{g}{\|g\|}$$
#
# For example $g = (3, 4)$ has the norm $5$. With $\theta = 1$ it becomes $(0.6, 0.8)$.
#
# **Predict first.** We start with $\rho = 2$, where gradients explode, and train with plain gradient descent and a rate
# of $0.1$ for a lag of 10, once without clipping and once with $\theta = 1$. What do the curves look like? And at lower
# rates?

# %%
runs = {
    clip: [run(10, seed, le.SGD(0.1), clip, rho=2.0)[0] for seed in range(5)]
    for clip in (None, 1.0)
}
curves = {  # after a divergence no numbers follow
    clip: [h.table.set_index("step").reindex(range(20, 401, 20)) for h in found]
    for clip, found in runs.items()
}
last = {
    clip: [curve["valid_loss"].iloc[-1] for curve in found]
    for clip, found in curves.items()
}
print("no clipping:", np.round(last[None], 3), " clipped:", np.round(last[1.0], 4))

# %% tags=["alt"]
figure, (norms, errors) = new_figure(1, 2, size=(9, 3.4))
looks = {None: ("#0072B2", "-", "no clipping"), 1.0: ("#D55E00", "--", "clipped at 1")}
for clip, (colour, line, label) in looks.items():
    losses = np.array([curve["valid_loss"] for curve in curves[clip]])
    steps, look = curves[clip][0].index, {"color": colour, "linestyle": line}
    low, middle, high = np.nanpercentile(losses, (0, 50, 100), axis=0)
    errors.fill_between(steps, low, high, color=colour, alpha=0.2, linewidth=0)
    errors.plot(steps, middle, label=label, **look)
    for curve in curves[clip]:
        norms.plot(steps, curve["grad_norm"], linewidth=1, **look)
norms.axhline(1, color="#777777", linestyle=":", label="threshold 1")
baseline = "baseline: always answer 0"
errors.axhline(1, color="#777777", linestyle="--", label=baseline)
words = "gradient norm,\nbefore clipping, mean of 20"
norms.set(yscale="log", xlabel="training steps", ylabel=words, ylim=(1e-2, 1e3))
label = "mean squared error"
errors.set(yscale="log", xlabel="training steps", ylabel=label, ylim=(1e-5, 1e2))
norms.legend()
errors.legend()
alt = (
    "Left: gradient norms, five runs each, a few times the threshold. Right: without "
    "clipping the error of most runs stays near 1; with it all five fall below one "
    "hundredth."
)
course.show(figure, alt=alt)

# %% tags=["claim"]
assert np.median(np.nan_to_num(last[None], nan=np.inf)) > 0.8
assert max(last[1.0]) < 0.1
assert 1 < np.nanmedian([curve["grad_norm"] for curve in curves[None]]) < 10

table = course.evidence(2, "clipping")
figure = le.plotting.evidence(
    table, "test loss", label="test error", reference=1.0, log=True
)
runs = table.set_index(["variant", "steps", "rate"]).sort_index()["value"]
free, clipped = runs["not clipped", 1200], runs["clipped", 1200]
assert all(free[rate].max() < clipped[rate].min() for rate in (0.003, 0.01))
assert free[0.03].max() < 0.1
assert free[0.1].min() > 0.9
assert free[0.3].isna().sum() == 4  # the gradient was no number any more
assert max(clipped[0.1].max(), clipped[0.3].max()) < 0.15

# %% tags=["alt"]
alt = (
    "Test error at five rates. Up to 0.03 the runs without clipping lead; at 0.1 and "
    "0.3 they are at the baseline or diverge, and the clipped ones fall far below it."
)
course.show(figure, alt=alt)

# %% [markdown]
# On the left an explosion is hardly to be seen: the norms are a few times the threshold, unless a run diverges (on some
# processors one does, on others none: sums are rounded otherwise). At a rate of 0.1 that is enough for steps which jump
# about, and most of our runs stay near the baseline. But *one rate is not the rule*. In the evidence the runs without
# clipping are *ahead* at 0.01 and below: the small rate keeps their steps short, and clipping makes them shorter than
# they need be. At 0.03 both learn; at 0.1 all five learn with clipping and none without; at 0.3 four of five without it
# end in numbers that are none. Clipping does not make learning possible here. It makes the choice of the rate less
# critical, and lets one go faster.
#
# ## Where it breaks
#
# Clipping bounds the gradient that is too large. For the one that vanished there is nothing to clip: making a millionth
# larger also makes everything else larger. Clipping did not help at lag 80 either; those runs were clipped all along.
#
# We need a step back whose factor is **exactly 1**, and a memory that holds nevertheless. With the tanh in the loop
# that cannot be. Chapter 03 takes the tanh out of the loop.
#
# ## Exercises
#
# **02.1 How far back?** A gradient is multiplied by `factor`, between 0 and 1, at each step back. Return after how
# many steps 1 % of it is left, as a number with decimals. (For 0.9 it is between 43 and 44.)


# %% tags=["exercise"]
def steps_until_one_percent(factor):
    """Return a number of steps."""


course.check("02.1", steps_until_one_percent)


# %% tags=["solution"]
def steps_until_one_percent(factor):
    return np.log(0.01) / np.log(factor)


course.check("02.1", steps_until_one_percent)

# %% [markdown]
# **02.2 Another Jacobian.** Someone builds a unit without a tanh, $h_t = a_t / \sqrt{1 + a_t^2}$ with
# $a_t = x_t W + h_{t-1} U$. It also stays between $-1$ and $1$. Its slope is $(1 - h_t^2)^{3/2}$: check that on paper.
# Return the Jacobian (H, H), row $j$ from unit $j$, column $k$ to unit $k$.


# %% tags=["exercise"]
def other_jacobian(U, h_new):
    """Return the Jacobian, (H, H)."""


course.check("02.2", other_jacobian)


# %% tags=["solution"]
def other_jacobian(U, h_new):
    return U * (1 - h_new**2) ** 1.5


course.check("02.2", other_jacobian)

# %% [markdown]
# **02.3 Clipping.** Write it for a list of arrays such as `[dW, dU, db]`. Return a list of new arrays.


# %% tags=["exercise"]
def clip(grads, threshold):
    """Return a list of new arrays."""


course.check("02.3", clip)


# %% tags=["solution"]
def clip(grads, threshold):
    norm = np.sqrt(sum(np.sum(g**2) for g in grads))
    scale = min(1.0, threshold / norm)
    return [scale * g for g in grads]


course.check("02.3", clip)

# %% [markdown]
# **02.4 Find the bug.** This function should carry `dh`, the gradient after the last step, back to the initial state.
# `h` has the shape (T + 1, H). The result has the right shape and about the right size, and it is wrong.


# %% tags=["exercise"]
def carry_back(dh, h, U):
    for t in range(1, len(h)):
        dh = (dh * (1 - h[t] ** 2)) @ U.T
    return dh


course.check("02.4", carry_back)


# %% tags=["solution"]
def carry_back(dh, h, U):
    for t in range(len(h) - 1, 0, -1):  # backward: the last step comes first
        dh = (dh * (1 - h[t] ** 2)) @ U.T
    return dh


course.check("02.4", carry_back)

# %% [markdown]
# **02.5 An open question.** The figure says that $\rho = 1.2$ keeps the gradient near 1 for 32 units and signs as
# inputs. Does an RNN that *starts* there learn a lag of 30 or 80 better? Use `run(lag, seed, le.Adam(5e-3), rho=1.2)`,
# at least five seeds, and measure the share of the gradient before and after training. Then try smaller inputs: what
# do they do to the slope of the tanh?

# %% [markdown] tags=["solution"]
# Look at two numbers for each run: the share of the gradient that arrives at the start, and the last loss. This is
# what we measured after 400 steps, as medians of five seeds. "Small inputs" means that $W$ started five times smaller.
#
# | lag | $\rho$ | inputs | share at the start | last loss |
# | --- | --- | --- | --- | --- |
# | 30 | 1.0 | as before | 0.004 | 0.22 |
# | 30 | 1.2 | as before | 0.10 | 0.98 |
# | 30 | 1.0 | small | 0.33 | 0.09 |
# | 30 | 1.2 | small | 2.6 | 0.03 |
# | 80 | 1.0 | as before | less than 0.000001 | 1.00 |
# | 80 | 1.2 | small | 4.5 | 0.99 |
#
# Small inputs help, because the tanh stays near its straight part, where its slope is 1. At a lag of 80 the gradient
# arrives, and yet nothing is learned: *at this rate*. With `le.Adam(1e-3)` and 1600 steps the last row comes down to
# 0.12 to 0.23 in all of the five seeds of the evidence above. A large rate destroys the start before it is of use. A
# gradient that arrives is enough, if the steps are so small that it goes on arriving.

# %% [markdown]
# ## References
#
# - S. Hochreiter, J. Schmidhuber, *Long Short-Term Memory*, Neural Computation 9(8), 1997: section 3.1 is the analysis
#   of this chapter, which goes back to Hochreiter's thesis of 1991.
# - Y. Bengio, P. Simard, P. Frasconi, *Learning Long-Term Dependencies with Gradient Descent is Difficult*, IEEE
#   Transactions on Neural Networks 5(2), 1994: holding a bit against disturbances makes the gradient vanish.
# - R. Pascanu, T. Mikolov, Y. Bengio, *On the Difficulty of Training Recurrent Neural Networks*, ICML 2013: algorithm
#   1 is clipping by the norm.

# %%
course.ran()
