"""Tables 10 and 11 of the paper, a Setting for each row, and what tables 1 to 9 say came of it."""

from dataclasses import fields, replace
from typing import Any

from lstm_edu.reproduce.paper import Experiment, Paper, Published, Row

from . import plain, trial
from .network import Closed, Design
from .problems import Enclosed, Lagged, Marked, NoiseFree, Ordered, Problem, Reber, TwoClasses
from .rules import AllRight, Grammar, Recent, Tested
from .trial import Setting

LINEAR = (
    "Outputs are linear here. With the sigmoid that is printed the rule was not met in 1 000 000 sequences by any of "
    "10 trials: 13 to 29 of 2560 were wrong, those with targets near 0 or 1 (row '100-sigmoid')."
)
PLATEAU = {
    500: "Over 500 steps a trial spends most of its time before anything is learnt: 760 000 sequences of 818 193 (seed "
    "0) pass with the error of an output that never changes. How long that takes depends little on the rate, more on "
    "how large weights begin: the same seed takes 785 583, 736 421 and 1 069 792 at 0.1, 0.25 and 1, 499 505 with "
    "weights in -0.2 .. 0.2, and with weights in -0.3 .. 0.3 four seeds take 376 897 to 541 194, 2.1 times the "
    "published mean. ",
    1000: "Over 1000 steps nearly all sequences of a trial pass before anything is learnt, fewer if weights begin "
    "larger: seeds 0 and 1 take 2 981 569 and 3 158 541, with weights in -0.2 .. 0.2 1 981 078 and 2 161 700, all but "
    "the last 36 000 of these with the error of an output that never changes, and with weights in -0.3 .. 0.3 "
    "1 492 724 and 1 780 196, 1.9 times the published mean. ",
}
LOOKS = "How often the network was tested is not printed: here after every 100 sequences."
LIMIT = "A trial is given up after ten times the published mean of sequences, a limit of this package."
MEAN = "The average error of the rule is read as the mean absolute error of the last 2000 sequences."
STRINGS = (
    f"{LOOKS} Not reproduced so far, and why is not known. A trial is given up after 100 000 sequences, a limit of "
    "this package. How it fails, in 5 trials of each row, 40 000 sequences: in 22 of 25 the symbol that was to be "
    "remembered is wrong in half the strings; there one block's output gate is open, its cells stand at 8 to 22 after "
    "some ten steps, where h has a slope below 0.001, and the other blocks' gates are shut: no error comes to a state. "
    "In the other three the strings inside are wrong. "
    "Probes of 5 trials and 40 000 sequences each, few enough for luck to matter, with 3x2 | 4x1 "
    "cells: as printed at 0.5, 0 | 1 succeeded; with the full gradient 2 | 2; truncated, with softmax outputs and "
    "cross-entropy at 0.1, 3 | 3; with both 4 | 5, most in fewer sequences than printed. So the strings can be "
    "learnt by such a network, and both the truncation and the outputs seem to matter. One change at a time to 3x2 "
    "at 0.5, truncated: 1 of 5 without the biases of output gates, with weights in -1 .. 1, or in -0.05 .. 0.05; 0 "
    "of 5 at rates of 0.1 or 1, with the ranges of h and g exchanged, biases of outputs, of cells, or of -1, -2, -3 "
    "at input gates, or no weights from gates, and at 0.1 with linear outputs or sigmoids without their slope in "
    "the error. Nor do changes after each step or 256 different strings in each set, in 5 trials of three rows each, "
    "or more cells: 0 of 5 with 6x2 and 8x1 at 0.1 and with 4x2 at 0.5, 1 of 5 with 4x2 at 0.1. All 64 combinations of "
    "six changes to 3x2 at 0.5, 6 trials of 30 000 sequences each (no weights from gates, biases of outputs, changes "
    "after each step, biases of -0.5, -1, -1.5 at input gates, all symbols that may follow as targets in place of the "
    "one that came, a string ends with its first error): at most 3 of 6, with targets of all symbols, changes after "
    "each step and no weights from gates; as printed and with any one of them alone 0 of 6 but for biases of outputs, "
    "1 of 6, and where they end at the first error 3 of 192."
)
CHAIN = (
    "Nothing is truncated here: no weights lead from hidden units to gates or cells. When the error has stopped "
    "decreasing is not printed: here the mean of 100 sequences fell by less than 1 %. "
)
GIVEN_UP = "A trial is given up after 50 000 sequences, in the paper after 5 000 000. "
NOISE_FREE = (
    f"{CHAIN}{GIVEN_UP}Not reproduced as printed. Gate and g begin near 1/2, so each step adds 1/4 and the state "
    "is 25 at the end: at a rate of 1 the outputs' weights from the cell overshoot to 30 and more in the first "
    "sequences, and outputs that must come on once stay off. Changes after each step in place of each sequence mend "
    "that, and the last symbol comes right in some trials (row '100-steps'). Smaller rates, smaller weights or other "
    "ranges of g and h did not help, one at a time. With a gate that begins closed it is learnt, in more sequences "
    "(row '100-closed'); with errors at the last step alone as well, in fewer (row '100-end'). Shorter sequences are "
    "learnt as printed: 5 of 5 trials with p = 4, 10 and 20."
)
LOCAL = (
    f"{CHAIN}{GIVEN_UP}Not reproduced as printed, and it can't be if errors at every step are learnt from: what "
    "lies between is random, so only the state can say that the end has come, and this state never falls. An output "
    "that is to come on for the smaller of the two last states would be on in all steps before. With errors at the "
    "last step alone, where the paper judges, and a gate that begins closed, it is learnt (row '100-end')."
)
CLOSED = (
    f"{CHAIN}Not as printed: weights to the input gate begin around -4, so that the state is small at first. With "
    "a bias in their place it was not learnt (0 of 3 in 60 000). At rates of 0.3 and 3 it is learnt too, in 3 of 3 "
    "trials each. "
)
ENDS = (
    f"{CHAIN}Not as printed: errors at the last step alone, and weights to the input gate begin around -2; around 0 "
    "or -1 the state is large at the end and both outputs saturate. At a rate of 0.3 it is learnt too, in 3 of 3 "
    "trials; at 3 in 0 of 3 of 2a and in 2 of 3 of 2b. "
)
STEPS = f"{CHAIN}As printed, with changes after each step. A trial is given up after 60 000, a limit set here."
LAGGED = (
    "Not reproduced as printed: at a rate of 0.01 lags of 50 take several times as many sequences, and with lags of "
    "100 and more no trial succeeds. The rows with 'closed' say what helps. "
)
LAGGED_CLOSED = (
    "Not as printed: a rate of 1, as in 2a and 2b, and weights to the input gates that begin around -4, so that states "
    "are small at first. Tried with other seeds and a lag of 100: at 0.01 and around -2 it is learnt in 163 800 and "
    "233 200 sequences (2 of 2 trials), at 1 with gates that begin half open in 30 400 to 63 400 (3 of 3), but at a "
    "lag of 200 in none of 2. That the sequences grow with the lag, in the paper hardly, lies neither in the rate nor "
    "in how closed the gates are: at 0.3 and 3 a lag of 500 takes 153 000 and 140 000, with gates around -5, -6 and -7 "
    "lags of 100, 200, 500 take 20 000, 31 000, 128 000 | 42 000, 48 000, 150 000 | 104 000, 91 000, 207 000 (means of "
    "3 trials, all successes). Over 1000 steps it hardly matters how many symbols distract: the means of the successes "
    "lie within a factor of 1.3, in the paper within one of four. A trial is given up after 1 000 000 sequences, a "
    "limit of this package. "
)
CLOSED_LIMIT = "A trial is given up after 100 000 sequences, a limit of this package."
OFTEN = (
    "Looks that are rarer end trials later: after every 1000 and 10 000 sequences the means of 5 trials with other "
    "seeds are 24 400 and 34 000 with N = 3, and with N = 1 29 300 and 30 000 of 3 that succeeded. "
)
UNREACHABLE = (
    "With N = 1 the noise gives the only number that tells the class the other sign in 1.27 % of sequences, and no "
    "network can tell these; over 1000 steps those that it leaves within 0.025 of 0 are as hard. A trial whose test "
    "set has 6 such sequences in 256 can hardly meet the rule: each that failed has 6 or more, none that succeeded. "
)
LATE = (
    "Over 1000 steps it takes about four times as many sequences as printed, and all but the last of them pass before "
    "anything is learnt: with another seed half of the answers are wrong after 2 364 000 sequences, and the rule is "
    "met at 2 365 600; with weights that begin in -0.2 .. 0.2 at 1 979 600. "
)
OFTEN_TARGETS = (
    "Looks after every 10 000 sequences make the means of 4 trials with other seeds 190 000 with N = 3 "
    "and 242 500 with N = 1. "
)
TWICE = (
    "As 'n140' and 'n13', at twice the printed rate: the error is printed as a sum of squares, and its slope has a "
    "factor of 2 that the printed errors of outputs leave out. Read so the counts are within a factor of two of those "
    "printed. Adding over 500 steps does not get faster by it. "
)
PRODUCT = (
    "Outputs are sigmoids, as printed. Tried with n140 and 2 other seeds each: 284 800 sequences at a rate of 0.5, "
    "623 000 with weights that begin in -0.2 .. 0.2, 849 000 with linear outputs. "
)
PLAIN = (
    "One hidden unit that sees all inputs and itself, outputs that see all inputs and it, no biases: so the weights "
    "are as many as printed. How weights begin and change and what the test is are taken from the memory cell, with a "
    "look every 100 sequences: for the plain network it is not printed. RTRL and BPTT give the same gradient. "
)
TIMING = (
    "Outputs see the hidden unit of the same step, as the paper says of its cells; rows with 'delayed': of the step "
    "before, as its equation 10 has it, so that one step less lies between."
)


def _reber(blocks: int, size: int, rate: float) -> Setting:
    gates = tuple(-1.0 - j for j in range(blocks))
    design = Design(7, 7, blocks, size, biased="gates", output_gates=gates, init=0.2, every_step=True)
    return Setting(Reber(), design, rate, Grammar(), most=100_000)


def _reber_row(name: str, blocks: int, size: int, rate: float, sequences: int, success: float) -> Row:
    published = Published("table 1", sequences, success, 30)
    return Row(name, _reber(blocks, size, rate), published, seconds=4, quick=3, note=STRINGS)


def _chain(problem: Enclosed, judge_all: bool) -> Setting:
    lines, common = problem.inputs, {"init": 0.2, "chain": True, "every_step": True}
    design = Design(lines, lines, 1, 1, judge_all=judge_all, **common)  # type: ignore[arg-type]
    return Setting(problem, design, 1.0, AllRight(0.25), most=50_000, late_cells=True)


def _closing(design: Design, gate: float, **changed: Any) -> Closed:
    """The design with input gates that begin closed."""
    return Closed(**{each.name: getattr(design, each.name) for each in fields(Design)} | changed, gate=gate)


def _closed(row: Row, name: str, note: str, gate: float, seconds: float, *, end: bool) -> Row:
    """The row with an input gate that begins closed, and perhaps errors at the last step alone."""
    changed = {"every_step": False, "judge_all": False} if end else {}
    setting = replace(row.setting, design=_closing(row.setting.design, gate, **changed), most=100_000)
    return replace(row, name=name, setting=setting, seconds=seconds, note=f"{note}{CLOSED_LIMIT}")


def _steps(row: Row) -> Row:
    setting = replace(row.setting, design=replace(row.setting.design, step_updates=True), most=60_000)
    return replace(row, name=f"{row.name}-steps", setting=setting, note=STEPS, seconds=20, quick=0)


def _plain(method: str, symbols: int, rate: float, published: tuple[int | None, float], delayed: bool = False) -> Row:
    setting = plain.Setting(symbols, method, rate, delayed=delayed)
    name = f"{method}-p{symbols}-{rate}{'-delayed' * delayed}"
    seconds = {4: 0.5 if delayed else 2.5, 10: 5, 100: 120}[symbols]
    quick = 2 if symbols == 4 else 0
    return Row(name, setting, Published("table 2", *published, 18), seconds, quick, f"{PLAIN}{TIMING}")


def _lagged(lag: int, symbols: int, sequences: int, seconds: float, quick: int = 0) -> Row:
    setting = Setting(Lagged(symbols, lag), Design(symbols + 4, 2, 2, 1, init=0.2), 0.01, AllRight(0.2), 10 * sequences)
    return Row(
        f"q{lag}-p{symbols}",
        setting,
        Published("table 3", sequences, None, 20),
        seconds,
        quick,
        f"{LAGGED}{LOOKS} {LIMIT}",
    )


def _lagged_closed(row: Row, seconds: float, quick: int = 0) -> Row:
    setting = replace(row.setting, rate=1.0, design=_closing(row.setting.design, -4.0), most=1_000_000)
    note = f"{LAGGED_CLOSED}{LOOKS}"
    return replace(row, name=f"{row.name}-closed", setting=setting, seconds=seconds, quick=quick, note=note)


def _two_classes(problem: Problem, rate: float, rule: Tested, most: int) -> Setting:
    gates = {"input_gates": (-1.0, -3.0, -5.0), "output_gates": (-2.0, -4.0, -6.0)}
    design = Design(1, 1, 3, 1, biased="hidden", **gates)  # type: ignore[arg-type]
    return Setting(problem, design, rate, rule, most, test=2560)


def _told(length: int, told: int, first: int, sequences: int, wrong: float, seconds: float, noisy: bool) -> Row:
    rule = Tested(0.2, (6, float("inf")), (6, 0.04)) if noisy else Tested(0.2, (1, float("inf")), (1, 0.01))
    setting = _two_classes(TwoClasses(length, told, noise_first=noisy), 1.0, rule, 10 * sequences)
    published = Published("table 5" if noisy else "table 4", sequences, None, 10, wrong, first)
    parts = ((True, f"{LOOKS} "), (noisy, OFTEN), (noisy and told == 1, UNREACHABLE), (noisy and length == 1000, LATE))
    note = "".join(part for there, part in parts if there) + LIMIT
    return Row(f"T{length}-N{told}", setting, published, seconds, 2 if length == 100 else 0, note)


def _noisy_targets(told: int, sequences: int, wrong: float, seconds: float) -> Row:
    rule = Tested(0.1, (1, float("inf")), (1, 0.015))
    problem = TwoClasses(100, told, targets=(0.2, 0.8), target_variance=0.1)
    setting = _two_classes(problem, 0.1, rule, 10 * sequences)
    inputs = "Whether the inputs of 3b or of 3a were used is not said: here those of 3a."
    note = f"{LOOKS} {OFTEN_TARGETS}{LIMIT} {inputs}"
    return Row(f"N{told}", setting, Published("table 6", sequences, None, 10, wrong), seconds, 1, note)


def _marked(length: int, sequences: int, wrong: float, seconds: float, quick: int = 0) -> Row:
    common = {"biased": "hidden", "output_bias": True, "linear_outputs": True}
    design = Design(2, 1, 2, 2, input_gates=(-3.0, -6.0), **common)  # type: ignore[arg-type]
    setting = Setting(Marked(length), design, 0.5, Recent(0.04, 1, 0.01), 10 * sequences, 2560)
    published = Published("table 7", sequences, None, 10, wrong)
    plateau = PLATEAU.get(length, "")
    return Row(str(length), setting, published, seconds, quick, f"{LINEAR} {MEAN} {plateau}{LIMIT}")


def _sigmoid(row: Row) -> Row:
    design = replace(row.setting.design, linear_outputs=False)
    setting = replace(row.setting, design=design, most=1_000_000)
    note = f"As printed, with sigmoid outputs. {MEAN} A trial is given up after 1 000 000."
    return replace(row, name=f"{row.name}-sigmoid", setting=setting, note=note, seconds=30, quick=0)


def _product(too_many: int, sequences: int, wrong: float, seconds: float, quick: int) -> Row:
    design = Design(2, 1, 2, 2, biased="hidden", output_bias=True)
    setting = Setting(Marked(100, product=True), design, 0.1, Recent(0.04, too_many), 10 * sequences, 2560)
    published = Published("table 8", sequences, None, 10, wrong)
    return Row(f"n{too_many}", setting, published, seconds, quick, f"{PRODUCT}{LIMIT}")


def _twice(row: Row, seconds: float) -> Row:
    setting = replace(row.setting, rate=2 * row.setting.rate)
    return replace(row, name=f"{row.name}-twice", setting=setting, seconds=seconds, note=f"{TWICE}{LIMIT}", quick=0)


def _ordered(name: str, size: tuple[int, int], starts: tuple[int, ...], rate: float, published: Published) -> Row:
    blocks, cells = size
    gates = tuple(-2.0 * (j + 1) for j in range(blocks))
    design = Design(8, 2 ** len(starts), blocks, cells, biased="hidden", output_bias=True, input_gates=gates)
    most, (seconds, quick) = 10 * (published.sequences or 0), (1, 5) if name == "6a" else (60, 1)
    setting = Setting(Ordered(100, starts), design, rate, Recent(0.3, 1, 0.1), most, 2560)
    return Row(name, setting, published, seconds, quick, f"{MEAN} {LIMIT}")


def _experiment(name: str, number: str, title: str, *rows: Row) -> Experiment:
    return Experiment(name, number, title, rows, trial.run)


CHAIN_A = Row("100", _chain(NoiseFree(100), True), Published("table 2", 5_040, 1.0, 18), 10, 3, NOISE_FREE)
CHAIN_B = Row("100", _chain(Enclosed(100), False), Published("section 5.2, 2b", 5_680, 1.0, 18), 10, 3, LOCAL)
PLAIN_4 = ((1.0, (1_043_000, 0.78)), (4.0, (892_000, 0.56)), (10.0, (254_000, 0.22)))

LAGS = (
    _lagged(50, 50, 30_000, 5, 2),
    _lagged(100, 100, 31_000, 10, 1),
    _lagged(200, 200, 33_000, 20),
    _lagged(500, 500, 38_000, 25),
    _lagged(1000, 1000, 49_000, 65),
    _lagged(1000, 500, 49_000, 65),
    _lagged(1000, 200, 75_000, 95),
    _lagged(1000, 100, 135_000, 170),
    _lagged(1000, 50, 203_000, 260),
)
LAG_SECONDS, LAG_QUICK = (1, 1, 2, 14, 110, 90, 110, 60, 100), (5, 5, 3, 0, 0, 0, 0, 0, 0)  # of the closed ones
PRODUCTS = (_product(140, 482_000, 139 / 2560, 40, 1), _product(13, 1_273_000, 14 / 2560, 130, 0))
PAPER = Paper(
    "hochreiter1997",
    "S. Hochreiter, J. Schmidhuber: Long short-term memory. Neural Computation 9(8), 1997",
    (
        _experiment(
            "reber", "1", "The embedded Reber grammar: predict every next symbol.",
            _reber_row("4x1-0.1", 4, 1, 0.1, 39_740, 1.0),
            _reber_row("3x2-0.1", 3, 2, 0.1, 21_730, 1.0),
            _reber_row("3x2-0.2", 3, 2, 0.2, 14_060, 0.97),
            _reber_row("4x1-0.5", 4, 1, 0.5, 9_500, 0.97),
            _reber_row("3x2-0.5", 3, 2, 0.5, 8_440, 1.0),
        ),
        _experiment(
            "noise-free", "2a", "Two sequences of 101 symbols that differ at both ends.",
            CHAIN_A,
            _steps(CHAIN_A),
            _closed(CHAIN_A, "100-closed", CLOSED, -4.0, 10, end=False),
            _closed(CHAIN_A, "100-end", ENDS, -2.0, 0.4, end=True),
        ),
        Experiment(
            "plain", "2a", "Two sequences that differ at both ends, for one logistic unit by RTRL or BPTT.",
            (
                *(_plain("rtrl", 4, *cells) for cells in PLAIN_4),
                *(_plain("rtrl", 4, *cells, delayed=True) for cells in PLAIN_4),
                *(_plain("rtrl", 10, rate, (None, 0.0), delayed) for delayed in (False, True) for rate in (1.0, 10.0)),
                *(_plain(method, 100, 1.0, (None, 0.0)) for method in plain.METHODS),
            ),
            plain.run,
        ),
        _experiment(
            "local", "2b", "The same with a random string in between.",
            CHAIN_B,
            _closed(CHAIN_B, "100-end", ENDS, -2.0, 4, end=True),
        ),
        _experiment(
            "long-lags", "2c", "Very long lags among many distractors.",
            *LAGS,
            *(_lagged_closed(*each) for each in zip(LAGS, LAG_SECONDS, LAG_QUICK, strict=True)),
        ),
        _experiment(
            "two-sequences", "3a", "The first numbers say the class, the rest is noise.",
            _told(100, 3, 27_380, 39_850, 0.000195, 5, False),
            _told(100, 1, 58_370, 64_330, 0.000117, 8, False),
            _told(1000, 3, 446_850, 452_460, 0.000078, 100, False),
        ),
        _experiment(
            "noisy-inputs", "3b", "The same with noise on the first numbers as well.",
            _told(100, 3, 41_740, 43_250, 0.00828, 5, True),
            _told(100, 1, 74_950, 78_430, 0.01500, 10, True),
            _told(1000, 1, 481_060, 485_080, 0.01207, 500, True),
        ),
        _experiment(
            "noisy-targets", "3c", "The same with noise on the targets of training.",
            _noisy_targets(3, 269_650, 0.00558, 13),
            _noisy_targets(1, 565_640, 0.00441, 23),
        ),
        _experiment(
            "adding", "4", "Add two numbers that were marked long ago.",
            _marked(100, 74_000, 1 / 2560, 3, 5),
            _marked(500, 209_000, 0.0, 65, 1),
            _marked(1000, 853_000, 1 / 2560, 400),
            _sigmoid(_marked(100, 74_000, 1 / 2560, 3)),
        ),
        _experiment(
            "multiplication", "5", "Multiply two numbers that were marked long ago.",
            *PRODUCTS,
            _twice(PRODUCTS[0], 20),
            _twice(PRODUCTS[1], 50),
        ),
        _experiment(
            "order", "6", "In which order did two (6a) or three (6b) symbols come?",
            _ordered("6a", (2, 2), (10, 50), 0.5, Published("table 9", 31_390, None, 20, 1 / 2560)),
            _ordered("6b", (3, 2), (10, 33, 66), 0.1, Published("table 9", 571_100, None, 10, 2 / 2560)),
        ),
    ),
)  # fmt: skip
