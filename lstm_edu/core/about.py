"""What a trained network's numbers mean, kept with the network: in memory, in a copy, in a file."""

import json
from dataclasses import dataclass, field, fields
from typing import Any

from . import checks
from .scaling import Scaling

LOSSES = ("mean_squared_error", "softmax_cross_entropy", "sigmoid_cross_entropy")


@dataclass(frozen=True)
class About:
    """What goes into a network and what comes out of it. Training sets it; `save` and `load` keep it.

    Parameters
    ----------
    loss : {"mean_squared_error", "softmax_cross_entropy", "sigmoid_cross_entropy"}, optional
        What it was trained for: numbers, classes, or a yes or no for each output.
    steps : {"last", "all"}, optional
        Whether there is a target for each sequence, or for each step.
    symbols : sequence of str, optional
        What the whole numbers that go in stand for, such as the characters of a text.
    classes : sequence of str, int, float or bool, optional
        What the outputs of a classifier stand for.
    inputs, target : Scaling, optional
        How the data's units become the network's.
    trained : dict, optional
        Whatever else is worth keeping, fit for JSON: task, settings, scores.

    Raises
    ------
    ValueError
        For things of another kind.

    Examples
    --------
    >>> about = About(loss="softmax_cross_entropy", steps="last", classes=["cat", "dog"])
    >>> About.from_json(about.to_json()) == about
    True
    """

    loss: str | None = None
    steps: str | None = None
    symbols: tuple[str, ...] | None = None
    classes: tuple[str | int | float | bool, ...] | None = None
    inputs: Scaling | None = None
    target: Scaling | None = None
    trained: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.loss is not None:
            checks.one_of("loss", self.loss, LOSSES)
        if self.steps is not None:
            checks.one_of("steps", self.steps, ("last", "all"))
        for name, kinds in (("symbols", (str,)), ("classes", (str, int, float, bool))):
            values = getattr(self, name)
            if values is not None:
                if isinstance(values, str) or not all(isinstance(value, kinds) for value in values):
                    raise ValueError(f"{name} must be a list of {' or '.join(kind.__name__ for kind in kinds)}")
                object.__setattr__(self, name, tuple(values))
        for name in ("inputs", "target"):
            if not isinstance(getattr(self, name), Scaling | None):
                raise ValueError(f"{name} must be a Scaling, got {getattr(self, name)!r}")
        if not isinstance(self.trained, dict):
            raise ValueError(f"trained must be a dict, got {type(self.trained).__name__}")
        try:
            kept = json.loads(json.dumps(self.trained, allow_nan=False))
        except (TypeError, ValueError, RecursionError) as error:
            raise ValueError(f"trained must hold what JSON can: {error}") from None
        object.__setattr__(self, "trained", kept)  # a copy, equal to what comes back from a file

    def to_json(self) -> dict[str, Any]:
        """All that is known, fit for JSON.

        Returns
        -------
        dict
            By the names of the parameters, without what is None or empty.
        """
        known = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: _plain(value) for name, value in known.items() if value not in (None, {})}

    @classmethod
    def from_json(cls, known: Any) -> "About":
        """The way back from `to_json`.

        Parameters
        ----------
        known : dict
            As `to_json` gives it; it may come from anywhere.

        Returns
        -------
        About
            With the same content.

        Raises
        ------
        ValueError
            For anything else.
        """
        names = [each.name for each in fields(cls)]
        if not isinstance(known, dict) or known.keys() - set(names):
            raise ValueError(f"about must be a dict of {', '.join(names)}, no more")
        known = dict(known)
        for name in ("symbols", "classes"):
            if name in known and not isinstance(known[name], list):
                raise ValueError(f"{name} must be a list, got {type(known[name]).__name__}")
        for name in ("inputs", "target"):
            if name in known:
                pair = known[name]
                if not isinstance(pair, dict) or pair.keys() != {"mean", "scale"}:
                    raise ValueError(f"{name} must be a dict of mean, scale")
                known[name] = Scaling(**pair)
        return cls(**known)


def _plain(value: Any) -> Any:
    if isinstance(value, Scaling):
        return {"mean": list(value.mean), "scale": list(value.scale)}
    return list(value) if isinstance(value, tuple) else value
