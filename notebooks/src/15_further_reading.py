# %% [markdown]
# # 15 · Further reading
#
# What to read after each chapter, and where in it to look. A table, figure or equation number stands here only where
# the text of the source, or its program, was looked at. Where it was not, the entry says what the source is about and
# no more.

# %% [markdown]
# ## The papers
#
# **J. L. Elman, *Finding Structure in Time*, Cognitive Science 14, 1990.** The recurrent network of chapter 01.
#
# **S. Hochreiter, J. Schmidhuber, *Long Short-Term Memory*, Neural Computation 9(8), 1735–1780, 1997.** Chapter 03.
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
# **F. A. Gers, J. Schmidhuber, F. Cummins, *Learning to Forget: Continual Prediction with LSTM*, Neural Computation
# 12(10), 2451–2471, 2000.** The forget gate, and streams of embedded Reber strings without marks. Table 2: of 100
# networks, 18 % are perfect with forget gates, 62 % if the learning rate decays as well; with an external reset, 74 %
# of the plain LSTMs are. So *the forget gate solves it* is too short a summary. Chapter 04.
#
# **F. A. Gers, J. Schmidhuber, *LSTM Recurrent Networks Learn Simple Context-Free and Context-Sensitive Languages*,
# IEEE Transactions on Neural Networks 12(6), 1333–1340, 2001.** Counting, $a^n b^n$ and $a^n b^n c^n$. Chapters 05
# and 10.
#
# **F. A. Gers, N. N. Schraudolph, J. Schmidhuber, *Learning Precise Timing with LSTM Recurrent Networks*, Journal of
# Machine Learning Research 3, 115–143, 2002.** Peepholes; measuring spike delays, making timed spikes, periodic
# functions. Table 1 has mixed outcomes for measuring: peepholes are not needed for it. Chapter 05.
#
# **K. Cho et al., *Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine Translation*,
# EMNLP 2014, arXiv:1406.1078.** Where the gated recurrent unit comes from. Chapter 06.
#
# **J. Chung, C. Gulcehre, K. Cho, Y. Bengio, *Empirical Evaluation of Gated Recurrent Neural Networks on Sequence
# Modeling*, arXiv:1412.3555, 2014.** The comparison that made the GRU known, with models that have "approximately the
# same number of parameters": as in chapters 06 and 10.
#
# **R. Jozefowicz, W. Zaremba, I. Sutskever, *An Empirical Exploration of Recurrent Network Architectures*, ICML
# 2015.** More than ten thousand architectures. From the abstract: "adding a bias of 1 to the LSTM's forget gate
# closes the gap between the LSTM and the GRU". Chapters 04 and 06.
#
# **K. Greff et al., *LSTM: A Search Space Odyssey*, IEEE
# Transactions on Neural Networks and Learning Systems 28(10), 2222–2232, 2017, arXiv:1503.04069.** Which parts of the
# LSTM matter. Chapter 10 asks in the same spirit.
#
# **R. Pascanu, T. Mikolov, Y. Bengio, *On the Difficulty of Training Recurrent Neural Networks*, ICML 2013,
# arXiv:1211.5063.** Vanishing, exploding, and clipping by the norm of the whole gradient. The authors' program
# rescales the gradient of all parameters together. Chapter 02.
#
# **C. Tallec, Y. Ollivier, *Can Recurrent Neural Networks Warp Time?*, ICLR 2018.** Section 2: gate biases from the
# range of lags that a task has. The package's `memory=` does this. Chapter 04.
#
# **M. Arjovsky, A. Shah, Y. Bengio, *Unitary Evolution Recurrent Neural Networks*, ICML 2016, arXiv:1511.06464.** The
# copy task in the form of `le.tasks.CopyMemory`. Without a memory, $10 \ln 8/(T + 20)$ is the best loss: $0.1733$ at
# $T = 100$.
#
# **W. Zaremba, I. Sutskever, O. Vinyals, *Recurrent Neural Network Regularization*, arXiv:1409.2329, 2014.** Dropout
# between layers, never along time. Chapter 07.
#
# **A. Karpathy, J. Johnson, L. Fei-Fei, *Visualizing and Understanding Recurrent Networks*, arXiv:1506.02078, 2015.**
# On depth: "Our consistent finding is that depth of at least two is beneficial. However, between two and three layers
# our results are mixed." Chapters 07 and 09.
#
# **W. Squire, G. Trapp, *Using Complex Variables to Estimate Derivatives of Real Functions*, SIAM Review 40(1),
# 1998.** The complex step of chapter 11.

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
# | 07, 09 | Karpathy et al. 2015 | What is held equal in one row of a table? |
# | 10 | Greff et al. 2017 | How many trials stand behind one statement? |
# | 11 | the package's `core/` and `cells/`, from `kernel.py` to `gru.py` | Which line would you change first? |

# %% [markdown]
# ## Programs worth reading
#
# - `tensorflow/python/ops/rnn_cell_impl.py` (TensorFlow 1.x): short, complete, with peepholes, clipping and projection.
#   `forget_bias` is added at run time there, and `BasicLSTMCell` and `GRUCell` follow the papers' forms.
# - The definition of the `LSTM` and `GRU` operators of ONNX: the one place where all variants have a name.
# - `lstm_edu/cells/` of this package, and its literal twin in `tests/reference.py`: the same equations twice, fast and
#   plain, proved equal by tests.
