# %% [markdown]
# # 13 · Glossary · 术语表
#
# Every word that the course defines, with its sign, its meaning in one sentence, its Chinese name, and the chapter that
# explains it. The Chinese column begins with the name that Chinese textbooks use; after a slash stand others that one
# meets, among them those of the short introductions on the web that many readers come from.

# %% [markdown]
# ## Data and sizes
#
# | term | sign | meaning | 中文 | chapter |
# | --- | --- | --- | --- | --- |
# | sequence | $x$ | numbers or symbols in an order | 序列 | 01 |
# | time step | $t$, $T$ | one moment of a sequence; how many there are | 时间步 | 00 |
# | batch | $B$ | sequences that are worked on side by side | 批次 | 00 |
# | input | $x_t$, $D$ | what arrives at a step; how many numbers | 输入 | 01 |
# | target | | the right answer | 目标值 / 标签 | 01 |
# | steps (of training) | | how many times the optimizer moves the weights | 训练步数 / 迭代次数 | 00 |
# | clock (of units) | | units that switch on one after the other, one a step | 时钟单元 | 02 |
# | feature | | one of the numbers that describe an example | 特征 | 07 |
# | training, validation, test set | | to learn from, to choose by, to report on | 训练集、验证集、测试集 | 10 |
# | baseline | | the loss of the best guess without a memory | 基线 | 00 |
# | guess | | what somebody says who knows the task and remembers nothing | 猜测(基线) | 10 |
# | vocabulary | | the symbols that a network knows | 词表 / 字符表 | 09 |
# | family (of tests) | | comparisons that are corrected together | 检验族 | 10 |
# | lag | | steps between what matters and when it is asked for; a long one makes a long-term dependency | 时滞;长的即长期依赖 / 长时依赖 | 01 |
# | series (in time) | | numbers measured one after the other | 时间序列 | 09 |
# | padding | | zeros behind the end of a shorter sequence | 填充 | 12 |
# | autoregression | AR(p) | a forecast that is a weighted sum of the last values | 自回归 | 09 |
# | feeding back | | a forecast read as if it had come true, to look further ahead | 递推预测 / 多步迭代预测 | 17 |
# | unigram, bigram (n-gram) | | a table of how often a symbol comes: alone, or after the one before | 一元语法、二元语法(n 元语法) | 09 |

# %% [markdown]
# ## Networks
#
# | term | sign | meaning | 中文 | chapter |
# | --- | --- | --- | --- | --- |
# | neuron, unit | $H$ | one number that a layer computes at each step | 神经元、单元 | 01 |
# | layer | | units that work side by side on the same input | 层 | 01 |
# | weight | $W$, $U$ | a number that multiplies, and is learnt | 权重 / 权值 | 01 |
# | bias | $b$ | a number that is added, and is learnt | 偏置 | 01 |
# | parameter | | any number that is learnt | 参数 | 00 |
# | activation | | the value of a unit | 激活值 / 活性值 | 01 |
# | tanh, sigmoid (as activation functions) | $\tanh$, $\sigma$ | the bend behind the sum | 激活函数 | 01 |
# | sigmoid | $\sigma$ | the S-shaped function from 0 to 1 | S 型函数 / sigmoid 函数 | 00 |
# | tanh (hyperbolic tangent) | $\tanh$ | the S-shaped function from −1 to 1 | 双曲正切 | 01 |
# | relu (rectified linear unit) | | a bend: nothing below zero, and above it the number itself | 修正线性单元 / 线性整流函数 | 08 |
# | recurrent neural network, RNN | | a network whose state is an input of its next step | 循环神经网络 | 01 |
# | state, hidden state | $h$ | what goes from one step to the next | 状态、隐状态 / 隐含状态、隐藏状态 | 01 |
# | fully connected layer | | a layer in which everything is connected with everything | 全连接层 | 07 |
# | embedding | | a table of learnt numbers, one row for each symbol | 嵌入 | 09 |
# | convolution | | the same small window of weights at every place | 卷积 | 08 |
# | filter | | one such window; each gives one number at each place | 滤波器 / 卷积核 | 08 |
# | stride | | by how many steps the window moves | 步幅 / 步长 | 08 |
# | pooling | | the largest of a few neighbours stands for all | 汇聚 / 池化 | 08 |
# | softmax | $p$ | turns numbers into probabilities that add up to 1 | softmax / 归一化指数函数 | 08 |
# | attention | $\alpha$ | each step takes from the steps before it, in shares that a softmax gives | 注意力机制 | 19 |
# | query, key, value | $q, k, v$ | what a step asks, what another one is found by, and what it then gives | 查询、键、值 | 19 |
# | scan | | steps put together in pairs, fours, eights, so that they can be made side by side | 扫描 / 前缀扫描 | 19 |
# | logit | | a number before the softmax or the sigmoid; it can be anything | 对数几率 / 未规范化的预测 | 08 |
# | stack (of layers) | | recurrent layers on top of each other | 堆叠的层 / 多层循环网络 | 07 |
# | dropout | | in training, units are switched off at random | 暂退法 / 丢弃法、随机失活 | 07 |
# | zoneout | | in training, units keep their old state at random | 随机保持(zoneout) | 18 |
# | layer norm | | pre-activations get mean 0 and deviation 1 over the units | 层归一化 | 18 |
# | both ways (reading) | | a second layer reads from the end to the beginning | 双向循环网络 | 18 |
# | residual (connection) | | a layer's input is added to its output | 残差连接 | 18 |
# | probe (linear) | | a linear map from the units to a quantity: if it fits on new data, the units hold that quantity | 探针(线性) | 07 |

# %% [markdown]
# ## Memory cells
#
# | term | sign | meaning | 中文 | chapter |
# | --- | --- | --- | --- | --- |
# | long short-term memory | LSTM | a recurrent cell with a memory and gates around it | 长短期记忆 | 03 |
# | memory cell, cell state | $c$ | the number that is kept | 记忆元 / 记忆单元、内部状态、细胞状态 | 03 |
# | memory block | | cells that share one input gate and one output gate | 记忆块 | 20 |
# | self-connection | | the way of the memory from one step to the next | 自连接 | 03 |
# | constant error carousel | CEC | that self-connection with the weight 1: the error neither shrinks nor grows | 恒定误差传送带 / 常量误差传输子 | 03 |
# | input weight conflict | | one weight would have to let something in and to keep other things out | 输入权重冲突 | 03 |
# | output weight conflict | | one weight would have to show what is kept and not to disturb others with it | 输出权重冲突 | 03 |
# | gate | | a number from 0 to 1 that multiplies, worked out anew at each step | 门 | 00 |
# | input gate | $i$ | what enters | 输入门 | 03 |
# | output gate | $o$ | what is shown | 输出门 | 03 |
# | forget gate | $f$ | what stays | 遗忘门 | 04 |
# | forget bias | $b_f$ | where the forget gate starts | 遗忘门偏置 | 04 |
# | half-life | | steps until half of a memory is left | 半衰期 | 04 |
# | continual stream | | a sequence without an end and without marks | 连续数据流 | 04 |
# | candidate (state) | $g$, $n$ | the value that could be written | 候选状态 / 候选活性值、候选值 | 03 |
# | reach (of a counter) | | up to which length a network counts without a mistake | 可及长度 | 05 |
# | peephole (connection) | $p$ | a weight through which a gate sees the cell | 窥视孔连接 | 05 |
# | coupled gates | $f = 1 - i$ | what enters takes the place of what goes | 耦合门 | 18 |
# | projection | $R$ | a linear map behind the cell, to fewer numbers | 投影 | 18 |
# | GRU (gated recurrent unit) | GRU | a cell with an update and a reset gate | 门控循环单元 / 门循环单元 | 06 |
# | update gate | $z$ | how much of the old state stays, and how much is replaced | 更新门 | 06 |
# | reset gate | $r$ | how much of the old state the candidate sees | 重置门 | 06 |

# %% [markdown]
# ## Learning
#
# | term | sign | meaning | 中文 | chapter |
# | --- | --- | --- | --- | --- |
# | loss | $L$ | one number that says how wrong an answer is | 损失 | 01 |
# | mean squared error | | the mean of the squared differences | 均方误差 | 00 |
# | cross-entropy | | minus the logarithm of the probability of what came | 交叉熵 | 08 |
# | nat | | the unit of that logarithm, if it is the natural one: 1 nat is 1.44 bits | 奈特 | 04 |
# | gradient flow | | how strongly the loss depends on each state, step by step | 梯度流 | 02 |
# | perplexity | $e^L$ | as bad as a guess among so many equally likely symbols | 困惑度 | 12 |
# | bits per character | $L/\ln 2$ | how many yes-or-no questions a character is worth | 每字符比特数 | 09 |
# | gradient | $\mathrm{d}w$ | how fast the loss changes with each parameter | 梯度 | 01 |
# | derivative (partial) | $\partial$ | a derivative with everything else held | 偏导数 | 01 |
# | backpropagation through time | BPTT | the chain rule along the unrolled network | 随时间反向传播 | 01 |
# | unrolling | | one copy of the cell for each step | 展开 | 01 |
# | vanishing gradient | | the gradient shrinks at every step back | 梯度消失 | 02 |
# | exploding (gradient) | | it grows at every step back | 梯度爆炸 | 02 |
# | Jacobian | $J$ | the matrix of all derivatives of one step | 雅可比矩阵 | 02 |
# | norm (of a vector, of a matrix) | $\lVert v \rVert$ | its length; the largest factor by which it stretches a vector | 范数 | 02 |
# | spectral radius | $\rho$ | the largest absolute value of the eigenvalues | 谱半径 | 02 |
# | clipping | $\theta$ | a bound on the length of the gradient | 梯度裁剪 | 02 |
# | optimizer | | the rule by which parameters are moved | 优化器 | 01 |
# | Adam | | an optimizer with a step length of its own for each parameter | Adam / 自适应矩估计 | 01 |
# | learning rate | $\eta$ | how far | 学习率 | 02 |
# | seed | | decides all random numbers of a run | 随机种子 | 01 |
# | overfit (overfitting) | | good on the training set, bad on others | 过拟合 | 07 |
# | finite differences | | a derivative measured by moving a little | 有限差分 | 01 |
# | complex step | | the same along the imaginary axis, with all digits right | 复步长微分 | 11 |
# | temperature | | how daring a text is sampled | 温度 | 09 |

# %% [markdown]
# ## Contests and speed
#
# | term | sign | meaning | 中文 | chapter |
# | --- | --- | --- | --- | --- |
# | median, range | | the middle value; from the lowest to the highest | 中位数、极差 | 00 |
# | p-value | $p$ | how often equal cells would differ as much by chance | p 值 | 10 |
# | sign-flip test (a permutation test) | | it counts over all exchanges of names or signs | 符号翻转置换检验 / 置换检验 | 10 |
# | bootstrap | | draws again from what was measured | 自助法 | 10 |
# | interval (of confidence) | | a range that the mean would lie in with other seeds | 置信区间 | 10 |
# | ensemble | | several networks whose outputs are averaged | 集成 | 17 |
# | coverage | | the share of what came that lay in the interval forecast for it | 覆盖率 | 17 |
# | quantile | | the value that a given share of all numbers lies below | 分位数 | 17 |
# | Holm's rule (for multiple comparisons) | | many tests have many chances to be lucky: the smallest p-value has the hardest line to pass | 霍尔姆校正(多重比较) | 10 |
# | kernel | | a function compiled to machine code | 核函数(编译后的内核) | 01 |
# | compile (just in time) | JIT | to make machine code, here at the first call | 即时编译 | 11 |
# | vector instruction | SIMD | one instruction for many numbers | 单指令多数据 / 向量指令 | 11 |
# | register tile, packed (weights) | | a part of a product that stays in registers; weights laid out in the order in which it reads them | 寄存器分块、数据打包 | 11 |
# | cache | | small fast memory near the processor; also: results kept on disk | 缓存 | 11 |
# | thread | | a second flow of work in one program | 线程 | 11 |
