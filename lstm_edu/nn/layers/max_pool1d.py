"""The largest number of each window of steps."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lstm_edu.core import checks
from lstm_edu.core.layer import Layer
from lstm_edu.core.parameters import Parameters

from .parts import LayerTape, checked_tape, own_floats
from .windows import out_steps, window_count


class MaxPool1D(Layer):
    """The maximum over windows of time, for each sequence and input; whole windows alone.

    Nothing is learned::

        y[t] = max of x[t·stride .. t·stride + width − 1]

    Parameters
    ----------
    width : int
        Steps of a window.
    stride : int, optional
        Steps from one window to the next; None: `width`.

    Raises
    ------
    ValueError
        For numbers below 1.

    Notes
    -----
    x is (T, B, D), y is ((T - width) // stride + 1, B, D); float32 and float64 stay what they are. The
    gradient goes to the first of equal maxima; NaN counts as the largest number. `out_steps(lengths)` are the lengths
    of y: no window within them reaches beyond the sequence's own length.

    Examples
    --------
    >>> MaxPool1D(2)(np.array([1.0, 3.0, 2.0, 0.0, 9.0]).reshape(5, 1, 1)).ravel()
    array([3., 2.])
    """

    inputs = units = None  # passes through
    dtype: Any = None
    fixed = Layer.fixed | {"width", "stride"}

    def __init__(self, width: int, stride: int | None = None) -> None:
        self.width = checks.whole("width", width)
        self.stride = self.width if stride is None else checks.whole("stride", stride)
        self.params = Parameters({}, np.float32)

    @classmethod
    def parameter_shapes(cls, **_: Any) -> dict[str, tuple]:
        return {}

    @classmethod
    def output_shape(cls, shape: tuple, *, width: int, stride: int | None = None) -> tuple:  # type: ignore[override]
        return (window_count(shape[0], width, width if stride is None else stride), *shape[1:])

    def config(self) -> dict[str, Any]:
        """The arguments that make this layer again, not its weights.

        Returns
        -------
        dict
            Plain numbers and strings by the arguments' names.
        """
        return {"width": self.width, "stride": self.stride}

    def out_steps(self, steps: Any) -> Any:
        """How many steps come out.

        Parameters
        ----------
        steps : int or array_like
            A number of steps that go in, or lengths (B,).

        Returns
        -------
        int or numpy.ndarray
            One number, or one for each length.

        Raises
        ------
        ValueError
            For fewer steps than one window needs.
        """
        return self._steps("steps", steps)

    def _steps(self, name: str, steps: Any) -> Any:
        return out_steps(name, steps, lambda n: (n - self.width) // self.stride + 1)

    def _members(self, x: np.ndarray, steps: int) -> list[np.ndarray]:
        """For each k the k-th member of every window, a view (steps, B, D)."""
        return [x[k : k + (steps - 1) * self.stride + 1 : self.stride] for k in range(self.width)]

    def forward(
        self,
        x: ArrayLike,
        state: tuple | list | None = None,
        *,
        lengths: ArrayLike | None = None,
        training: bool = True,
    ) -> tuple[np.ndarray, LayerTape]:
        """Take the maximum of every window.

        Parameters
        ----------
        x : array_like
            (T, B, D) floats.
        state : None or ()
            This layer has none.
        lengths : array_like or None
            (B,), how many steps of each sequence are real; None: all. They are only checked.
        training : bool, default True
            Changes nothing here.

        Returns
        -------
        y : numpy.ndarray
            (steps, B, D), of the type of x.
        tape : LayerTape
            What `backward` needs.

        Raises
        ------
        ValueError
            For other shapes or types.
        """
        self._no_state(state)
        x = own_floats("x", x, ("T", "B", "D"))
        steps = self._steps("x", x.shape[0])
        lengths = checks.lengths(lengths, *x.shape[:2])
        if lengths is not None:
            self._steps("lengths", lengths)
        first, *others = self._members(x, steps)
        y = first.copy()
        chosen = np.zeros(y.shape, np.min_scalar_type(self.width - 1))
        for k, other in enumerate(others, start=1):
            larger = ~(other <= y) & (y == y)  # so that the first NaN wins and stays
            np.copyto(y, other, where=larger)
            chosen[larger] = k
        return y, LayerTape(layer=self, in_shape=x.shape, chosen=chosen, dtype=x.dtype)

    def backward(
        self,
        dy: ArrayLike,
        tape: LayerTape,
        dstate: tuple | list | None = None,
        *,
        grads: Parameters | None = None,
        need_dx: bool = True,
    ) -> tuple[np.ndarray, Parameters, tuple]:
        """Take the gradient back from y to x.

        Parameters
        ----------
        dy : array_like
            Gradient with respect to y, like it.
        tape : LayerTape
            From `forward`.
        dstate : None or ()
            This layer has no state.
        grads : Parameters or None
            To write into; None: a new one.
        need_dx : bool, default True
            Changes nothing here.

        Returns
        -------
        dx : numpy.ndarray
            Gradient with respect to x, (T, B, D).
        grads : Parameters
            Empty: nothing is learned.
        dstate : tuple
            It is empty.

        Raises
        ------
        ValueError
            For a dy or a tape that does not fit.
        """
        checked_tape(self, tape)
        self._no_state(dstate, "dstate")
        dy = checks.floats("dy", dy, tape.chosen.shape, tape.dtype)
        dx = np.zeros(tape.in_shape, tape.dtype)
        for k, member in enumerate(self._members(dx, len(dy))):
            np.add(member, dy, out=member, where=tape.chosen == k)
        return dx, self._grads(grads), ()
