# %% [markdown]
# # 15 · Further reading
#
# What to read after each chapter, and where in it to look. A table, figure or equation number stands here only where
# the text of the source, its program, or notes of somebody who read it were looked at, and notes are named as such.
# Where none was, the entry says what the source is about, mostly from its abstract, and no more. Links lead to the DOI
# or to arXiv. The course itself needs none of them.

# %% [markdown]
# ## The papers
#
# **J. L. Elman, [*Finding Structure in Time*](https://doi.org/10.1207/s15516709cog1402_1), Cognitive Science 14(2),
# 179–211, 1990.** The recurrent network of chapter 01.
#
# **S. Hochreiter, J. Schmidhuber, [*Long Short-Term Memory*](https://doi.org/10.1162/neco.1997.9.8.1735), Neural
# Computation 9(8), 1735–1780, 1997.** Chapter 03.
#
# | where | what |
# | --- | --- |
# | appendix A.1 | the cell forward, with $g(a) = 4\sigma(a) - 2$ and $h(a) = 2\sigma(a) - 1$ |
# | equations (19) to (28) | the learning rule, truncated at the gates, with a cost per step that grows with the number of weights only |
# | section 5 and tables 10, 11 | all six experiments with sizes, learning rates and initial biases |
# | table 1 | embedded Reber grammar: Elman net 0 % after more than 200,000 sequences; LSTM, 3 blocks of 2 cells at rate 0.5: 100 %, 8,440 sequences |
# | table 2 | a lag of 100: RTRL and BPTT 0 %, LSTM 100 % after 5,040 sequences |
# | table 3 | up to 1000 steps with 1000 distractors: 49,000 sequences |
# | table 7 | adding: 74,000 sequences at length 100, 209,000 at 500, 853,000 at 1000 |
# | table 9 | temporal order: 31,390 sequences for two symbols (6a), 571,100 for three (6b) |
#
# Read it with care in three places. The caption of table 10 exchanges the ranges of $g$ and $h$; the equations are
# right. What is called MSE in table 8 cannot be a mean squared error, as its own success rule bounds that from above.
# And the squared error of the text has a factor 2 in its derivative that the learning rate takes up.
#
# **F. A. Gers, J. Schmidhuber, F. Cummins, [*Learning to Forget: Continual Prediction with
# LSTM*](https://doi.org/10.1162/089976600300015015), Neural Computation 12(10), 2451–2471, 2000.** The forget gate, and
# streams of embedded Reber strings without marks. From notes on table 2: of 100 networks, 18 % are perfect with forget
# gates, 62 % if the learning rate decays as well; with an external reset, 74 % of the plain LSTMs are. So *the forget
# gate solves it* is too short a summary. Chapter 04.
#
# **F. A. Gers, J. Schmidhuber, [*LSTM Recurrent Networks Learn Simple Context-Free and Context-Sensitive
# Languages*](https://doi.org/10.1109/72.963769), IEEE Transactions on Neural Networks 12(6), 1333–1340, 2001.**
# Counting, $a^n b^n$ and $a^n b^n c^n$. Chapters 05 and 10.
#
# **F. A. Gers, N. N. Schraudolph, J. Schmidhuber, [*Learning Precise Timing with LSTM Recurrent
# Networks*](https://doi.org/10.1162/153244303768966139), Journal of Machine Learning Research 3, 115–143, 2002.**
# Peepholes. From the abstract: such networks tell spikes 50 steps apart from spikes 49 steps apart, and make streams of
# timed spikes and other periodic patterns. Chapter 05.
#
# **K. Cho et al., [*Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine
# Translation*](https://arxiv.org/abs/1406.1078), EMNLP 2014.** Where the gated recurrent unit comes from. Chapter 06.
#
# **J. Chung, C. Gulcehre, K. Cho, Y. Bengio, [*Empirical Evaluation of Gated Recurrent Neural Networks on Sequence
# Modeling*](https://arxiv.org/abs/1412.3555), 2014.** The comparison that made the GRU known, with models that have
# "approximately the same number of parameters": as in chapters 06 and 10.
#
# **R. Pascanu, T. Mikolov, Y. Bengio, [*On the Difficulty of Training Recurrent Neural
# Networks*](https://arxiv.org/abs/1211.5063), ICML 2013.** Vanishing, exploding, and clipping by the norm of the whole
# gradient. The authors' program rescales the gradient of all parameters together. Chapter 02.
#
# **C. Tallec, Y. Ollivier, [*Can Recurrent Neural Networks Warp Time?*](https://arxiv.org/abs/1804.11188), ICLR 2018.**
# Section 2: gate biases from the range of lags that a task has. The package's `memory=` does this. Chapter 03.
#
# **M. Arjovsky, A. Shah, Y. Bengio, [*Unitary Evolution Recurrent Neural Networks*](https://arxiv.org/abs/1511.06464),
# ICML 2016.** The copy task in the form of `le.tasks.CopyMemory`. Without a memory, $10 \ln 8/(T + 20)$ is the best
# loss: $0.1733$ at $T = 100$.
#
# **W. Zaremba, I. Sutskever, O. Vinyals, [*Recurrent Neural Network Regularization*](https://arxiv.org/abs/1409.2329),
# 2014.** Dropout between layers, never along time. Chapter 07.
#
# **A. Karpathy, J. Johnson, L. Fei-Fei, [*Visualizing and Understanding Recurrent
# Networks*](https://arxiv.org/abs/1506.02078), 2015.** On depth: "Our consistent finding is that depth of at least two
# is beneficial. However, between two and three layers our results are mixed." Chapters 07 and 09.
#
# **W. Squire, G. Trapp, [*Using Complex Variables to Estimate Derivatives of Real
# Functions*](https://doi.org/10.1137/S003614459631241X), SIAM Review 40(1), 110–112, 1998.** The complex step of
# chapter 11.

# %% [markdown]
# ## What the big searches found
#
# **R. Jozefowicz, W. Zaremba, I. Sutskever, *An Empirical Exploration of Recurrent Network Architectures*, ICML 2015,
# PMLR 37, 2342–2350** (neither DOI nor arXiv). A search through more than ten thousand architectures. From the
# abstract: "adding a bias of 1 to the LSTM's forget gate closes the gap between the LSTM and the GRU". Read it with
# chapter 12 beside you: one constant at the start was worth as much as another cell. Chapters 04, 06 and 10.
#
# **K. Greff, R. K. Srivastava, J. Koutník, B. R. Steunebrink, J. Schmidhuber, [*LSTM: A Search Space
# Odyssey*](https://doi.org/10.1109/TNNLS.2016.2582924), IEEE Transactions on Neural Networks and Learning Systems
# 28(10), 2222–2232, 2017; [arXiv](https://arxiv.org/abs/1503.04069).** Eight variants of the LSTM on speech,
# handwriting and music, each with a random search of its own, 5400 runs and some 15 years of processor time. From the
# abstract: no variant is significantly better than the standard LSTM, and the forget gate and the output activation are
# its most critical parts. From notes on the paper: the second is needed where the state is unbounded; an LSTM without
# peepholes, or with $f = 1 - i$, is not significantly worse; 200 trials for each variant and data set, and of all
# settings the learning rate mattered most by far. Chapters 05, 10 and 18.
#
# | asked | Jozefowicz et al. 2015 | Greff et al. 2017 | here |
# | --- | --- | --- | --- |
# | Is another cell better? | the GRU was, until the forget bias was 1 | none of eight, significantly | chapter 10 |
# | Which part is needed most? | | forget gate, output activation | chapters 03, 04 and 18 |
# | Do peepholes help? | | not significantly | chapter 05, on tasks made for them |
# | What else must be equal? | the initial bias | the search for a learning rate | chapter 10 |
#
# A cell that is better on average over everything was not found. A cell that *cannot* do something is another matter:

# %% [markdown]
# ## What came after 2017
#
# **G. Weiss, Y. Goldberg, E. Yahav, [*On the Practical Computational Power of Finite Precision RNNs for Language
# Recognition*](https://doi.org/10.18653/v1/P18-2117), ACL 2018, 740–745; [arXiv](https://arxiv.org/abs/1805.04908).**
# With finite precision, an LSTM and an RNN with relu can count, as far as the numbers reach; a GRU and a tanh RNN
# cannot, because their states stay within bounds. From the abstract: the first two "are strictly stronger". Shown by
# training as well, for $a^n b^n$ and $a^n b^n c^n$. It is the reason behind what chapters 06 and 10 measure. And mind
# the difference: *can* count does not say how far a trained network does.
#
# **A. Vaswani et al., [*Attention Is All You Need*](https://arxiv.org/abs/1706.03762), 2017.** A network without
# recurrence: each step looks at all steps before it. For $T$ steps it takes time that grows with $T^2$, where a
# recurrent cell takes $T$ and keeps one state.
#
# **L. Feng, F. Tung, M. O. Ahmed, Y. Bengio, H. Hajimirsadeghi, [*Were RNNs All We
# Needed?*](https://arxiv.org/abs/2410.01201), 2024.** minGRU and minLSTM: the gates see the input alone, not $h'$. Then
# $h_t = a_t h_{t-1} + b_t$ with $a_t$ and $b_t$ known beforehand, so that all steps can be computed side by side.
# minGRU: $z = \sigma(x W_z)$, $n = x W_n$, $h = (1 - z)\,h' + z\,n$; mind that this $z$ *takes in*. What they give up
# is what a state decides about itself.
#
# **M. Beck et al., [*xLSTM: Extended Long Short-Term Memory*](https://arxiv.org/abs/2405.04517), 2024**, with one of
# the two authors of 1997. sLSTM: gates that are exponentials, with a second state that divides the first one, and a
# third that keeps both within the range of floating point. mLSTM: a matrix as a memory, and no $U$, so that it runs in
# parallel. The carousel is the same: $c = f c' + i g$.
#
# Try them as cells of your own (chapter 11): what must be written is two kernels.

# %% [markdown]
# ## Other introductions
#
# - A. Zhang, Z. C. Lipton, M. Li, A. J. Smola, [*Dive into Deep Learning*](https://arxiv.org/abs/2106.11342), 2021: a
#   whole textbook that runs, with chapters on the RNN, the LSTM and the GRU in four frameworks. There is a Chinese
#   edition, 《动手学深度学习》; many of the Chinese terms of chapter 13 are as in it.
# - C. Olah, *Understanding LSTM Networks*, 2015, `colah.github.io/posts/2015-08-Understanding-LSTMs`: the drawings that
#   most readers know. It begins with the LSTM of 2000, forget gate included, and has no way back; read it beside
#   chapter 04, then draw its arrows backward.

# %% [markdown]
# ## What to read after which chapter
#
# | after chapter | read | and ask |
# | --- | --- | --- |
# | 01, 02 | Pascanu et al. 2013 | Which of their two cures did chapter 02 use, and for which of the two diseases? |
# | 03 | Hochreiter and Schmidhuber 1997, section 5 and table 1 | Which of their networks has as many weights as yours? |
# | 04 | Gers et al. 2000 | How many of their runs were perfect, and how do we count? |
# | 05 | Gers et al. 2002 | What is possible without peepholes? |
# | 06 | Chung et al. 2014 | What do they hold equal? |
# | 06, 10 | Weiss et al. 2018 | Which equation of the GRU is the reason? |
# | 07, 09 | Karpathy et al. 2015 | What is held equal in one row of a table? |
# | 10 | Greff et al. 2017, Jozefowicz et al. 2015 | How many trials stand behind one statement? |
# | 11 | the package's `core/` and `cells/`, from `kernel.py` to `gru.py` | Which line would you change first? |
# | 11 | Feng et al. 2024, Beck et al. 2024 | Which products of the kernel could be made before the loop? |
# | 19 | Vaswani et al. 2017 | What says where a step is, when there is no recurrence at all? |

# %% [markdown]
# ## Programs worth reading
#
# - `tensorflow/python/ops/rnn_cell_impl.py` (TensorFlow 1.x): short, complete, with peepholes, clipping and projection.
#   `forget_bias` is added at run time there, and `BasicLSTMCell` and `GRUCell` follow the papers' forms.
# - `flax/linen/recurrent.py` (Flax): each gate is an array of its own, and a bias stands only where it is not
#   redundant.
# - The definition of the `LSTM` and `GRU` operators of ONNX: the one place where all variants have a name.
# - `lstm_edu/cells/` of this package, and its literal twin in `tests/reference.py`: the same equations twice, fast and
#   plain, proved equal by tests.
