"""Chapter 17: ensembles that forecast the sunspots up to 11 years ahead, and how often their intervals are right."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from lstm_edu import cells, nn, tasks
from lstm_edu.core import Layer

from .experiment import Experiment, Values

CELLS: dict[str, Callable[..., Layer]] = {
    "rnn": cells.RNN,
    "lstm": cells.LSTM,
    "gru": lambda inputs, units, rng: cells.GRU(inputs, units, reset_after=True, rng=rng),
}
UNITS, MEMBERS, ORDER = 8, 5, 12
SEEN, AHEAD, DRAWS = 33, 11, 100  # years that are read, years that are forecast, paths in all
MEASURES = ("valid", "test", "member test", "test 1", "test 11", "spread", "training errors", "validation errors")

Model = Callable[[np.ndarray], np.ndarray]


def run(variant: str, rate: float, seed: int, marks: tuple[int, ...]) -> Iterator[tuple[int, Values]]:
    """Errors in sunspots on validation and test years, and which share of test years three 90 % intervals hold."""
    series = _Series()
    if variant == "ar":
        for steps in marks:
            yield steps, series.judge([series.autoregression()], seed)
        return
    members = [series.train(variant, rate, one, marks) for one in np.random.SeedSequence(seed).spawn(MEMBERS)]
    for steps in marks:
        yield steps, series.judge([next(member) for member in members], seed)


class _Series:
    """The years with their numbers, and everything that is done with them."""

    def __init__(self) -> None:
        task = tasks.Sunspots(length=SEEN)
        train, valid, test = (task.ordered(split)[1] for split in ("train", "valid", "test"))
        targets = [batch.target[:, 0] for batch in (train, valid, test)]
        self.z = np.concatenate([train.x[:, 0, 0], *targets])
        self.unit = float(task.sunspots(1) - task.sunspots(0))
        self.least = -float(task.sunspots(0)) / self.unit  # no sunspots at all
        self.ends = SEEN + np.cumsum([len(target) for target in targets])  # of the three parts

    def train(self, cell: str, rate: float, seed: Any, marks: tuple[int, ...]) -> Iterator[Model]:
        rng = np.random.default_rng(seed)
        net = nn.Sequential([CELLS[cell](1, UNITS, rng=rng), nn.Dense(UNITS, 1, steps="last", rng=rng)])
        x, target = self.windows(SEEN, self.ends[0])
        optimizer, loss = nn.Adam(rate), nn.MeanSquaredError()
        for step in range(1, marks[-1] + 1):
            y, tape = net.forward(x)
            value, dy = loss(y, target)
            if not np.isfinite(value):
                raise FloatingPointError(f"the loss is {value} after {step} steps")
            _, grads, _ = net.backward(dy, tape)
            optimizer.step(net.params, grads, clip=1.0)
            if step in marks:
                yield net

    def autoregression(self) -> Model:
        x, target = self.windows(SEEN, self.ends[0])

        def rows(x: np.ndarray) -> np.ndarray:
            return np.c_[x[-ORDER:, :, 0].T, np.ones(x.shape[1])]

        weights = np.linalg.lstsq(rows(x), target, rcond=None)[0]
        return lambda x: rows(x) @ weights

    def windows(self, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
        """What is read before each of some places (SEEN, N, 1), and what stands there (N, 1)."""
        view = np.lib.stride_tricks.sliding_window_view(self.z[first - SEEN : last], SEEN + 1)
        return view[:, :SEEN].T[:, :, None].copy(), view[:, SEEN:].copy()

    def errors_ahead(self, values: np.ndarray, first: int, last: int) -> np.ndarray:
        """(AHEAD, N) forecasts less what came, nan where the part has ended before."""
        there = np.arange(AHEAD)[:, None] + np.arange(first, last)
        came = np.where(there < last, self.z[np.minimum(there, last - 1)], np.nan)
        return values - came

    def judge(self, models: list[Model], seed: int) -> Values:
        begin, middle, end = self.ends
        ahead = {}
        for name, first, last in (("valid", begin, middle), ("test", middle, end)):
            x = self.windows(first, last)[0]
            paths = np.array([_fed_back(model, x) for model in models])
            ahead[name] = paths, np.array([self.errors_ahead(path, first, last) for path in paths])
        paths, errors = ahead["test"]
        together = errors.mean(axis=0)
        values = {
            "valid": self.unit * _root(ahead["valid"][1].mean(axis=0)),
            "test": self.unit * _root(together),
            "member test": self.unit * _root(errors),
            "test 1": self.unit * _root(together[0]),
            "test 11": self.unit * _root(together[-1]),
        }
        spread = 1.645 * paths.std(axis=0, ddof=1) if len(models) > 1 else np.zeros_like(paths[0])
        low, high = paths.mean(axis=0) - spread, paths.mean(axis=0) + spread
        values["spread"] = self.share_inside(low, high)
        rng = np.random.default_rng(seed)
        x, draws = self.windows(middle, end)[0], DRAWS // len(models)
        for name, first, last in (("training errors", SEEN, begin), ("validation errors", begin, middle)):
            known, target = self.windows(first, last)
            one = np.concatenate([target - model(known) for model in models])[:, 0]
            drawn = [_fed_back(model, np.repeat(x, draws, axis=1), one, rng, self.least) for model in models]
            fan = np.concatenate([path.reshape(AHEAD, -1, draws) for path in drawn], axis=-1)
            values[name] = self.share_inside(*np.quantile(fan, (0.05, 0.95), axis=-1))
        return {name: float(value) for name, value in values.items()}

    def share_inside(self, low: np.ndarray, high: np.ndarray) -> float:
        first, last = self.ends[1:]
        under, over = self.errors_ahead(low, first, last), self.errors_ahead(high, first, last)
        known = ~np.isnan(under)
        return float(((under <= 0) & (over >= 0))[known].mean())


def _fed_back(model: Model, x: np.ndarray, errors: Any = None, rng: Any = None, least: float = -np.inf) -> np.ndarray:
    """(AHEAD, N) forecasts, each the model's for the window that ends with the one before, with errors drawn if any."""
    path = []
    for _ in range(AHEAD):
        y = model(x)
        if errors is not None:
            y = np.maximum(y + rng.choice(errors, y.shape), least)
        y = y.astype(x.dtype)
        x = np.concatenate([x[1:], y[None]])
        path.append(y[:, 0])
    return np.array(path)


def _root(errors: np.ndarray) -> float:
    return float(np.sqrt(np.nanmean(np.square(errors, dtype=np.float64))))


EXPERIMENTS = (
    Experiment(
        name="forecasts",
        claim="A network sees farther than a straight line, and held-out errors make its interval wide enough.",
        variants=("rnn", "lstm", "gru", "ar"),
        rates=(0.006, 0.01, 0.02, 0.035, 0.06),
        steps=(40, 120, 360),
        measures=MEASURES,
        run=run,
        seeds=6,
    ),
)
