# %% [markdown] question="What came after the LSTM: what does each heir do better, and what does it give up?"
# # 19 · After the LSTM
#
# ## The question
#
# An LSTM puts all that it has read into a state of fixed size, one step after the other. Its heirs change one of these
# two things. **What does each of them do better, and what does it give up for it?**
#
# ![Three panels. Left: the share of symbols repeated right against how many there are; the network with attention stays
# at 1, the two without fall. Middle: how often the parity of a string of bits is right, step by step; the GRU is right
# up to step 64, three stacks of minGRU layers fall to one half by step 16. Right: the error in naming the value of the
# largest key; of the trained cells sLSTM is lowest.](../figures/19-after.png)
#
# One panel for each of three ideas: a look back (left), gates that do without the state (middle), and gates without an
# upper limit (right). In the middle the old cell wins.

# %% [markdown]
# ## What you need
#
# The GRU of chapter 06, the stack of chapter 07, and the *softmax*, which makes shares of any numbers: of $2, 0, 0$ it
# makes $e^2 / (e^2 + 1 + 1) = 0.787$, $0.107$ and $0.107$. $T$ is the number of steps, $D$ of inputs, $H$ of units.
# Networks are compared at about equal numbers of parameters.

# %%
import time

import numpy as np

import lstm_edu as le
from lstm_edu import course
from lstm_edu.plotting.style import COLOURS, REFERENCE, new_figure

course.begin(19)


def gru(D, H, rng):
    return le.GRU(D, H, update_bias=1.0, rng=rng)


def train(layers, task, seed, rng, rate=0.01):
    net = le.Sequential([*layers, le.Dense(layers[-1].units, task.outputs, rng=rng)])
    how = {"optimizer": le.Adam(rate), "seed": seed, "progress_bar": False}
    le.fit(net, task, steps=900, batch=32, **how)
    return net


# %% [markdown]
# ## The state must hold it all
#
# A network reads some symbols a, b, c, d, then a sign (here >), and then has to repeat them while it reads blanks.
# Among the first networks that translated were some that worked in this way, with a sentence in the place of the
# symbols (Sutskever, Vinyals and Le 2014). At the sign, all that will be said must be in the state.

# %%
copying = {n: le.tasks.CopyMemory(length=1, items=n, alphabet=4) for n in (4, 8, 12)}


def letters(x):
    return ["·abcd>"[k] for k in x.argmax(axis=-1)]


one = copying[4].sample(1, rng=0)
print("reads ", *letters(one.x[:, 0]))
print("writes", *("·abcd"[k] for k in one.target[:, 0]))

# %% [markdown] tags=["predict"]
# Three networks of about 5,400 parameters: one GRU; two GRUs on top of each other; and two GRUs with something between
# them that can look at *all* steps so far. Twelve symbols out of four are 24 bits, and the one GRU has 39 units.
#
# **Predict first.** Which share of the symbols does each repeat right, of 4, of 8 and of 12? Guessing gives 0.25.


# %%
def copier(kind, task, seed):
    H = {"one GRU": 39, "two GRUs": 23, "with attention": 20}[kind]
    rng = np.random.default_rng(seed)
    layers = [gru(task.inputs, H, rng)]
    if kind == "with attention":
        layers.append(le.Attention(H, H, rng=rng))
    if kind != "one GRU":
        layers.append(gru(H, H, rng))
    return train(layers, task, seed, rng)


def recalled(net, task):
    batch = task.sample(500, rng=99)
    said = net(batch.x)[-task.items :].argmax(axis=-1)
    return np.mean(said == batch.target[-task.items :])


KINDS, share, nets = ("one GRU", "two GRUs", "with attention"), {}, {}
for kind in KINDS:
    for n, task in copying.items():
        nets[kind, n] = copier(kind, task, seed=0)
        share[kind, n] = recalled(nets[kind, n], task)
    size, found = le.count_parameters(nets[kind, 4]), [share[kind, n] for n in copying]
    print(f"{kind:14} {size} parameters, right of 4, 8, 12:", np.round(found, 2))

# %% [markdown]
# Four symbols are no trouble for anybody. Twelve are too many for a state after 900 steps of training, however many
# layers it is cut into, and none at all for the network that can look back. This is one run each. Does it hold at
# other rates, budgets and seeds? `lstm-edu course stress 19` has tried.

# %% tags=["claim"]
evidence = {n: course.evidence(19, f"copy {n}") for n in (4, 12)}
for rival in ("one GRU", "two GRUs"):
    rows = course.beats(evidence[12], "recalled", "with attention", rival, "high")
    print(rows.round(2).to_string(), "\n")
    assert share["with attention", 12] > 0.95 > 0.9 > share[rival, 12]
    assert rows.drop(300, level="steps")["wins"].min() >= 7  # of 9
said = evidence[12][evidence[12]["measure"] == "recalled"].set_index("variant")["value"]
last = evidence[12].query("measure == 'recalled' and steps == 2700")
everything = last[last["value"] > 0.99].groupby(["variant", "rate"]).size()
print("runs of 9 that repeat all, after 2700 steps:", everything.to_string(), sep="\n")
assert everything["with attention"].tolist() == [6, 8, 8]
assert max(said["one GRU"].max(), said["two GRUs"].max()) < 0.98
easy = evidence[4].query("measure == 'recalled' and steps > 300")
assert (easy.groupby(["variant", "rate", "steps"])["value"].median() > 0.99).all()
figure = le.plotting.evidence(evidence[12], "recalled", reference=0.25, log=False)

# %% tags=["alt"]
course.show(
    figure,
    alt="Which share of 12 symbols is repeated right, at three rates, after 300, 900 "
    "and 2700 steps. The median with attention is at 1 after 2700 steps at each rate, "
    "with a band that reaches down to the two others, which rise slowly.",
)

# %% [markdown]
# **A look back wins, once it is found.** After 900 and 2700 steps it is ahead in at least seven of nine pairs, at every
# rate and against either rival. But it has to be found: after 2700 steps 6, 8 and 8 of nine runs repeat all twelve, and
# the rest repeat no more than the others do. Without it no run repeats all of them at any rate. After 300 steps nothing
# is decided. And with *four* symbols (not drawn) all three networks repeat everything from 900 steps on: a state of
# fixed size is no trouble while it is large enough.
#
# ## A weighted look back
#
# **Attention** keeps the outputs of all steps, and lets each step take from them what it needs (Bahdanau, Cho and
# Bengio 2015; in the form used here Vaswani and others 2017). Every step makes three vectors of its input: a query
# $q$ (a question), a key $k$ and a value $v$. How well a query fits a key is their product; the softmax makes shares
# of that:
#
# $$\alpha_{ts} = \operatorname{softmax}_s \frac{q_t \cdot k_s}{\sqrt{H}}, \qquad y_t = \sum_{s \le t} \alpha_{ts}\, v_s.$$
#
# By hand: if the query of a step fits three keys with $2, 0, 0$, and their values are $10, 0, 4$, then $y = 0.787
# \cdot 10 + 0.107 \cdot 0 + 0.107 \cdot 4 = 8.30$. The root of $H$ keeps the products near 1 at the start. The sum
# ends at $t$: a step can't look into the future.


# %% tags=["claim"]
def look(query, keys, values):
    fits = np.exp(keys @ query / np.sqrt(len(query)))
    weights = fits / fits.sum()
    return weights @ values


layer = le.Attention(3, 4, dtype=np.float64, rng=0)
x = np.random.default_rng(1).standard_normal((6, 1, 3))
q, k, v = np.split(x[:, 0] @ layer.params["W"], 3, axis=1)
by_hand = [look(q[t], k[: t + 1], v[: t + 1]) for t in range(6)]
assert np.allclose(layer(x)[:, 0], by_hand)
assert np.isclose(
    look(np.array([1.0]), np.array([[2.0], [0], [0]]), [10, 0, 4]), 8.296, atol=1e-3
)
print("the layer and our lines agree; the last step gets", by_hand[-1].round(3))

# %% [markdown]
# The gradient has no product over steps in it: an error at step $t$ reaches step $s$ at once, times $\alpha_{ts}$, over
# however many steps. Nothing vanishes on the way (chapter 02).
#
# The weights can be *seen*. This is what the trained network looks at while it repeats twelve symbols.

# %% tags=["claim"]
net, batch = nets["with attention", 12], copying[12].sample(200, rng=5)
tape = net.forward(batch.x)[1]
weights = net.layers[1].weights(tape.tapes[1])
answers = weights[13:].mean(axis=1)  # (12, 25): the steps that answer, over all texts
near = np.mean([answers[j, max(j - 1, 0) : j + 2].sum() for j in range(11)])
print(f"weight on the symbol that is due, or on its neighbours: {near:.2f}")
assert near > 0.8
figure = le.plotting.attention_weights(weights, 0, steps=letters(batch.x[:, 0]))

# %% tags=["alt"]
course.show(
    figure,
    alt="A square of shades, the steps that look downwards, those that are looked at "
    "to the right. While the symbols are read most weight lies on few steps; from "
    "the sign on, a diagonal goes through the symbols in their order, one a step.",
)

# %% [markdown]
# Nobody told it to walk through the symbols in order. (The assert leaves out the last row: the last symbol has only
# just been read, may still be in the lower GRU's state, and can be found at a later step as well.)
#
# **What it gives up.** First, it has to *keep* everything; we come to the costs. Second, attention alone knows
# nothing of order: shuffle the keys with their values, and $y$ is the same. Here the lower GRU says where a step is,
# by counting, and what the network has learnt is a way through *twelve* places. Ask it for 18.

# %% tags=["claim"]
longer = le.tasks.CopyMemory(length=1, items=18, alphabet=4)
for kind in KINDS:
    print(f"{kind:14} 18 symbols: {recalled(nets[kind, 12], longer):.2f}")
more = evidence[12][evidence[12]["measure"] == "recalled of more"]
table = more.groupby(["rate", "steps", "variant"])["value"].median().unstack("variant")
print(table.round(2).to_string())
late = table.loc[0.01:].drop(300, level="steps")
assert (late["with attention"] < late[["one GRU", "two GRUs"]].min(axis=1)).all()

# %% [markdown]
# At the two higher rates, from 900 steps on, the median network that can look back is *worse* than either rival here,
# and not far from a guess. The texts are all there to be looked at; it has not learnt where. To keep everything is
# not yet to find everything.
#
# ## Gates without the state
#
# The other thing to change is *one step after the other*. A GRU's gates see $h'$, so that no step can begin before the
# one in front of it has ended. The **minGRU** (Feng and others 2024) cuts this connection: gate and candidate see the
# input alone,
#
# $$z = \sigma(x W_z + b_z), \quad n = g(x W_n + b_n), \quad h = (1 - z)\, h' + z\, n,$$
#
# (here $z$ takes in; in the GRU of this package $z$ keeps). All $z$ and $n$ are known before the first step, and what
# is left is *linear* in the state: $h = a h' + b$ with $a = 1 - z$ and $b = z n$. Two such steps are one step of the
# same kind,
#
# $$h_2 = a_2 (a_1 h_0 + b_1) + b_2 = (a_2 a_1)\, h_0 + (a_2 b_1 + b_2).$$
#
# By hand: first $a = 0.5$, $b = 1$, then $a = 0.5$, $b = 3$, is the same as once $a = 0.25$, $b = 3.5$. So the steps
# can be put together in pairs, the pairs in fours, and so on: a **scan**. A thousand steps take ten rounds, all of
# whose work can be done side by side. That is a matter of who has the cores; the result is the same.


# %% tags=["claim"]
def step(z, n, h):
    return (1 - z) * h + z * n


layer = le.MinGRU(3, 5, dtype=np.float64, rng=0)
x = np.random.default_rng(2).standard_normal((1000, 2, 3))
y, tape = layer.forward(x)
gates, h = layer.gates(tape), np.zeros((2, 5))
for t in range(1000):
    h = step(gates["z"][t], gates["n"][t], h)
assert np.allclose(h, y[-1])
for pieces in (1, 2, 7, 100):
    difference = np.abs(layer.scan(x, pieces=pieces) - y).max()
    print(f"{pieces:3d} pieces side by side: largest difference {difference:.0e}")
    assert difference < 1e-12

# %% [markdown] tags=["predict"]
# **What it gives up.** The next task is as small as a task can be: read bits, and say after each whether the ones so
# far are odd in number. A GRU of 12 units, and minGRU in one, two and four layers, each with at least as many
# parameters, learn it on strings of 16 bits.
#
# **Predict first.** Which of them follow the parity to step 16? Which to step 64?


# %%
def parity(steps, seed):
    bits = np.random.default_rng(seed).integers(0, 2, (steps, 6000))
    odd = np.cumsum(bits, axis=0) % 2
    return le.tasks.Arrays(bits[:, :, None].astype(float), odd, steps="all")


short, long = parity(16, 7), parity(64, 8)
FOLLOWERS = {"GRU": (gru, 12, 1)}
FOLLOWERS |= {
    f"minGRU, {n}": (le.MinGRU, {1: 88, 2: 15, 4: 9}[n], n) for n in (1, 2, 4)
}
right, changes = {}, {}
for name, (make, H, count) in FOLLOWERS.items():
    rng = np.random.default_rng(0)
    layers = [make(1 if j == 0 else H, H, rng=rng) for j in range(count)]
    net = train(layers, short, 0, rng)
    batch = long.sample(500, rng=1, split="test")
    right[name] = (net(batch.x).argmax(axis=-1) == batch.target).mean(axis=1)
    says = net(np.ones((64, 1, 1), np.float32))[:, 0].argmax(axis=-1)
    changes[name] = int(np.count_nonzero(np.diff(says)))
    print(f"{name:9} {le.count_parameters(net)} parameters, right", end=" ")
    print(f"at 16: {right[name][15]:.2f}, from 17 on: {right[name][16:].mean():.2f}")

# %% [markdown]
# Why? Look at one unit while it reads nothing but ones. Every step is the same map $h \mapsto a h + b$ with $0 < a <
# 1$. It pulls every state towards the same place, $b / (1 - a)$, and two states keep their order on the way. But
# parity asks that *odd* and *even* change places at every one. A GRU can do that: in it, the candidate of this step
# may depend on $h'$. So we let each network read 64 ones, and count how often it changes its mind. It should do so 63
# times.

# %% tags=["claim"]
print("changes of mind in 64 ones:", changes)
assert changes["GRU"] == 63
assert max(count for name, count in changes.items() if name != "GRU") <= 8
evidence["parity"] = course.evidence(19, "parity")
by = ["rate", "steps", "variant"]
shown = evidence["parity"].groupby(["measure", *by])["value"].median()
for measure in ("right", "right beyond"):
    print(measure, shown[measure].unstack("variant").round(2).to_string(), sep="\n")
runs = evidence["parity"].query("measure == 'right beyond'")
follows = runs["variant"] == "GRU"
assert runs[follows & (runs["steps"] > 300)]["value"].min() > 0.99
assert runs[~follows]["value"].max() < 0.52
best = shown["right"].groupby("variant").max()
assert best["minGRU"] < 0.65 < best["minGRU, 2 layers"] < 0.82
assert 0.88 < best["minGRU, 4 layers"] < 0.92

# %% [markdown]
# From 900 steps of training on, every GRU is right up to step 64, at each rate. *No* minGRU is better than a guess
# beyond step 16, whatever the number of layers, the rate and the budget. Within the 16 steps more layers help: their
# best medians are 0.63, 0.80 and 0.90. So depth buys some steps, not the state. The theory agrees: with $a$ above
# zero and numbers of finite precision no stack of such layers follows the parity (Grazzi and others 2025). With an
# $a$ from $-1$ to $1$ a single unit would do, which is exercise 19.3.
#
# ## Gates without a limit
#
# The third heir stays a recurrence and changes the gates. The **sLSTM** (Beck and others 2024) takes an exponential
# where the LSTM's input gate has a sigmoid, and a second state that adds up what was let in:
#
# $$c = f c' + e^{a_i} \tanh(a_z), \qquad n = f n' + e^{a_i}, \qquad h = o\, \frac{c}{n}.$$
#
# Since $c$ is divided by $n$, $h$ is a *weighted mean* of all that came in. By hand: $0.5$ enters with $e^0 = 1$,
# then $-0.8$ with $e^5 = 148$. The mean is $(0.5 - 0.8 \cdot 148) / 149 = -0.79$: what is new has overruled what was
# held. In an LSTM no gate is above 1, and the best it can do with $f = 1$ is $0.5 - 0.8 = -0.3$. (A third state, $m$,
# keeps the exponentials from overflowing; it changes nothing else.)
#
# Weights that are exponentials, divided by their sum: we have seen that before. With $f = 1$ it *is* a softmax over all
# steps so far, attention whose query is always the same, in a state of fixed size.

# %% tags=["claim"]
cell = le.SLSTM(2, 3, forget_bias=40.0, dtype=np.float64, rng=0)
blind = [3, 4, 5, 9, 10, 11]  # the columns of forget and output gate see nothing
cell.params["U"][:], cell.params["W"][:, blind], cell.params["b"][9:] = 0, 0, 40
x = np.random.default_rng(3).standard_normal((7, 1, 2))
i, _, z, _ = np.split(x[:, 0] @ cell.params["W"] + cell.params["b"], 4, axis=1)
mean = np.cumsum(np.exp(i) * np.tanh(z), axis=0) / np.cumsum(np.exp(i), axis=0)
assert np.allclose(cell(x)[:, 0], mean)
print("sLSTM and the weighted mean agree; at the last step", mean[-1].round(3))

# %% [markdown]
# What is it good for? *A better one has come, forget the others.* Pairs of a key and a value are read; say at each
# step the value that came with the largest key so far. One sLSTM unit does that without training: with the gate
# $e^{100 k}$ the largest key outweighs all others. Then we train LSTM, GRU and sLSTM on 20 pairs.


# %%
def largest(steps, seed):
    rng = np.random.default_rng(seed)
    key, value = rng.random((steps, 6000)), rng.uniform(-1, 1, (steps, 6000))
    best = np.array([key[: t + 1].argmax(axis=0) for t in range(steps)])
    held = np.take_along_axis(value, best, axis=0)[:, :, None]
    x = np.stack([key, value], axis=2)
    return le.tasks.Arrays(x, held, steps="all", loss="mean_squared_error")


few, many = largest(20, 7), largest(80, 8)
batch = many.sample(500, rng=1, split="test")
one = le.SLSTM(2, 1)
one.params["W"], one.params["U"] = [[100, 0, 0, 0], [0, 0, 0.1, 0]], np.zeros((1, 4))
one.params["b"] = [0, 40, 0, 40]
error = {"one unit, by hand": np.mean((10 * one(batch.x) - batch.target) ** 2, axis=1)}
HOLDERS = {"LSTM": (le.LSTM, 14), "GRU": (gru, 16), "sLSTM": (le.SLSTM, 14)}
for name, (make, H) in HOLDERS.items():
    rng = np.random.default_rng(0)
    net = train([make(2, H, rng=rng)], few, 0, rng, rate=0.03)
    error[name] = np.mean((net(batch.x) - batch.target) ** 2, axis=1)
for name, squared in error.items():
    print(f"{name:17} steps 1 to 20: {squared[:20].mean():.3f}", end=", ")
    print(f"21 to 80: {squared[20:].mean():.3f}")

# %% tags=["claim"]
evidence["largest"] = course.evidence(19, "largest")
wins = {}
for measure in ("error", "error beyond"):
    for rival in ("lstm", "gru"):
        rows = course.beats(evidence["largest"], measure, "slstm", rival)
        wins[measure, rival] = int(rows["wins"].sum())
print("pairs of 45 that sLSTM wins:", wins)
assert list(wins.values()) == [45, 45, 45, 43]
stack = "minGRU, 2 layers"
for rival in ("lstm", "gru"):
    rows = course.beats(evidence["largest"], "error", stack, rival)["wins"]
    assert rows.xs(300, level="steps").max() <= 1
    assert rows.xs(2700, level="steps").min() >= 3
lead = course.leads(evidence["largest"], "error")
assert set(lead["leader"]) == {"slstm"}
best_rate = course.best_rates(evidence["largest"], "valid loss")
assert (best_rate == 0.03).all(axis=None)
names = {"slstm": "sLSTM"}
rows = evidence["largest"].set_index("variant").loc[["lstm", "slstm", "gru", stack]]
figure = le.plotting.evidence(rows.reset_index(), "error", names=names)

# %% tags=["alt"]
course.show(
    figure,
    alt="The squared error of the value held, at three rates, after 300, 900 and 2700 "
    "steps. sLSTM lies below LSTM, GRU and two layers of minGRU in all panels.",
)

# %% [markdown]
# Up to step 20 sLSTM wins all 90 pairs against LSTM and GRU, and up to step 80 all but two of them, though it has not
# seen strings of that length. Two layers of minGRU are second in the end: behind LSTM and GRU after 300 steps, ahead
# of them after 2700.
#
# Two limits. The task was made for this gate. And all of them are best at the highest rate that was tried, so how
# good each can be this table does not say. The one unit written by hand shows how far there is to go: what a cell
# *can* do and what training finds are two things.
#
# ## What it costs
#
# | | work | rounds, one after the other | kept for the way back | kept to go on |
# | --- | --- | --- | --- | --- |
# | GRU, LSTM, sLSTM | $T H^2$ | $T$ | $T H$ | $H$ |
# | minGRU with a scan | $T H^2$ | $\log_2 T$ | $T H$ | $H$ |
# | attention | $T H^2 + T^2 H$ | 1 | $T H + T^2$ | $T H$ |
#
# (Up to constant factors. Clever programs for attention make the $T^2$ numbers anew on the way back, and do not keep
# them; the work remains.) Here is this package, forward and backward, and for the scan forward alone, as ratios to
# the GRU at 64 steps. A scan does more work in fewer rounds: on two cores that is no gain, as the last two lines of
# your own run may show, and on a machine with thousands of them it is all that counts. What is kept depends on no
# machine.


# %%
def kept(tape):
    if hasattr(tape, "weights"):
        return sum(array.nbytes for array in (tape.rows, tape.qkv, tape.weights))
    return sum(array.nbytes for array in (tape.x, tape.a, *tape.states))


def fastest(call):
    took = []
    for _ in range(3):
        start = time.perf_counter()
        call()
        took.append(time.perf_counter() - start)
    return min(took)


def both_ways(layer, x):
    y, tape = layer.forward(x)
    layer.backward(y, tape)
    return tape


# %% tags=["claim"]
LONG, spent, bytes_kept = (64, 256, 1024), {}, {}
rng = np.random.default_rng(4)
timed = {
    cell.__name__: cell(32, 32, rng=0) for cell in (le.GRU, le.MinGRU, le.Attention)
}
for T in LONG:
    x = rng.standard_normal((T, 4, 32)).astype(np.float32)
    for name, layer in timed.items():
        bytes_kept[name, T] = kept(both_ways(layer, x))
        spent[name, T] = fastest(lambda layer=layer, x=x: both_ways(layer, x))
    spent["MinGRU.scan", T] = fastest(lambda x=x: timed["MinGRU"].scan(x))
    spent["MinGRU, forward", T] = fastest(lambda x=x: timed["MinGRU"](x))
for name in ("GRU", "MinGRU", "Attention", "MinGRU, forward", "MinGRU.scan"):
    row = [spent[name, T] / spent["GRU", 64] for T in LONG]
    print(f"{name:16}", *(f"{ratio:8.2f}" for ratio in row), " times the GRU at 64")
assert bytes_kept["GRU", 1024] < 4.1 * bytes_kept["GRU", 256]
assert bytes_kept["Attention", 1024] > 10 * bytes_kept["Attention", 256]

# %% tags=["alt"]
figure, panels = new_figure(1, 2, size=(9, 3.4))
for values, axes in zip((spent, bytes_kept), panels, strict=True):
    for place, (name, mark) in enumerate(zip(timed, "osv", strict=True)):
        ratios = [values[name, T] / values["GRU", 64] for T in LONG]
        axes.plot(LONG, ratios, marker=mark, color=COLOURS[place], label=name)
    axes.set(xscale="log", yscale="log", xlabel="steps T")
    axes.set_xticks(LONG, [str(T) for T in LONG])
    axes.set_xticks([], minor=True)
panels[0].set(title="time, forward and backward", ylabel="ratio to the GRU at 64 steps")
panels[1].set(title="numbers kept for the way back")
panels[0].legend()
course.show(
    figure,
    alt="Time and memory against the number of steps, both axes logarithmic. Memory of "
    "GRU and MinGRU rises in proportion to the steps, that of attention more and more "
    "steeply, until it is far above both at 1024 steps; so does its time.",
)

# %% tags=["alt"]
figure, (left, middle, right_side) = new_figure(1, 3, size=(11, 3.5))
for place, kind in enumerate(KINDS):
    points = [share[kind, n] for n in copying]
    look = {"color": COLOURS[place], "marker": "osv"[place], "label": kind}
    left.plot(list(copying), points, **look)
for place, (name, hits) in enumerate(right.items()):
    line = ("-", "--", "-.", ":")[place]
    middle.plot(np.arange(1, 65), hits, line, color=COLOURS[place], label=name)
for place, (name, squared) in enumerate(error.items()):
    line = (":", "-", "--", "-.")[place]
    look = {"color": (REFERENCE, *COLOURS)[place], "label": name}
    right_side.plot(np.arange(1, 81), squared, line, **look)
left.set(title="a look back", xlabel="symbols", ylabel="repeated right", ylim=(0, 1.05))
left.set_xticks(list(copying))
middle.set(title="gates without the state", xlabel="step", ylabel="parity right")
middle.set(ylim=(0.4, 1.05))
right_side.set(title="gates without a limit", xlabel="step", ylabel="squared error")
for axes, end in ((middle, 16), (right_side, 20)):
    axes.axvline(end + 0.5, color=REFERENCE, linewidth=1)
for axes in (left, middle, right_side):
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), fontsize=8, ncols=2)
course.show(
    figure,
    name="19-after",
    alt="Left: with attention all symbols are repeated, without it fewer and fewer. "
    "Middle: the GRU follows the parity to step 64, minGRU falls to one half in the 16 "
    "steps of training, later with more layers. Right: sLSTM has a lower error than "
    "LSTM and GRU, and one unit by hand the lowest.",
)

# %% [markdown]
# ## Which one first?
#
# | if | then first |
# | --- | --- |
# | what was read must come back exactly, and may lie far back | attention above a recurrent layer |
# | what counts is a *state* that each input moves on: a counter, a switch, a position | GRU or LSTM |
# | one value must be held until a better one comes | sLSTM |
# | sequences are very long, the machine has very many cores, and no state must be followed | minGRU, in several layers |
# | numbers come one by one and each must be answered at once, on little memory | GRU or LSTM |
# | sequences are short, or data are few | GRU or LSTM, and compare |
#
# The first three rows are what this page has measured, on tasks made to show one thing each. The others follow from
# the table of costs, and from chapters 09 and 17, where the rival to beat was simpler still. That large language
# models are made of attention says what to do with billions of words; for a thousand short sequences it says nothing.
# The heirs can be mixed, too: the network that repeated twelve symbols was two GRUs *and* a look back.

# %% [markdown]
# ## Exercises
#
# **19.1 A look back at all steps at once.** `q`, `k` (T, H) and `v` (T, values) of one sequence; return `y` (T,
# values), where each step looks at itself and what came before it. Try it without a loop.


# %% tags=["exercise"]
def attention(q, k, v): ...


course.check("19.1", attention)


# %% tags=["solution"]
def attention(q, k, v):
    scores = q @ k.T / np.sqrt(q.shape[1])
    scores = np.where(np.tri(len(q)) > 0, scores, -np.inf)  # exp makes 0 of it
    fits = np.exp(scores - scores.max(axis=1, keepdims=True))
    return fits / fits.sum(axis=1, keepdims=True) @ v


course.check("19.1", attention)

# %% [markdown]
# **19.2 Two steps as one.** First $h_1 = a_1 h_0 + b_1$, then $h_2 = a_2 h_1 + b_2$. Return the `a` and the `b` of both
# together.


# %% tags=["exercise"]
def as_one_step(a1, b1, a2, b2): ...


course.check("19.2", as_one_step)


# %% tags=["solution"]
def as_one_step(a1, b1, a2, b2):
    return a2 * a1, a2 * b1 + b2


course.check("19.2", as_one_step)

# %% [markdown]
# **19.3 What the minGRU cannot have.** Give `a` and `b` (T,), each made from the bit `x[t]` alone, so that
# $h = a h' + b$, from $h = 0$, is the parity of the bits so far.


# %% tags=["exercise"]
def linear_parity(x): ...


course.check("19.3", linear_parity)


# %% tags=["solution"]
def linear_parity(x):
    return 1 - 2 * x, x  # a bit 1: h becomes 1 - h


course.check("19.3", linear_parity)

# %% [markdown]
# **19.4 Find the bug.** A linear recurrence from $h = 0$ in rounds: after each round every step knows twice as many
# steps before it. There are **two** mistakes.


# %% tags=["exercise"]
def rounds_with_bugs(a, b):
    reach = 1
    while reach < len(a):
        a = np.concatenate([a[:reach], a[reach:] * a[:-reach]])
        b = np.concatenate([b[:reach], a[reach:] * b[:-reach] + b[reach:]])
        reach += 1
    return b


course.check("19.4", rounds_with_bugs)


# %% tags=["solution"]
def rounds_repaired(a, b):
    reach = 1
    while reach < len(a):  # b first: it needs the a of its own step
        b = np.concatenate([b[:reach], a[reach:] * b[:-reach] + b[reach:]])
        a = np.concatenate([a[:reach], a[reach:] * a[:-reach]])
        reach *= 2  # what a step knows has doubled
    return b


course.check("19.4", rounds_repaired)

# %% [markdown]
# **19.5 An open question.** The network with attention learnt a way through twelve places. Train it on texts of 4 to 12
# symbols mixed (pad them, and use `lengths`), and ask for 18 again. Write down your prediction, and measure at three
# rates and from five seeds. What would the lower GRU have to say of a step, so that the question "the symbol after the
# one I said last" can be asked?

# %% [markdown] tags=["solution"]
# What to look for: whether the weights' diagonal goes on beyond the twelfth symbol, and where it breaks off. A
# position that is *counted* by a GRU has been seen up to 12 alone. A question by *content*, "what stood behind what I
# just said", needs a key that holds the symbol in front of the step, and the lower GRU knows it; but the same symbol
# may stand at several places. Compare with the best of three rates each, and report all seeds.

# %% [markdown]
# ## References
#
# - I. Sutskever, O. Vinyals, Q. Le, [*Sequence to Sequence Learning with Neural
#   Networks*](https://arxiv.org/abs/1409.3215), NIPS 2014: a sentence through a state of fixed size.
# - D. Bahdanau, K. Cho, Y. Bengio, [*Neural Machine Translation by Jointly Learning to Align and
#   Translate*](https://arxiv.org/abs/1409.0473), ICLR 2015: the look back, between two recurrent networks.
# - A. Vaswani and others, [*Attention Is All You Need*](https://arxiv.org/abs/1706.03762), NIPS 2017: the form used
#   here, and networks of nothing else.
# - L. Feng and others, [*Were RNNs All We Needed?*](https://arxiv.org/abs/2410.01201), 2024: minGRU and minLSTM.
# - R. Grazzi and others, [*Unlocking State-Tracking in Linear RNNs Through Negative
#   Eigenvalues*](https://arxiv.org/abs/2411.12537), ICLR 2025: with $a$ above zero no number of layers follows the
#   parity in finite precision.
# - M. Beck and others, [*xLSTM: Extended Long Short-Term Memory*](https://arxiv.org/abs/2405.04517), NeurIPS 2024:
#   sLSTM and mLSTM.

# %%
course.ran()
