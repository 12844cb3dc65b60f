# %% [markdown]
# # 14 · How to teach with it
#
# Three ways through the course, of one, three and six hours; how long it takes alone; a rubric for marks; what learners
# believe when they arrive, and the measurement that answers it.

# %% [markdown]
# ## Before the first lesson
#
# - Install the package with `pip install -e ".[course]"` and run `lstm-edu warmup` once on each machine. It compiles
#   everything, so that no learner waits for it.
# - `lstm-edu course student DIR` writes the chapters without solutions, and an answer key of their own for you.
# - The checks print what is wrong in words. They are meant for learning, not for marks: they are part of the package,
#   and anyone can read them. For marks there is a rubric below.
# - Each chapter takes at most a minute to run on two cores. Let everyone run it once from top to bottom before you
#   talk, then begin with the *predict first* cells. Collect the predictions before you show results.
# - No network is needed in class.

# %% [markdown]
# ## Minutes, chapter by chapter
#
# For a learner alone. These are estimates from the text, and no class has been timed yet: 120 words of prose a minute,
# which is slow reading, half a minute for each code cell, and six minutes for each exercise. Formulas count as one
# word. Whoever does the hand calculations with a pencil takes longer, and so does everybody with an exercise *from a
# blank page*, where forward, backward and all gradients of a cell are to be written: plan an hour for each.
#
# | chapter | minutes |
# | --- | --- |
# | 00 Start here | 50 |
# | 01 A network with a memory | 60 |
# | 02 Why it forgets | 55 |
# | 03 The constant error carousel | 55 |
# | 04 Learning to forget | 55 |
# | 05 Peepholes | 55 |
# | 06 One gate fewer: the GRU | 55 |
# | 07 Deep or wide | 55 |
# | 08 A layer among layers | 55 |
# | 09 A worked example | 55 |
# | 10 A fair contest | 55 |
# | 11 Under the hood | 55 |
# | 16 A network that writes Python | 50 |
# | 17 From a CSV to a forecast | 50 |
# | 18 What the switches do | 55 |
# | 19 After the LSTM | 55 |
# | 20 The experiments that made the LSTM | 55 |
# | 21 Later papers, run again | 55 |
#
# All of it is more than ten hours. The plans below therefore leave things out: a row names what is done, and has at
# least the minutes that this takes alone, to within a tenth. A row that names a chapter without its exercises leaves
# them for homework.

# %% [markdown]
# ## One hour: why does it forget, and what helps?
#
# For people who have heard of neural networks. They need: what a derivative is.
#
# | minutes | what | where |
# | --- | --- | --- |
# | 10 | the marked sign: train it, look at the gates | 00, *The first run* and *Looking inside* |
# | 15 | by hand: one unit, three steps forward, three steps back | 01, *Intuition* and *Backward by hand* |
# | 10 | predict: how much of the gradient arrives after 50 steps? | 02, *What we saw* |
# | 15 | the same picture with the factor 1 | 03, *Intuition* and *Exactly 1* |
# | 10 | the forget gate as a slider, and its half-life | 04, *The half-life of a memory* |
#
# Homework: exercises 00.1 to 00.4 and 02.1.

# %% [markdown]
# ## Three hours: from the RNN to the LSTM
#
# For people who can program. They need: the chain rule, matrix products in NumPy.
#
# | minutes | what | where |
# | --- | --- | --- |
# | 45 | the RNN forward and backward, the gradient by hand and by number | 01, with exercises 01.1 and 01.2 |
# | 35 | vanishing and exploding gradients, clipping | 02, with exercise 02.1 |
# | 10 | pause; the circuit on the board, drawn by the learners | diagrams of 01 and 03 |
# | 40 | the carousel, two gates, forward and backward by hand | 03, with exercise 03.2 |
# | 40 | the forget gate: streams, half-life, initial bias | 04, with exercise 04.3 |
# | 10 | which cell for which task? Three tasks, three predictions | 10, *What we saw* |
#
# Exit question: write the one line of the memory cell, and its derivative with respect to $c'$, for 1997 and for today.
# Homework: one exercise from a blank page.

# %% [markdown]
# ## Six hours: the whole family, and judging it
#
# For a study group or two mornings. In addition to the three hours:
#
# | minutes | what | where |
# | --- | --- | --- |
# | 30 | counting and timing: what can a gate not see? | 05 |
# | 30 | one gate fewer, two forms | 06 |
# | 35 | deep or wide: what is held equal decides the answer | 07 |
# | 30 | convolution below, softmax above; *or* the text and the sunspots of 09 | 08 |
# | 45 | a contest that is fair: seeds, rates, tests | 10, with exercises 10.1 and 10.3 |
# | 10 | a project: everyone plans one comparison on one page, and predicts | exercise 10.5 |
#
# For a group that loves machines, replace 08 by 11 and let them write a cell of their own.

# %% [markdown]
# ## A rubric
#
# The checks say whether an answer is right, and anyone can read them. So marks are for what a check does not see: give
# sizes that are not in the chapter, and ask for the reason.
#
# **An exercise with a check**, 4 points each.
#
# | points | for |
# | --- | --- |
# | 1 | a prediction or a sketch from before the first run, right or wrong |
# | 1 | the check says *right*, and the code is short enough to be explained |
# | 1 | the learner says in one sentence what *one* of the check's complaints would have meant |
# | 1 | the answer holds at sizes that you name: $T, B, D, H$ all different, a state that is not zero |
#
# **From a blank page**: forward, backward and all gradients of a cell over $T$ steps, 20 points. No notes, but the
# paper's equations; their own numerical gradient is allowed.
#
# | points | for | typical loss |
# | --- | --- | --- |
# | 3 | forward: each gate with its own block of W, U and b | one bias for all gates: 2 |
# | 2 | forward: states kept for the way back, and the initial state used | the initial state is taken as zero: 1 |
# | 2 | backward: `dy[t]` **plus** what comes from step $t+1$ | one of the two is forgotten: 2 |
# | 3 | backward: the gradient of $c$ has all its ways: from $h$, from $c_{t+1}$, from peepholes if there are any | the way through $c_{t+1}$ without $f_{t+1}$: 2 |
# | 3 | backward: slopes from the values after the bend, $s(1-s)$ and $1-g^2$ | a slope is missing, or taken of the sum before the bend: 1 each |
# | 3 | gradients of W, U and b: sums over steps *and* sequences; U with $h_{t-1}$, not $h_t$ | the last step instead of the sum: 2 |
# | 1 | gradients of x and of the initial states | |
# | 2 | their own gradient check, in float64, in which no array is left out | only one number of each array checked: 1 |
# | 1 | which array would be wrong if... Name one error yourself, and let them say where the check shows it first | |
#
# Passed: 14, with all 2 of the line *plus what comes from step $t+1$*. Whoever has a wrong gradient, knows it from the
# own check and says so, loses the points of that line only. Whoever hands in a wrong gradient as right loses those of
# the check as well.
#
# **A comparison of one's own** (exercise 10.5), 10 points: a question that can be answered no (1); what is held equal,
# and why (2); rates and seeds chosen before the test (2); a baseline (1); an interval or a test, counted over all that
# was tried (2); a conclusion that is no wider than the runs (2).

# %% [markdown]
# ## What learners believe, and the measurement that answers it
#
# | belief | answer | measured in |
# | --- | --- | --- |
# | "The gradient vanishes because the network is deep." | Because the same kind of factor below 1 is multiplied at each step. With other weights it explodes instead. | 02, shares of the gradient for three values of $\rho$ |
# | "Clipping cures vanishing gradients." | It bounds what is too large, and leaves what is too small as it was. | 02, *Exploding, and clipping* |
# | "The LSTM has no vanishing gradient." | The carousel alone: a factor of exactly 1. The whole network also has ways through the gates; and a forget gate at 0.73 has forgotten almost all after 44 steps. | 03, *Exactly 1*; 04, *The half-life of a memory* |
# | "The forget gate forgets when it is open." | At 1 it keeps, at 0 it wipes. | 00, by hand; 04 |
# | "A forget bias of 1 starts the forget gate at 1." | It starts the gate at $\sigma(1) = 0.73$: half of the memory is gone after 2.2 steps. | 04, the table of half-lives |
# | "The LSTM of 1997 had a forget gate." | It had two gates. In an endless stream its state grows without bound. | 03; 04, *The experiment* |
# | "Without peepholes a cell cannot measure time." | It can measure, and it can make spikes; counting goes further with peepholes. | 05, *The experiment* |
# | "The GRU is the LSTM with fewer parameters, so it can do the same." | At equal parameters it is as good on many tasks; it does not go on counting as far beyond the lengths it was trained for. | 06; 10, counting; Weiss et al. in 15 |
# | "More layers are better." | At equal parameters a stack was not better than one wide layer on either of two tasks; whether it beats one thin layer depends on the rate and on how long is trained. | 07 |
# | "An LSTM cell is one unit." | It is a layer of $H$ cells; so is `LSTMCell(num_units)`. | 00, counting parameters |
# | "Each step has weights of its own." | The same weights at all steps; the gradients are added. | 01, *Backward by hand* |
# | "The hidden state is the memory." | In an LSTM, $c$ is; $h$ is what is shown. | 03, forward by hand |
# | "Accuracy on this run proves that A is better than B." | With five seeds no two-sided sign-flip test can cross 0.05. | 10 |
# | "Compiling makes it fast." | A naive compiled loop loses against NumPy. | 11, step 4 |
# | "The time axis comes second." | It depends on the library. Here it comes first. | exercise 00.4; chapter 12 |

# %% [markdown]
# ## Every statement of a usual introduction, and where it is measured
#
# Most readers come from an article of a few pages. These are the statements that such introductions make, in their
# order, and where the course puts each of them to the test. Where the measurement says something else, it is in bold.
#
# | statement | what the measurement says | chapter |
# | --- | --- | --- |
# | The LSTM is a form of RNN, proposed by Hochreiter and Schmidhuber in 1997. | Same interface, same unrolling, other cell. | 01, 03 |
# | It was made to solve vanishing and exploding gradients. | Both are shown in an RNN, step by step. | 02 |
# | It is very good at long dependencies. | With its gates started well, at a lag of 25 and more, where the RNN stays near the baseline. **Started badly, it is not.** | 03, 04 |
# | Ordinary neurons are replaced by units with a memory inside. | The circuits, one part richer each time. | 01, 03 |
# | The inner state has a self-connection of weight 1 and a linear activation, so its local derivative is always 1. | Equal to 1 to the last bit, over 200 steps. | 03, *Exactly 1* |
# | So the error is carried over many steps without vanishing or exploding. | True of the carousel; **with the gates' own ways included, the gradient changes, but does not vanish.** | 03 |
# | The surrounding gates do the learning; they have a nonlinear activation, mostly a sigmoid. | Each gate has weights of its own; gates over time. | 00, 03 |
# | The original unit has two kinds of gates: one scales what comes in, one scales what goes out. | Forward by hand, with numbers. | 03 |
# | So it learns to take in or to ignore, and when to pass on. | More is written at the marked sign than elsewhere, in all five networks. | 00 |
# | A unit's input goes to all gates, with different weights. | Four blocks of $W$ and $U$; counted. | 00, 12 |
# | It can be a layer of a larger network: convolution and pooling below, softmax above. | All three, on images read column by column. **On digits a global pool without a memory does better still; order is what needs the LSTM.** | 08 |
# | `LSTMCell` replaces `BasicRNNCell`; despite its name it is a whole layer. | The same network around every cell; names in other libraries. | 10, 12 |
# | The forget gate scales the inner loop, so the network can forget. | In a stream without marks, the states of the LSTM stay bounded, those of 1997 grow. | 04 |
# | The local derivative is then the forget gate's activation. | Equal to what the gradient flow measures, step by step. | 04 |
# | When the context matters much, the forget gate can be switched off. | **"Off" means held at 1**: then the cell is that of 1997. | 04 |
# | The forget gate is usually started at 1, so that it begins by remembering. | **The *bias* is 1, the gate 0.73, the half-life 2.2 steps.** Longer lags want a larger bias. | 04, *The half-life of a memory* |
# | Nearly all implementations have it by default; `forget_bias` sets it in TensorFlow. | True of those in chapter 12; **in TensorFlow 1.x it is added at run time, in Keras it is an initial value, and PyTorch starts without one.** | 12 |
# | Peepholes let gates see the state; their authors claim a benefit for precise timing and intervals. | Counting reaches further with peepholes; **measuring and making spikes is learnt without them as well.** | 05 |
# | `use_peepholes=True` switches them on. | In `LSTMCell`; Keras and PyTorch have none. | 12 |
# | Chung et al. proposed the GRU in 2014. | **Cho et al. 2014 proposed the unit; Chung et al. 2014 compared it with the LSTM.** | 06, 15 |
# | It is simpler, and needs less work for similar results. | At equal units three quarters of the parameters; at equal parameters similar on many tasks, **not in counting beyond the training lengths.** | 06, 10 |
# | It has no output gate; input and forget gate become one update gate, which mixes old state and candidate. | The equations, one box richer each time. | 06 |
# | The candidate is made of the input and a part of the state, chosen by the reset gate. | Two forms, reset before or after the product. | 06 |
# | `GRUCell` has no argument but the number of units. | **It has some more:** `activation`, initializers. | 12 |
# | A fully connected RNN is the most general; it can learn to set weights to 0. | A stack is a wide network with blocks of zeros: the same numbers to twelve digits. | 07 |
# | Usually two or more layers are stacked. Information flows upward only, so there are fewer weights than in one large network. | Counted. | 07 |
# | And it learns more abstract features. | **At equal parameters, a stack was not better than one wide layer on either task.** | 07 |
# | An example will follow. | It follows: a text and a series, with honest baselines. | 09 |
