"""What every circuit consists of: for each cell its places, and its stages, each with the parts that it adds.

A route is written as in TikZ: `a -- b` is a straight wire, `a |- b` goes up or down first and then along, `a -| b`
along first; `a&b` is the point with the x of a and the y of b. What stands at a named place interrupts the wire there:
so a wire can name the places of parts that come in a later stage. A wire that begins in the middle of another is a tap.
"""

from dataclasses import dataclass

Place = tuple[float, float]


@dataclass(frozen=True)
class Port:
    """Where a line enters or leaves the picture; `text` is its maths."""

    place: str
    text: str
    side: str = "left"


@dataclass(frozen=True)
class Box:
    """A layer with weights: `text` is its function, `gate` the letter of what comes out, `name` that gate's name."""

    place: str
    text: str
    gate: str = ""
    name: str = ""


@dataclass(frozen=True)
class Node:
    """An operation on each element by itself."""

    place: str
    text: str


@dataclass(frozen=True)
class Join:
    """Where x and h' come together into one thick line."""

    place: str


@dataclass(frozen=True)
class Wire:
    """A line with an arrow head; `thick` when it carries x and h' side by side, `text` (at `at`) the weight on it."""

    route: str
    thick: bool = False
    text: str = ""
    at: tuple = ()


@dataclass(frozen=True)
class Stage:
    """What one picture has beyond the one before: a line of description, parts, and the equations that change."""

    title: str
    parts: tuple
    equations: dict[str, str]


@dataclass(frozen=True)
class Circuit:
    """A cell: its places, its stages, the rows of its equations in two columns, and how high its frame reaches."""

    title: str
    short: str
    places: dict[str, Place]
    stages: tuple[Stage, ...]
    rows: tuple
    top: float


SIGMA = r"$\sigma$"
X, H_OLD, C_OLD, H, C = "$x$", "$h'$", "$c'$", "$h$", "$c$"


def layer(function: str, letter: str, more: str = "") -> str:
    """The maths of one gate: function(x W + h' U + b and more)."""
    name = r"\sigma" if function == "sigma" else r"\mathrm{tanh}"
    return rf"{name}(x\,W_{letter} + h' U_{letter} + b_{letter}{more})"


# The LSTM family and the plain network: c runs on top, h below, the gates in a row between them.
_LSTM_PLACES = {
    "x": (1.35, -0.3),
    "h'": (0.35, 0.95),
    "c'": (0.35, 4.7),
    "h": (9.75, 0.95),
    "c": (9.75, 4.7),
    "join": (1.35, 0.95),
    "f": (2.7, 2.15),
    "i": (4.3, 2.15),
    "g": (5.6, 2.15),
    "o": (7.15, 2.15),
    "i*g": (5.6, 3.6),
    "f*c'": (2.7, 4.7),
    "add": (5.6, 4.7),
    "tanh c": (8.45, 3.95),
    "o*tanh c": (8.45, 3.0),
    "peephole": (1.8, 3.15),
    "peephole i": (3.5, 3.15),
    "peephole o": (6.35, 3.15),
}

_INPUTS = (Port("x", X, "below"), Port("h'", H_OLD), Join("join"), Wire("x -- join"), Wire("h' -- join"))
_CANDIDATE = Stage(
    "the candidate g: the plain network's layer, as a proposal",
    (*_INPUTS, Box("g", "tanh", "g", "candidate"), Wire("join -| g", thick=True), Wire("g -- i*g")),
    {"g": layer("tanh", "g")},
)
_STATE = (
    Port("c'", C_OLD),
    Port("c", C, "right"),
    Node("add", "+"),
    Wire("g -- i*g -- add"),
    Wire("c' -- f*c' -- add -- c"),
)
_INPUT_GATE = Stage(
    "the input gate i: how much of the candidate enters",
    (Box("i", SIGMA, "i", "input"), Node("i*g", "×"), Wire("i&join -- i", thick=True), Wire("i |- i*g")),
    {"i": layer("sigma", "i"), "c": r"c' + i * g"},
)
_WAY_OUT = Stage(
    "the way out: the state through tanh is the output h",
    (
        Port("h", H, "right"),
        Box("tanh c", "tanh"),
        Wire("tanh c&add -- tanh c"),
        Wire("tanh c -- o*tanh c |- h"),
    ),
    {"h": r"\mathrm{tanh}(c)"},
)
_OUTPUT_GATE = Stage(
    "the output gate o: how much of the state is shown",
    (Box("o", SIGMA, "o", "output"), Node("o*tanh c", "×"), Wire("g&join -| o", thick=True), Wire("o |- o*tanh c")),
    {"o": layer("sigma", "o"), "h": r"o * \mathrm{tanh}(c)"},
)
_CAROUSEL = "the carousel: the state c goes on unchanged, and the candidate is added"
_LSTM97 = (
    _CANDIDATE,
    Stage(_CAROUSEL, (*_STATE, Node("f*c'", "×1")), {"c": "c' + g"}),
    _INPUT_GATE,
    _WAY_OUT,
    _OUTPUT_GATE,
)
_LSTM = (
    _CANDIDATE,
    Stage(_CAROUSEL, _STATE, {"c": "c' + g"}),
    _INPUT_GATE,
    _WAY_OUT,
    _OUTPUT_GATE,
    Stage(
        "the forget gate f: how much of the old state stays",
        (Box("f", SIGMA, "f", "forget"), Node("f*c'", "×"), Wire("f&join -- f", thick=True), Wire("f -- f*c'")),
        {"f": layer("sigma", "f"), "c": r"f * c' + i * g"},
    ),
)
_PEEPHOLE = (
    *_LSTM,
    Stage(
        "a peephole into the forget gate: it sees the old state",
        (Wire("peephole&c' |- f", text="$p_f$", at=(2.05, 2.95)),),
        {"f": layer("sigma", "f", r" + p_f * c'")},
    ),
    Stage(
        "a peephole into the input gate: it sees the old state too",
        (Wire("peephole -| peephole i |- i", text="$p_i$", at=(3.74, 2.95)),),
        {"i": layer("sigma", "i", r" + p_i * c'")},
    ),
    Stage(
        "a peephole into the output gate: it sees the new state",
        (Wire("peephole o&c |- o", text="$p_o$", at=(6.63, 2.95)),),
        {"o": layer("sigma", "o", r" + p_o * c")},
    ),
)
_RNN = (
    Stage(
        "a layer of tanh units: it sees this step's input alone",
        (
            Port("x", X, "below"),
            Box("g", "tanh"),
            Port("h", H, "right"),
            Wire("x -- join -| g"),
            Wire("g -| h-turn -- h"),
        ),
        {"h": r"\mathrm{tanh}(x\,W + b)"},
    ),
    Stage(
        "the way back in: it also sees its own last output h'",
        (Port("h'", H_OLD), Join("join"), Wire("h' -- join"), Wire("join -| g", thick=True)),
        {"h": r"\mathrm{tanh}(x\,W + h' U + b)"},
    ),
)

# The GRU: h runs on top, where the LSTM has c. Its candidate takes x from a line of its own.
_GRU_PLACES = {
    "x": (1.35, -0.3),
    "h'": (0.35, 4.7),
    "h": (9.75, 4.7),
    "join": (1.35, 1.1),
    "x-turn": (1.35, 0.5),
    "h-turn": (1.35, 3.2),
    "U h'": (2.3, 3.2),
    "r": (3.3, 2.15),
    "z": (4.9, 2.15),
    "n": (7.6, 2.15),
    "r*h'": (3.3, 3.2),
    "n-turn": (6.5, 3.2),
    "z*h'": (4.9, 4.7),
    "1-z": (6.25, 3.85),
    "(1-z)*n": (7.6, 3.85),
    "add": (7.6, 4.7),
}


def _gru(after: bool) -> tuple:
    product = r"(h' U_n + \mathit{bn})" if after else r"h'\,U_n"
    reset = r"r * (h' U_n + \mathit{bn})" if after else r"(r * h')\,U_n"
    product_box = (Box("U h'", r"$\cdot\,U_n$", name="+ bn"),) if after else ()

    def candidate(past):
        return rf"\mathrm{{tanh}}(x\,W_n + {past} + b_n)"

    return (
        Stage(
            "the candidate n: the plain network's layer, as a proposal",
            (
                Port("x", X, "below"),
                Port("h'", H_OLD),
                Port("h", H, "right"),
                Box("n", "tanh", "n", "candidate"),
                *product_box,
                Wire("x -- x-turn -| n"),
                Wire("h' -| h-turn -- U h' -- r*h' -| n-turn |- n"),
                Wire("n -- (1-z)*n -- add -- h"),
            ),
            {"n": candidate(product), "h": "n"},
        ),
        Stage(
            "the update gate z keeps: how much of the old state stays",
            (
                Join("join"),
                Box("z", SIGMA, "z", "update"),
                Node("z*h'", "×"),
                Node("add", "+"),
                Wire("x-turn -- join"),
                Wire("h-turn -- join"),
                Wire("join -| z", thick=True),
                Wire("z -- z*h'"),
                Wire("h-turn&h' -- z*h' -- add"),
            ),
            {"z": layer("sigma", "z"), "h": "z * h' + n"},
        ),
        Stage(
            "the same gate writes: what is not kept makes room for the candidate",
            (
                Node("1-z", "1−"),
                Node("(1-z)*n", "×"),
                Wire("z&1-z -- 1-z"),
                Wire("1-z -- (1-z)*n"),
            ),
            {"h": r"z * h' + (1 - z) * n"},
        ),
        Stage(
            "the reset gate r: how much of the past the candidate sees",
            (
                Box("r", SIGMA, "r", "reset"),
                Node("r*h'", "×"),
                Wire("r&join -- r", thick=True),
                Wire("r -- r*h'"),
            ),
            {"r": layer("sigma", "r"), "n": candidate(reset)},
        ),
    )


_GATES, _GRU_ROWS = (("i", "f", "g", "o"), ("c", "h")), (("r", "z", "n"), ("h",))
_RNN_PLACES = {name: _LSTM_PLACES[name] for name in ("x", "h'", "h", "join", "g")} | {"h-turn": (8.45, 0.95)}
_BEFORE, _AFTER = "GRU, reset before the product", "GRU, reset after the product"
CIRCUITS = {
    "rnn": Circuit("RNN", "RNN", _RNN_PLACES, _RNN, (("h",), ()), 2.9),
    "lstm97": Circuit("LSTM 1997", "LSTM 1997", _LSTM_PLACES, _LSTM97, (("i", "g", "o"), ("c", "h")), 5.2),
    "lstm": Circuit("LSTM", "LSTM", _LSTM_PLACES, _LSTM, _GATES, 5.2),
    "peephole": Circuit("Peephole LSTM", "Peephole LSTM", _LSTM_PLACES, _PEEPHOLE, _GATES, 5.2),
    "gru": Circuit(_BEFORE, "GRU", _GRU_PLACES, _gru(False), _GRU_ROWS, 5.2),
    "gru-after": Circuit(_AFTER, "GRU, reset after", _GRU_PLACES, _gru(True), _GRU_ROWS, 5.2),
}
