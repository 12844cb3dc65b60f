# %% [markdown] question="How does one get from a Python loop to the machine's peak, and add a cell of one's own?"
# # 11 · Under the hood
#
# ## The question
#
# A recurrent network is a loop, and Python is slow at loops. How does one get from a loop in plain Python to a program
# that is as fast as the machine can be, and stay readable on the way? And how do you add a cell of your own?
#
# The figure shows the way, each step of it timed in this chapter on the machine that ran it.
#
# ![Left: seven bars on a logarithmic scale, the time of one LSTM step from the Python loop at the top to the register
# tile at the bottom, more than a thousand times shorter. Right: forward and backward with fresh memory, with memory
# used again, and with two threads.](../figures/11-under-the-hood.png)

# %%
import time

import numba
import numpy as np

import lstm_edu as le
from lstm_edu import course
from lstm_edu.core import kernel, matmul, memory

course.begin(11)

# %% [markdown]
# ## What you need
#
# You need the LSTM of chapter 04 and its equations. A **kernel** is a function that Numba compiles to machine code
# when it is called for the first time. A **vector instruction** (SIMD) does the same to 4, 8 or 16 numbers at once. A
# loop **vectorises** if the compiler can use such instructions for it.
#
# How much work is it? For one sequence and one step, an LSTM multiplies the input with $W$ and the state with $U$.
# With $D = 32$ inputs and $H = 64$ units that is $4H(D + H) = 256 \cdot 96 = 24\,576$ multiplications, each with an
# addition. At one nanosecond each it would take $24.6$ microseconds (µs). We count time in that way, **µs for one
# step of one sequence**, so that small and large runs can be compared.
#
# **How to time.** Other programs run on your machine, too. They make a run longer, never shorter. So we repeat and
# take the *smallest* time. Ratios mean more than times. Yours will differ, because another processor has other vectors
# and another cache.


# %%
from threadpoolctl import threadpool_limits


def once(function, *arguments):
    """The seconds that a call takes."""
    begin = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - begin


def best(function, *arguments, repeat=7):
    """The smallest of some times, after one call that may compile."""
    function(*arguments)
    return min(once(function, *arguments) for _ in range(repeat))


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


T, B, D, H = 50, 32, 32, 64
rng, layer = np.random.default_rng(0), le.LSTM(D, H, rng=0)
W, U, b = layer.params.values()
x = rng.normal(size=(T, B, D)).astype(np.float32)
right = layer(x)  # what every version has to return
micro = {}  # name -> µs for one step of one sequence


def climb(name, function, x=x):
    y = function(x, W, U, b)
    assert np.allclose(y, right[: len(x), : x.shape[1]], atol=1e-5), name
    micro[name] = best(function, x, W, U, b) / (len(x) * x.shape[1]) * 1e6
    print(f"{name}: {micro[name]:.2f} µs")


# %% [markdown]
# ## Intuition: where does the time go?
#
# Before each multiplication Python looks up two objects, checks their types, makes a third object, and counts
# references. The multiplication itself is lost among all that. NumPy pays that price once for a whole array. Numba
# pays it once for a whole function. What remains then is a question of how the numbers get to the processor: each
# number that is loaded should be used many times before it is thrown away. All later steps are about that.
#
# ### Step 1: a loop in Python
#
# We run it for 2 steps of 2 sequences only, or you would wait for a long time.


# %%
import math


def python_loops(x, W, U, b):
    out = np.zeros((*x.shape[:2], H))
    x, W, U, b = (array.tolist() for array in (x, W, U, b))
    for n in range(len(x[0])):
        h, c = [0.0] * H, [0.0] * H
        for t in range(len(x)):
            a = list(b)
            for j in range(4 * H):
                for d in range(D):
                    a[j] += x[t][n][d] * W[d][j]
                for k in range(H):
                    a[j] += h[k] * U[k][j]
            for j in range(H):
                i, f, o = (1 / (1 + math.exp(-a[j + k * H])) for k in (0, 1, 3))
                c[j] = f * c[j] + i * math.tanh(a[2 * H + j])
                h[j] = o * math.tanh(c[j])
            out[t, n] = h
    return out


climb("1 Python loops", python_loops, x[:2, :2])

# %% [markdown]
# ## The equations in NumPy
#
# **Step 2** writes each gate with its own matrices, as the equations of chapter 04 do, for all sequences side by side.
#
# **Step 3** does what everybody recommends. The products with $W$ do not depend on the step before, so they
# leave the loop: all $T$ steps in one large product. And the four products with $U$ become one call, on four matrices
# in a stack.
#
# NumPy's library for products has threads of its own. To compare like with like, we hold it to one.


# %%
def by_gate(x, W, U, b):
    h, c, out = np.zeros((x.shape[1], H), x.dtype), 0, []
    (Wi, Wf, Wg, Wo), (Ui, Uf, Ug, Uo) = np.split(W, 4, axis=1), np.split(U, 4, axis=1)
    bi, bf, bg, bo = np.split(b, 4)
    for x_t in x:
        i, f = sigmoid(x_t @ Wi + h @ Ui + bi), sigmoid(x_t @ Wf + h @ Uf + bf)
        g, o = np.tanh(x_t @ Wg + h @ Ug + bg), sigmoid(x_t @ Wo + h @ Uo + bo)
        c = f * c + i * g
        h = o * np.tanh(c)
        out.append(h)
    return np.array(out)


def together(x, W, U, b):
    h, c, out = np.zeros((x.shape[1], H), x.dtype), 0, []
    W, U, b = (np.stack(np.split(array, 4, axis=-1)) for array in (W, U, b))
    for a_t in x[:, None] @ W + b[:, None]:  # (T, 4, B, H): all steps at once
        i, f, g, o = a_t + h @ U
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        out.append(h)
    return np.array(out)


with threadpool_limits(1):
    climb("2 NumPy, gate by gate", by_gate)
    climb("3 NumPy, products together", together)
    one = [best(f, x[:, :1], W, U, b) / T * 1e6 for f in (by_gate, together)]
print(f"with one sequence instead of 32: {one[0]:.1f} and {one[1]:.1f} µs")

# %% [markdown]
# A surprise? With one sequence, fewer calls help: most of the time goes into calling. With 32 sequences the
# well-known advice gains little or nothing, or even costs something: the large product writes one and a half
# megabytes that have left the nearest cache when their step comes. Advice on speed is advice for a size. Measure.

# %% [markdown] tags=["predict"]
# ## The kernel
#
# **Step 4.** Now Numba. We translate the loops of step 1 word for word and put `@numba.njit` above them.
#
# **Predict first.** NumPy's product is written by specialists, in assembler. Will our compiled loops be faster than
# steps 2 and 3, or slower? By which factor? (The figure at the top knows. Guess before you look.)


# %%
@numba.njit
def naive(x, W, U, b):
    T, B, D = x.shape
    H = len(U)
    h, c, a = (
        np.zeros((T + 1, B, H), x.dtype),
        np.zeros((B, H), x.dtype),
        np.empty(4 * H, x.dtype),
    )
    for t in range(T):
        for n in range(B):
            for j in range(4 * H):
                a[j] = b[j]
                for d in range(D):
                    a[j] += x[t, n, d] * W[d, j]
                for k in range(H):
                    a[j] += h[t, n, k] * U[k, j]
            for j in range(H):
                i, f = 1 / (1 + np.exp(-a[j])), 1 / (1 + np.exp(-a[H + j]))
                g, o = np.tanh(a[2 * H + j]), 1 / (1 + np.exp(-a[3 * H + j]))
                c[n, j] = f * c[n, j] + i * g
                h[t + 1, n, j] = o * np.tanh(c[n, j])
    return h[1:]


climb("4 naive kernel", naive)

# %% [markdown]
# Much faster than Python, and much *slower* than NumPy! Compiling alone is not enough. The inner loop goes down a
# column of `U`. Neighbours in a column lie $4H$ numbers apart in memory, so each load brings in a whole line of the
# cache and uses one number of it. And the sum depends on the addition before it, so nothing can be done side by side.

# %% [markdown]
# ### Along the rows
#
# **Step 5** exchanges the two loops: for each $k$, the whole *row* `U[k]` times one number is added to the row of
# results. Rows lie in one piece, and all additions of a row are independent. Such a loop vectorises. It helps the
# compiler if each array is a slice of its own (`row`, `gates`), with an index that begins at 0.
#
# In place of `np.exp` and `np.tanh` it has the package's own functions, which we look at further below.
#
# **Step 6** is the same code with two options. `error_model="numpy"` says that a division by zero gives `inf` instead
# of a Python error; otherwise each division hides a branch, and a loop with a branch does not vectorise. And a *part*
# of fast mathematics: sums may be regrouped.

# %%
the_sigmoid, the_tanh = kernel.sigmoid, kernel.tanh


def by_rows(x, W, U, b):
    T, B, _ = x.shape
    H = len(U)
    h, c = np.zeros((T + 1, B, H), x.dtype), np.zeros((B, H), x.dtype)
    gates = np.empty(4 * H, x.dtype)
    i, f, g, o = gates[:H], gates[H : 2 * H], gates[2 * H : 3 * H], gates[3 * H :]
    for t in range(T):
        for n in range(B):
            gates[:] = b
            for source, weights in ((x[t, n], W), (h[t, n], U)):
                for k in range(len(source)):
                    row, value = weights[k], source[k]
                    for j in range(4 * H):
                        gates[j] += value * row[j]
            c_n, h_n = c[n], h[t + 1, n]
            for j in range(H):
                c_n[j] = the_sigmoid(f[j]) * c_n[j] + the_sigmoid(i[j]) * the_tanh(g[j])
                h_n[j] = the_sigmoid(o[j]) * the_tanh(c_n[j])
    return h[1:]


options = {"error_model": "numpy", "fastmath": set(kernel.FASTMATH)}
climb("5 along the rows", numba.njit(by_rows))
climb("6 no hidden branches", numba.njit(**options)(by_rows))

# %% [markdown]
# Now we are about level with NumPy, with nothing but loops. But each row of weights is loaded from the cache for one
# sequence, used for one multiplication per number, and loaded again for the next sequence.
#
# **Step 7** puts that right with a **register tile**: four sequences by a few vectors of columns. The sums of the
# tile stay in the registers, the fastest memory there is, while $k$ runs. A vector of weights that is loaded once
# serves four sequences. Before the first step the weights are **packed**: laid out in the order in which the tile
# will read them.
#
# The package's tile is written in the language of the compiler below Numba, because no loop in Python leads there. Its
# meaning is short: `add_product(out, h, weights, b0, b1)` is `out[b0:b1] += h[b0:b1] @ U`. The kernel in use stands
# below, with `input_product` in place of the large product of step 3, a few steps ahead of the loop.
#
# It stands there whole. `course.source` shows kernels in the other chapters *folded*, and this is what it leaves out:
#
# | in the file | in a listing | why it is there |
# | --- | --- | --- |
# | `from_h = pack(U, b1 - b0)`, or `pack_transposed(U)` on the way back | nothing | the weights in the tile's order, laid out once for all steps |
# | `input_product(a, x, from_x, bias, t, b0, b1)` | `a[t] = x[t] @ W + bias` | made for some steps at once |
# | `add_product(a_t, h[t], from_h, b0, b1)` | `a[t] += h[t] @ U` | the register tile |
# | `b0`, `b1` | still there, in the loop over `b` | a thread's share of the sequences (step 9); with four or fewer, a team of threads shares the columns of each product instead |
# | `a_t = a[t % len(a)]` | `a[t]` | without a way back the gates of a few steps are enough, used over and over |
# | `i, f = a_t[b, :H], ...` | a comment: parts of `a` | slices with an index that begins at 0 |
# | `one = U.dtype.type(1)` | `1` | a plain 1 would make float64 of float32 |
#
# **Step 8** is about memory. A fresh array costs more than its numbers: the system has to find pages for it and to
# clear them, at the first touch. The package keeps the memory of large arrays that nobody holds any more and uses it
# again. It matters most in training, where forward and backward need many large arrays. To see the difference, we
# switch it off for a moment.
#
# **Step 9** takes threads: sequences do not depend on each other, so two threads can work on half of the batch each. A
# kernel with `nogil=True` lets the other one run. It gains something only if the second core has nothing else to do.

# %%
course.source(le.cells.lstm.forward, whole=True)
threads, small = le.get_num_threads(), memory.SMALL
le.set_num_threads(1)
climb("7 register tile", lambda x, W, U, b: layer.forward(x)[0])
speed = 2 * 4 * H * (D + H) / micro["7 register tile"] / 1e3
print(f"{speed:.0f} thousand million operations a second on one core")

x_long = np.concatenate([x, x])  # 100 steps


def forward_and_backward():
    y, tape = layer.forward(x_long)
    layer.backward(y, tape)


memory.SMALL = 1 << 40  # every array counts as small: fresh memory each time
training = {"fresh memory": best(forward_and_backward)}
memory.SMALL = small
training["8 memory used again"] = best(forward_and_backward)
le.set_num_threads(2)
training["9 two threads"] = best(forward_and_backward)
le.set_num_threads(threads)
print({name: f"{1e3 * seconds:.1f} ms" for name, seconds in training.items()})

# %% tags=["claim"]
at = dict(zip(range(1, 8), micro.values(), strict=True))
numpy = min(at[2], at[3])
assert at[1] > 20 * numpy  # Python against NumPy
assert at[4] > 2 * numpy  # a naive kernel loses against NumPy
assert at[4] > 2 * at[6]  # along the rows, without branches
assert at[1] > 200 * at[7]
print(f"Python to the package: {at[1] / at[7]:,.0f} times")

# %% tags=["alt"]
from lstm_edu.plotting.style import REFERENCE, new_figure

figure, (left, right_axes) = new_figure(1, 2, size=(9.5, 3.4), width_ratios=(1.5, 1))
times, slow = np.array(list(micro.values())), micro["1 Python loops"]
left.barh(list(micro), times, color=[REFERENCE] + ["#E69F00"] * 2 + ["#0072B2"] * 4)
for place, value in enumerate(times):
    words = f"{value:,.2f} µs" + f", {slow / value:,.0f} times" * (place > 0)
    left.text(value * 1.2, place, words, va="center", fontsize=9)
left.set(xscale="log", xlim=(times.min() / 3, slow * 60), title="forward")
left.set_xlabel("µs for one step of one sequence")
milliseconds = [1e3 * seconds for seconds in training.values()]
right_axes.barh(list(training), milliseconds, color="#009E73")
right_axes.set(xlabel="ms for one pass", title="forward and backward")
for axes in (left, right_axes):
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
course.show(
    figure,
    name="11-under-the-hood",
    alt="Left: seven bars on a logarithmic scale, from the Python loop to the "
    "register tile, hundreds of times shorter or more. Right: forward and backward, "
    "with fresh memory, with memory used again, with two threads.",
)

# %% [markdown]
# ## What we saw
#
# From top to bottom it is a factor of hundreds at least; the last line printed above has yours. Compiling alone gave
# the smaller part of it: a compiled loop in the wrong order lost against NumPy by far. What followed was not magic but
# a list of questions. Does the inner loop run along a row? Are its turns independent? Is there a branch in it? How
# often is a loaded number used?
#
# The asserts in that cell leave a wide margin, so that they hold on a busy machine, too.
#
# ## Tempting mistakes of Numba
#
# **Timing the first call.** It compiles. Nobody would believe such a mistake, if it were not so common.
#
# **Explicit signatures**, as in `@njit("float64(float64)")`, compile when the function is *defined*, so when the
# module is imported. Whoever imports a package with a hundred of them waits for all, also for those that are never
# called.


# %% tags=["claim"]
def add_one(x):
    return x + 1


compiled = numba.njit(add_one)
first, second = once(compiled, 1.0), best(compiled, 1.0)
eager = once(lambda: numba.njit("float64(float64)")(add_one))
lazy = once(lambda: numba.njit(add_one))
print(f"first call {1e3 * first:.1f} ms, second {1e3 * second:.4f} ms", end="; ")
print(f"with a signature {1e3 * eager:.1f} ms to define")
assert first > 20 * second
assert eager > 5 * lazy

# %% [markdown] tags=["predict"]
# **`np.tanh` inside a kernel.** It is a call for each number, and a loop with a call does not vectorise.
#
# **`fastmath=True`.** It allows the compiler to assume, among much else, that there is no NaN. **Predict first:** what
# does `count_nan` below return for an array with one NaN in it?


# %% tags=["claim"]
def with_numpy(x, y):
    for j in range(x.size):
        y[j] = np.tanh(x[j])


def without_branches(x, y):
    for j in range(x.size):
        y[j] = the_tanh(x[j])


def count_nan(x):
    count = 0
    for value in x:
        count += np.isnan(value)
    return count


many, out = rng.normal(size=100_000).astype(np.float32), np.empty(100_000, np.float32)
slow, fast = (
    best(numba.njit(**options)(f), many, out) for f in (with_numpy, without_branches)
)
print(f"tanh: {1e4 * slow:.2f} ns with np.tanh, {1e4 * fast:.2f} ns without branches")
parts = {"no fastmath": False, "fastmath=True": True, "a part": options["fastmath"]}
one_nan, finds = np.array([1.0, np.nan]), {}
for name, part in parts.items():
    finds[name] = numba.njit(fastmath=part)(count_nan)(one_nan)
print("how many NaN:", finds)
assert slow > 2 * fast or numba.config.USING_SVML  # Intel's tanh for vectors
assert finds == {"no fastmath": 1, "fastmath=True": 0, "a part": 1}

# %% [markdown]
# A network that has diverged, and looks healthy: that is what `fastmath=True` buys. The package uses all of it but the
# two flags that deny NaN and infinity.

# %% [markdown]
# ### Closures and the cache
#
# `cache=True` keeps machine code on disk, for the next process. It works for a function
# that stands by itself. It fails for a function made inside another one that holds a *kernel*: that one is compiled
# anew each time, and leaves a file behind each time. Let us count. We load a small module three times, as three
# processes would.

# %% tags=["claim"]
import importlib
import sys
import tempfile
from pathlib import Path

text = """
import numba

@numba.njit(cache=True)
def square(x): return x * x

def make(function):
    @numba.njit(cache=True)
    def twice(x): return function(function(x))
    return twice

closed = make(square)
"""
folder = Path((scratch := tempfile.TemporaryDirectory()).name)
(folder / "on_disk.py").write_text(text)
sys.path.insert(0, str(folder))
module = importlib.import_module("on_disk")
for _ in range(3):
    module = importlib.reload(module)
    module.square(2.0), module.closed(2.0)
    hits = [sum(f.stats.cache_hits.values()) for f in (module.square, module.closed)]
files = len(list(Path(module.closed.stats.cache_path).glob("*twice*.nbc")))
print("third load: found for square and for the closure:", hits, " files left:", files)
assert (*hits, files) in ((1, 0, 3), (1, 0, 0))  # 0: NUMBA_CACHE_DIR is elsewhere

# %% [markdown]
# **`np.dot` in a kernel** works, but it prepares the weights anew at each of the $T$ steps, where `pack` does it
# once for all of them. And it needs the types and the layout to be just right.
#
# **`parallel=True`** takes longer to compile and brings a second system of threads into your process. Slices of the
# batch on a pool of threads, as in step 9, need neither.

# %% [markdown]
# ## A cell of your own
#
# Now we build a cell that the package lacks: one gate, one candidate, one product. It is smaller than a GRU, which has
# two gates:
#
# $$f = \sigma(x W_f + h' U_f + b_f) \qquad n = \tanh(x W_n + h' U_n + b_n) \qquad h = f\,h' + (1 - f)\,n$$
#
# By hand, with $h' = 0.5$, a gate of $f = 0.9$ and a candidate of $n = -1$: $h = 0.45 - 0.1 = 0.35$.
#
# Backward, with $\mathrm{d}h$ the gradient that reaches the new state (slopes as always: $f(1-f)$ and $1 - n^2$):
#
# $$\delta_f = \mathrm{d}h\,(h' - n)\,f(1-f) \qquad \delta_n = \mathrm{d}h\,(1-f)\,(1 - n^2) \qquad
# \mathrm{d}h' = \mathrm{d}h\,f + \delta\,U^\top$$
#
# With $\mathrm{d}h = 1$ and the same numbers, $\delta_f = 1.5 \cdot 0.09 = 0.135$ and $\delta_n = 0.1 \cdot 0 = 0$.
#
# A cell needs two kernels and a class. Everything else is inherited from `Recurrent`: parameters, tapes, checks, and
# the gradients of $W$, $U$ and $b$, which are products of $\delta$ over all steps.

# %%
pack, pack_transposed = matmul.pack, matmul.pack_transposed
add_product, input_product = matmul.add_product, matmul.input_product


@numba.njit(nogil=True, **options)
def one_gate_forward(x, W, U, bias, a, h, b0, b1):
    H = U.shape[0]
    from_x, from_h = pack(W, len(x) * (b1 - b0)), pack(U, b1 - b0)
    for t in range(len(x)):
        input_product(a, x, from_x, bias, t, b0, b1)
        a_t = a[t % len(a)]
        add_product(a_t, h[t], from_h, b0, b1)
        for b in range(b0, b1):
            f, n, h_old, h_new = a_t[b, :H], a_t[b, H:], h[t, b], h[t + 1, b]
            for j in range(H):
                f[j] = the_sigmoid(f[j])
                n[j] = the_tanh(n[j])
                h_new[j] = f[j] * h_old[j] + (1 - f[j]) * n[j]


# %%
@numba.njit(nogil=True, **options)
def one_gate_backward(dy, a, h, U, delta, dh, b0, b1):
    H = U.shape[0]
    weights = pack_transposed(U)
    for t in range(len(a) - 1, -1, -1):
        for b in range(b0, b1):
            f, n, df, dn = a[t, b, :H], a[t, b, H:], delta[t, b, :H], delta[t, b, H:]
            h_old, dy_b, dh_b = h[t, b], dy[t, b], dh[b]
            for j in range(H):
                dh_j = dy_b[j] + dh_b[j]
                df[j] = dh_j * (h_old[j] - n[j]) * f[j] * (1 - f[j])
                dn[j] = dh_j * (1 - f[j]) * (1 - n[j] * n[j])
                dh_b[j] = dh_j * f[j]  # the rest comes through U
        add_product(dh, delta[t], weights, b0, b1)


@le.register("one-gate")  # the package knows it by this name from now on
class OneGate(le.Recurrent):
    gate_names = ("f", "n")  # the column blocks of W, U and b

    def _run_forward(self, tape, b0, b1):
        one_gate_forward(tape.x, *self.params.values(), tape.a, tape.h, b0, b1)

    def _run_backward(self, dy, tape, deltas, dstate, b0, b1):
        kept = tape.a, tape.h, self.params["U"]
        one_gate_backward(dy, *kept, *deltas, *dstate, b0, b1)


# %% [markdown]
# ### Is it right?
#
# A backward pass is wrong until it has been compared. First the forward pass with a literal twin in NumPy. Then the
# gradients with the twin's **complex step**: for a smooth function, $f'(p) = \operatorname{Im} f(p +
# \mathrm{i}\varepsilon)/\varepsilon$. Finite differences subtract two almost equal numbers and lose half of the
# digits. The complex step subtracts nothing, so $\varepsilon = 10^{-30}$ is allowed, and all digits are right. It
# needs a twin that can take complex numbers; ours can. All sizes differ ($T, B, D, H = 5, 2, 3, 4$), or an exchanged
# axis could go unseen.


# %% tags=["claim"]
def twin(x, W, U, b):
    h, out = np.zeros((x.shape[1], len(U))), []
    for x_t in x:
        a_f, a_n = np.split(x_t @ W + h @ U + b, 2, axis=-1)
        f = 1 / (1 + np.exp(-a_f))
        h = f * h + (1 - f) * np.tanh(a_n)
        out.append(h)
    return np.array(out)


def complex_step(loss, arrays, name, epsilon=1e-30):
    gradient = np.empty(arrays[name].shape)
    for place in np.ndindex(gradient.shape):
        moved = {key: array.astype(complex) for key, array in arrays.items()}
        moved[name][place] += 1j * epsilon
        gradient[place] = loss(**moved).imag / epsilon
    return gradient


mine = OneGate(3, 4, dtype=np.float64, rng=0)
small_x, dy = rng.normal(size=(5, 2, 3)), rng.normal(size=(5, 2, 4))
y, tape = mine.forward(small_x)
dx, grads, _ = mine.backward(dy, tape)
arrays = {"x": small_x, **mine.params}
assert np.allclose(y, twin(**arrays), rtol=1e-12)
for name, gradient in {"x": dx, **grads}.items():
    exact = complex_step(lambda **moved: (dy * twin(**moved)).sum(), arrays, name)
    print(f"d{name}: largest difference {np.abs(gradient - exact).max():.0e}")
    assert np.allclose(gradient, exact, rtol=1e-9, atol=1e-12)

# %% [markdown]
# It is a full member now: it trains, keeps a tape, runs on threads, can be saved, and `compare` knows its name. How
# does it do on the adding task of chapter 10 beside the GRU, each with about 500 parameters?

# %%
task = le.tasks.Adding(length=20)
settings = {"parameters": 500, "steps": 300, "rate": 0.03, "memory": 0, "seeds": 3}
settings |= {"cells": ["gru", "one-gate"], "jobs": 1, "progress_bar": False}
contest = le.compare(task, **settings)
own = contest["test_loss"][contest["cell"] == "one-gate"] / task.baseline
print("one gate, error over baseline in three runs:", own.round(4).tolist())
assert own.median() < 0.3
contest.summary()[["cell", "units", "parameters", "test_loss", "lowest", "highest"]]

# %% [markdown]
# ## Where it breaks
#
# The ladder was climbed for one size. At one sequence and eight units there is little to multiply. Then the call from
# Python costs more than the kernel, and packing does not pay, so the package leaves it out for small weights. At 512
# units the weights no longer fit into the nearest cache. A speed is always the speed *of a size, on a machine*.
#
# So the package is measured at eight sizes, with one thread and with two, beside PyTorch, ONNX Runtime, JAX and
# TensorFlow (`benchmarks/contest.py`), with the instructions that its processor has and, where these are wide ones
# (AVX-512), with the narrower AVX2 of most laptops. A ratio is the fastest peer's time over ours: above 1 we are
# faster. First the ratios of every run, from the lowest to the highest. Then every place where a peer is ahead. Look
# for a pattern: which sizes, which pass, which number of threads?

# %%
import pandas as pd

from lstm_edu.course import library

table = pd.read_csv(library.find().figures / "benchmark.csv").dropna(subset="ratio")
ratios = table.groupby(["processor", "instructions", "threads", "pass"])["ratio"]
print(ratios.agg(["count", "min", "median", "max"]).round(2).to_string())
behind = table[table["ratio"] < 1].sort_values("ratio")
print(f"a peer is ahead in {len(behind)} of {len(table)} rows")
behind[["instructions", "threads", "pass", "cell", *"BTDH", "fastest_peer", "ratio"]]

# %% [markdown]
# ## Exercises
#
# **11.1 Count the work.** How many multiplications do the matrix products of a GRU need for $T$ steps of $B$
# sequences? Forward only. For an LSTM it was $T B \cdot 4H(D + H)$.


# %% tags=["exercise"]
def gru_multiplications(T, B, D, H): ...


course.check("11.1", gru_multiplications)


# %% tags=["solution"]
def gru_multiplications(T, B, D, H):
    return T * B * 3 * H * (D + H)


course.check("11.1", gru_multiplications)

# %% [markdown]
# **11.2 Along the rows.** Write the product `out[n, j] += h[n, k] * U[k, j]` as three loops over numbers, in the
# order in which the inner loop runs along a row of `U` and of `out`. `out` is changed in place, nothing is returned.
# (No `@`: the check counts in which order `U` is read.)


# %% tags=["exercise"]
def add_rows(out, h, U): ...


course.check("11.2", add_rows)


# %% tags=["solution"]
def add_rows(out, h, U):
    for n in range(len(h)):
        for k in range(U.shape[0]):
            for j in range(U.shape[1]):
                out[n, j] += h[n, k] * U[k, j]


course.check("11.2", add_rows)

# %% [markdown]
# **11.3 Find the bug.** One step back of the cell `OneGate`, in NumPy. Return `df`, `dn` (before the products with $U$)
# and `dh_old`. Two mistakes are in it: one gives a wrong gradient of the gate, the other one cuts the memory's own
# way back.


# %% tags=["exercise"]
def one_gate_back_with_bugs(dh, h_old, f, n, U):
    df = dh * (n - h_old) * f * (1 - f)
    dn = dh * (1 - f) * (1 - n**2)
    dh_old = np.concatenate([df, dn], axis=-1) @ U.T
    return df, dn, dh_old


course.check("11.3", one_gate_back_with_bugs)


# %% tags=["solution"]
def one_gate_back(dh, h_old, f, n, U):
    df = (
        dh * (h_old - n) * f * (1 - f)
    )  # was n - h_old: h = f h' + (1 - f) n grows with f by h' - n
    dn = dh * (1 - f) * (1 - n**2)
    dh_old = dh * f + np.concatenate([df, dn], axis=-1) @ U.T  # was without dh * f
    return df, dn, dh_old


course.check("11.3", one_gate_back)

# %% [markdown]
# **11.4 A stable sigmoid.** `1 / (1 + np.exp(-a))` warns about an overflow for $a = -1000$. Write a sigmoid for arrays
# that never overflows, warns about nothing and has no loop. (One way: only ever take the exponential of $-|a|$.)


# %% tags=["exercise"]
def stable_sigmoid(a): ...


course.check("11.4", stable_sigmoid)


# %% tags=["solution"]
def stable_sigmoid(a):
    e = np.exp(-np.abs(a))  # never above 1
    return np.where(a >= 0, 1, e) / (1 + e)


course.check("11.4", stable_sigmoid)

# %% [markdown]
# **11.5 An open question.** At which size does NumPy's step 3 come closest to the package? Vary $B$ (1, 8, 32, 128) and
# $H$ (8, 64, 256), plot the ratio, and explain each corner of the table by one sentence. Write down what you
# expect before you run it.

# %% [markdown] tags=["solution"]
# One way to go about it: put steps 3 and 7 into a function of $B$ and $H$ and print a table of ratios. With small sizes
# NumPy pays for some ten calls at each step, and the ratio is large. With large ones, most of the time goes into the
# product, which NumPy's library does well; there the ratio is smallest.

# %% [markdown]
# ## References
#
# - W. Squire, G. Trapp, [*Using Complex Variables to Estimate Derivatives of Real
#   Functions*](https://doi.org/10.1137/S003614459631241X), SIAM Review 40(1), 1998: the complex step.
# - The package's own `core/kernel.py`, `core/functions.py` and `core/matmul.py`: options, functions without branches,
#   the register tile.

# %%
course.ran()
