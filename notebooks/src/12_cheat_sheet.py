# %% [markdown]
# # 12 · Cheat sheet
#
# All equations of the course on one page, how many parameters they have, and what the same things are called elsewhere.
#
# **Letters.** $T$ steps, $B$ sequences, $D$ inputs, $H$ units. A prime is the value before the step: $h'$ is $h_{t-1}$.
# $\odot$, often left out, multiplies element by element. $\sigma(a) = 1/(1+e^{-a})$. States are rows: $x W + h' U + b$.
# $\mathrm{d}w$ is $\partial L/\partial w$. $\delta$ is the gradient of what goes into a sigmoid or tanh.

# %% [markdown]
# ## The cells forward
#
# | cell | equations | chapter |
# | --- | --- | --- |
# | RNN | $h = \tanh(x W + h' U + b)$ | 01 |
# | LSTM 1997 | $i = \sigma(x W_i + h' U_i + b_i)$, $\;g = \tanh(x W_g + h' U_g + b_g)$, $\;o = \sigma(x W_o + h' U_o + b_o)$, $\;c = c' + i\,g$, $\;h = o \tanh c$ | 03 |
# | LSTM | the same, with $f = \sigma(x W_f + h' U_f + b_f)$ and $c = f\,c' + i\,g$ | 04 |
# | peephole LSTM | the same, with $p_i c'$ added inside of $i$, $\;p_f c'$ inside of $f$, and $p_o c$ (the new $c$) inside of $o$ | 05 |
# | GRU, reset before | $r = \sigma(x W_r + h' U_r + b_r)$, $\;z = \sigma(x W_z + h' U_z + b_z)$, $\;n = \tanh(x W_n + (r h') U_n + b_n)$, $\;h = z h' + (1 - z) n$ | 06 |
# | GRU, reset after | the same, with $n = \tanh(x W_n + r (h' U_n + b_n^{\mathrm{in}}) + b_n)$ | 06 |
#
# In this package $z = 1$ *keeps*. Other texts let $z$ and $1 - z$ change places. The squashing functions of 1997 were
# $g(a) = 4\sigma(a) - 2$ and $h(a) = 2\sigma(a) - 1$ (Hochreiter and Schmidhuber 1997, appendix A.1):
# `LSTM97(..., squashing="1997")`.

# %% [markdown]
# ## Switches and relatives
#
# What each of them changes in the LSTM above, or in the cell that is named.
#
# | name | what is different | chapter |
# | --- | --- | --- |
# | `cell_clip=k` | $c = \mathrm{clip}(f c' + i g, \pm k)$; no gradient where it is held | 18 |
# | `ProjectedLSTM` | $h = (o \tanh c)\,R$, narrower than $c$ | 18 |
# | `CoupledLSTM` | $i = 1 - f$, or $f = 1 - i$ | 18 |
# | `VariantLSTM` (peephole LSTM) | NIG $i = 1$; NFG $f = 1$; NOG $o = 1$; NIAF $g$ without tanh; NOAF $h = o\,c$; CIFG $f = 1 - i$ | 18 |
# | `FullGateLSTM` (peephole LSTM) | $s' V$ added inside of $i, f, o$, where $s' = (i', f', o')$ | 18 |
# | `BlockLSTM97` (LSTM 1997) | one $i$ and one $o$ for each block of cells | 18 |
# | `LayerNormLSTM` | $\mathrm{LN}(x W + h' U)$ inside of each gate, $h = o \tanh \mathrm{LN}(c)$ | 18 |
# | `NoisyLSTM` | in training, parts of $h'$ or $g$ are 0, or $h$ and $c$ keep old values | 18 |
# | `MinGRU` | $z = \sigma(x W_z + b_z)$, $\;n = x W_n + b_n$ made positive, $\;h = (1 - z) h' + z n$: here $z$ *takes in* | 19 |
# | `MinLSTM` | $h = (f h' + i n) / (f + i)$, gates from $x$ alone | 19 |
# | `SLSTM` | $i = e^{a_i}$, $\;c = f c' + i \tanh a_z$, $\;n = f n' + i$, $\;h = o\,c / n$ | 19 |
# | `Attention` | $y_t = \sum_{s \le t} \mathrm{softmax}_s(q_t k_s / \sqrt{H})\, v_s$ | 19 |

# %% [markdown]
# ## The cells backward
#
# $\mathrm{d}h$ is the sum of what comes from above (`dy[t]`) and from the step after.
#
# | cell | one step back |
# | --- | --- |
# | RNN | $\delta = \mathrm{d}h\,(1 - h^2)$ |
# | LSTM | $\mathrm{d}c \mathrel{+}= \mathrm{d}h\,o\,(1 - \tanh^2 c)$; $\;\delta_i = \mathrm{d}c\,g\,i(1-i)$, $\;\delta_f = \mathrm{d}c\,c'\,f(1-f)$, $\;\delta_g = \mathrm{d}c\,i\,(1-g^2)$, $\;\delta_o = \mathrm{d}h\,\tanh(c)\,o(1-o)$; $\;\mathrm{d}c' = \mathrm{d}c\,f$ |
# | LSTM 1997 | the same without $f$: $\mathrm{d}c' = \mathrm{d}c$, **exactly** |
# | peephole LSTM | $\delta_o$ first, then $\mathrm{d}c \mathrel{+}= p_o\,\delta_o$; at the end $\mathrm{d}c' = \mathrm{d}c\,f + p_i\,\delta_i + p_f\,\delta_f$ |
# | GRU, reset before | $\delta_z = \mathrm{d}h\,(h' - n)\,z(1-z)$, $\;\delta_n = \mathrm{d}h\,(1-z)(1-n^2)$, $\;q = \delta_n U_n^\top$, $\;\delta_r = q\,h'\,r(1-r)$; $\;\mathrm{d}h' = \mathrm{d}h\,z + q\,r + [\delta_r\,\delta_z]\,[U_r\,U_z]^\top$ |
# | GRU, reset after | $\delta_z$, $\delta_n$ as above; $\delta_r = \delta_n\,(h' U_n + b_n^{\mathrm{in}})\,r(1-r)$; $\;\mathrm{d}h' = \mathrm{d}h\,z + [\delta_r\,\delta_z\;(r\,\delta_n)]\,U^\top$ |
#
# For all but the GRU, $\mathrm{d}h' = \delta\,U^\top$. For every cell, over all steps: $\mathrm{d}x = \delta\,W^\top$,
# $\;\mathrm{d}W = \sum x^\top \delta$, $\;\mathrm{d}U = \sum h'^\top \delta$ (with $r h'$ in place of $h'$ for the
# candidate of a GRU with reset before, and $r\,\delta_n$ in place of $\delta_n$ with reset after), $\;\mathrm{d}b =
# \sum \delta$, and with reset after $\mathrm{d}b_n^{\mathrm{in}} = \sum r\,\delta_n$. Peepholes: $\mathrm{d}p_i = \sum
# \delta_i c'$, $\;\mathrm{d}p_f = \sum \delta_f c'$, $\;\mathrm{d}p_o = \sum \delta_o c$.

# %% [markdown]
# ## Parameters
#
# | cell | number | for $D = 2$, $H = 32$ | multiplications per step and sequence |
# | --- | --- | --- | --- |
# | RNN | $H(D + H + 1)$ | 1,120 | $H(D + H)$ |
# | LSTM 1997 | $3H(D + H + 1)$ | 3,360 | $3H(D + H)$ |
# | LSTM | $4H(D + H + 1)$ | 4,480 | $4H(D + H)$ |
# | peephole LSTM | $4H(D + H + 1) + 3H$ | 4,576 | $4H(D + H) + 3H$ |
# | GRU, reset before | $3H(D + H + 1)$ | 3,360 | $3H(D + H)$ |
# | GRU, reset after | $3H(D + H + 1) + H$ | 3,392 | $3H(D + H)$ |
# | Dense layer on top | $O(H + 1)$ for $O$ outputs | 33 for $O = 1$ | $O H$ |
#
# PyTorch has two biases where one would do, so its LSTM has $4H(D + H + 2)$ parameters.

# %% [markdown]
# ## Memory of a forget gate
#
# A gate that stays at $f$ leaves $f^k$ after $k$ steps. One half is left after $\ln 2 / (-\ln f)$ steps, with
# $f = \sigma(b)$ for the bias $b$ alone. (Chapter 04.)
#
# | bias $b$ | $f = \sigma(b)$ | half-life in steps |
# | --- | --- | --- |
# | 0 | 0.5000 | 1.0 |
# | 1 | 0.7311 | 2.2 |
# | 2 | 0.8808 | 5.5 |
# | 3 | 0.9526 | 14.3 |
# | 5 | 0.9933 | 103 |

# %% [markdown]
# ## Order of the gates, and shapes
#
# | library | LSTM blocks | GRU blocks | weights | biases |
# | --- | --- | --- | --- | --- |
# | this package | i f g o | r z n | `W` (D, 4H), `U` (H, 4H) | one, `b` (4H,); GRU with `reset_after=True`: `bn` (H,) too |
# | PyTorch | i f g o | r z n | `weight_ih_l0` (4H, D), `weight_hh_l0` (4H, H) | two, `bias_ih_l0`, `bias_hh_l0`, (4H,) each |
# | Keras 3 | i f c o (c is our g) | z r h (h is our n) | `kernel` (D, 4H), `recurrent_kernel` (H, 4H) | one, `bias` (4H,); GRU with `reset_after=True`: (2, 3H) |
# | ONNX | i o f c (c is our g) | z r h (h is our n) | `W` (1, 4H, D), `R` (1, 4H, H) | `B` (1, 8H), both biases one after the other |
# | TensorFlow 1.x | i j f o (j is our g) | r u (u is our z), and c (our n) on its own | one kernel (D + H, 4H), rows of x above rows of h | one (4H,) |
# | Flax | i f g o, each on its own | r z n, each on its own | `ii`, `if`, `ig`, `io` (D, H); `hi`, `hf`, `hg`, `ho` (H, H) | LSTM: in `hi` to `ho`; GRU: in `ir`, `iz`, `in`, and `hn` has our `bn` |
#
# **Reset before or after?** PyTorch, cuDNN and Flax: after, only. Keras: `reset_after=True` by default; `False` is
# before. TensorFlow 1.x `GRUCell`: before. ONNX: `linear_before_reset=0` is before (default), `1` is after. In all
# six $z$ (or $u$) *keeps*. Peepholes have ONNX, `P` (1, 3H) in the order i o f, and the `LSTMCell` of TensorFlow 1.x;
# PyTorch, Keras and Flax have none.

# %% [markdown]
# ## Moving weights from here to another library
#
# New block $k$ is our block number `order[k]`. The way back is the inverse, `numpy.argsort(order)`.
#
# | to | order, LSTM | order, GRU | and |
# | --- | --- | --- | --- |
# | PyTorch | `[0, 1, 2, 3]` | `[0, 1, 2]` | transpose W and U; `bias_ih_l0` = b; `bias_hh_l0` = 0, but for the GRU its n-block = `bn` |
# | Keras 3 | `[0, 1, 2, 3]` | `[1, 0, 2]` | W and U as they are; for the GRU `bias` = b above a second row: 0, 0, `bn` |
# | ONNX | `[0, 3, 1, 2]` | `[1, 0, 2]` | transpose; `B` = b, then a second bias: 0, but for the GRU its h-block = `bn` |
# | TensorFlow 1.x | `[0, 2, 1, 3]` | r and z together, n alone | stack W above U; subtract `forget_bias` from the f-block of b |
# | Flax | `[0, 1, 2, 3]` | `[0, 1, 2]` | one array for each block |
#
# With $D$ inputs and $H$ units, in NumPy:
#
# ```python
# def reorder(a, order):  # blocks of columns, of a matrix or a bias
#     blocks = np.split(a, len(order), axis=-1)
#     return np.concatenate([blocks[k] for k in order], axis=-1)
#
# # LSTM to the kernel and the bias of TensorFlow 1.x, made with forget_bias=1.0
# kernel = reorder(np.vstack([W, U]), [0, 2, 1, 3])
# bias = reorder(b, [0, 2, 1, 3])
# bias[2 * H : 3 * H] -= 1.0
#
# # GRU(..., reset_after=True) to the two biases of Keras, (2, 3H)
# bias = np.stack([reorder(b, [1, 0, 2]), np.concatenate([np.zeros(2 * H), bn])])
# ```
#
# For PyTorch, Keras and ONNX the package does it. A whole network: `le.interop.to_torch(net)`, `to_keras(net)`,
# `to_onnx(net, "net.onnx")`, and `from_torch`, `from_keras`, `from_onnx` back. The arrays of one layer alone:
# `le.interop.torch.to_arrays(layer)`, likewise `keras` and `onnx`, and `from_arrays` back.

# %% [markdown]
# ## How each library starts
#
# The same cell learns differently where it starts differently. Before you compare two libraries, make this equal.
#
# | library | W | U | biases | forget gate at the start |
# | --- | --- | --- | --- | --- |
# | this package | Glorot uniform, gate by gate: $\pm\sqrt{6/(D+H)}$ | orthogonal, gate by gate | 0; `forget_bias=1.0` | $\sigma(1) = 0.73$ |
# | PyTorch | uniform, $\pm 1/\sqrt H$ | the same | two, the same each | **near $\sigma(0) = 0.5$: half-life one step** |
# | Keras 3 | Glorot uniform over all gates at once: $\pm\sqrt{6/(D+4H)}$ | orthonormal rows over all gates at once | 0; `unit_forget_bias=True`: 1 | $0.73$ |
# | TensorFlow 1.x | `initializer`; else that of the variable scope, else Glorot uniform over the whole kernel | in the same kernel | 0, and `forget_bias=1.0` is added at run time; `GRUCell`: 1 in r and u | $0.73$ |
# | Flax | LeCun normal: variance $1/D$ | orthogonal, gate by gate | 0 | **0.5** |
# | ONNX | none: an operator has the weights that it is given | none | none; without `B`: 0 | as given |
#
# - **PyTorch has no argument for a forget bias.** Its bias is the sum of two numbers from $\pm 1/\sqrt H$: for
#   $H = 64$ within $\pm 0.25$, so that the gate starts between 0.44 and 0.56. Set it by hand, in *one* of the two:
#
#   ```python
#   with torch.no_grad():
#       lstm.bias_ih_l0[H : 2 * H] = 1.0
#       lstm.bias_hh_l0[H : 2 * H] = 0.0
#   ```
#
# - **A forget bias set in both counts twice**: the two are added.
# - **The `forget_bias` of TensorFlow 1.x is not in its bias.** It is added at run time, and the variable starts at 0.
# - **Orthogonal over all gates is not orthogonal in each.** A row of Keras' `recurrent_kernel` has the length 1 over
#   four blocks, so in one block about one half: its gates hear $h'$ half as loudly as here.
# - A GRU starts with $z$ near 0.5 everywhere but in TensorFlow 1.x. Here `update_bias` moves it.

# %% [markdown]
# ## Arguments by name
#
# | what | this package | PyTorch | Keras 3 | TensorFlow 1.x | ONNX |
# | --- | --- | --- | --- | --- | --- |
# | an LSTM layer | `le.LSTM(inputs, units)` | `nn.LSTM(input_size, hidden_size)` | `layers.LSTM(units)` | `LSTMCell(num_units)` in `dynamic_rnn` | node `LSTM`, attribute `hidden_size` |
# | order of the axes | (T, B, D) | (T, B, D); `batch_first=True`: (B, T, D) | (B, T, D) | (B, T, D); `time_major=True`: (T, B, D) | (T, B, D); `layout=1`: (B, T, D) |
# | forget bias | `forget_bias=1.0`, a number or one per unit: the initial value | none: set it by hand | `unit_forget_bias=True`: 1 | `forget_bias=1.0`, **added at run time**, the bias itself starts at 0 | in `B` |
# | peepholes | `le.PeepholeLSTM` | no | no | `use_peepholes=True` | input `P` |
# | reset before or after | `le.GRU(..., reset_after=False)` | after only | `reset_after=True` | `GRUCell`: before only | `linear_before_reset=0`: before |
# | several layers | `le.Sequential([...])` | `num_layers=2` | several layers | `MultiRNNCell([...])` | several nodes |
# | all steps or the last | `Dense(..., steps="last")` | all, `y[-1]`; padded: `h_n[-1]` | `return_sequences=False` | all; the last is the state | outputs `Y`, `Y_h` |
# | states | `state=(h, c)`, `tape.state` | `(h_0, c_0)`, returned | `return_state=True` | `initial_state`, `LSTMStateTuple(c, h)` | `initial_h`, `initial_c` |
# | lengths | `lengths` in batches and losses | `pack_padded_sequence` | masks | `sequence_length` | `sequence_lens` |
#
# **Flax** (`flax.linen`) takes a cell and a loop around it, `nn.RNN(nn.LSTMCell(features))`, with the batch first;
# `time_major=True` makes it (T, B, D). `return_carry=True` gives the states `(c, h)` too, `seq_lengths` takes lengths.
# Its `bias_init` is for all gates: a forget bias is set by hand, in `hf`.

# %% [markdown]
# ## Padding: `y[-1]` is not the last step
#
# Sequences of different lengths are filled up to the longest one. What stands at the last place of a shorter one?
#
# | library | lengths are given as | output beyond a sequence's end | the last real output |
# | --- | --- | --- | --- |
# | this package | `layer(x, lengths=lengths)` | what the cell makes of zeros; layers and losses that know the lengths leave it out | `tape.state[0]`, or `Dense(..., steps="last")` |
# | PyTorch | `pack_padded_sequence` | 0 after `pad_packed_sequence` | `h_n[-1]` |
# | Keras 3 | a mask, from `Masking` or `Embedding(mask_zero=True)` | the last real output, repeated | `return_sequences=False` |
# | ONNX | input `sequence_lens` | 0 | output `Y_h` |
# | TensorFlow 1.x | `sequence_length` | 0 | the state: `state.h` |
# | any, **without lengths** | | what the cell makes of the padding | `y[length - 1, b]`, sequence by sequence |
#
# - `y[-1]` is right where all sequences have the same length, and, Keras' mask aside, only there. For a shorter one it
#   is 0, or the output after so many steps of padding, and no error says so.
# - With the batch first, `y[-1]` is not even a step: it is the last *sequence*. The last step is `y[:, -1]`.
# - In both directions at once (PyTorch's `bidirectional=True`), the backward half of `y[-1]` has seen one step. Take
#   `h_n`.
# - A mean over a padded loss divides by steps that are not there. Divide by the number of real steps.
# - A mask made from values (`Masking(0.0)`, `mask_zero=True`) also hides real steps that happen to be zero.

# %% [markdown]
# ## Optimizing
#
# | name | rule |
# | --- | --- |
# | gradient descent | $w \leftarrow w - \eta\,\mathrm{d}w$ |
# | Adam | $m \leftarrow \beta_1 m + (1 - \beta_1)\,\mathrm{d}w$, $\;v \leftarrow \beta_2 v + (1-\beta_2)\,\mathrm{d}w^2$, $\;w \leftarrow w - \eta\,\hat m/(\sqrt{\hat v} + \varepsilon)$, with $\hat m = m/(1 - \beta_1^k)$ and $\hat v = v/(1-\beta_2^k)$ at step $k$ |
# | clipping by the norm | if $\lVert g \rVert > \theta$: $g \leftarrow \theta\,g/\lVert g \rVert$, over all parameters together (chapter 02) |
# | cross-entropy with softmax | $L = -\log p_k$ for the right class $k$; gradient of the inputs of the softmax: $p - y$, with $y$ 1 at $k$ and 0 elsewhere (chapter 08) |
# | mean squared error | $L = \frac1N \sum (y - \hat y)^2$ |
# | perplexity, bits | $e^L$ for $L$ in nats per symbol; $L / \ln 2$ bits per symbol |
