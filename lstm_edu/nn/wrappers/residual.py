"""A way past a layer: y = x + layer(x).   (He et al., Deep residual learning, 2016)"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lstm_edu.core import Container, Layer, Parameters, checks
from lstm_edu.core.container import ContainerTape, described


class Residual(Container):
    """A layer whose input is added to its output, so that an error has a way past it.

    ::

        y = x + layer(x)

    Parameters
    ----------
    layer : Layer
        One that gives as many steps and numbers as it takes: a cell whose units are its inputs.

    Raises
    ------
    ValueError
        For a layer of another shape, and for one that belongs to a network already.

    Notes
    -----
    The state is (state of the layer,). Beyond the lengths of sequences x is passed on as it is.

    References
    ----------
    He, Zhang, Ren and Sun, Deep residual learning for image recognition, CVPR 2016; TensorFlow's ResidualWrapper.

    Examples
    --------
    >>> import lstm_edu as le
    >>> cell, x = le.GRU(4, 4, rng=0), np.ones((3, 2, 4), np.float32)
    >>> y = cell(x)
    >>> bool((le.Residual(cell)(x) == x + y).all())
    True
    """

    def __init__(self, layer: Layer) -> None:
        super().__init__({"layer": layer})
        self.layer, self.inputs, self.units = layer, layer.inputs, layer.outputs
        shape = layer.input_shape()
        out = type(layer).output_shape(shape, **layer.config())
        if out != shape:
            raise ValueError(f"layer must give what it takes, {_text(shape)}, got {type(layer).__name__}: {_text(out)}")

    fixed = Container.fixed | {"layer"}

    def config(self) -> dict[str, Any]:
        """The arguments that make this layer again, not its weights.

        Returns
        -------
        dict
            "layer".
        """
        return {"layer": self.layer}

    @classmethod
    def output_shape(cls, shape: tuple, *, layer: Any) -> tuple:  # type: ignore[override]
        """The shape that goes in.

        Parameters
        ----------
        shape : tuple of int or str
            What goes in.
        layer : Layer or dict
            The layer, or its description.

        Returns
        -------
        tuple of int or str
            The same.
        """
        kind, config = described(layer)
        return kind.output_shape(shape, **config)

    def out_steps(self, steps: Any) -> Any:
        """How many steps come out.

        Parameters
        ----------
        steps : int or array_like
            A number of steps that go in, or lengths (B,).

        Returns
        -------
        int or numpy.ndarray
            As many as went in.
        """
        return self.layer.out_steps(steps)

    def forward(
        self,
        x: ArrayLike,
        state: tuple | list | None = None,
        *,
        lengths: ArrayLike | None = None,
        training: bool = True,
    ) -> tuple[np.ndarray, ContainerTape]:
        """Run the layer, and add what went in.

        Parameters
        ----------
        x : array_like
            (T, B, D) floats.
        state : tuple or None
            (state of the layer,); None: zeros.
        lengths : array_like or None
            (B,), how many steps of each sequence are real; None: all.
        training : bool, default True
            False switches dropout off.

        Returns
        -------
        y : numpy.ndarray
            (T, B, D).
        tape : ContainerTape
            What `backward` needs; `tape.state` goes on.

        Raises
        ------
        ValueError
            Where the layer does.
        """
        (own,) = self.child_states(state)
        x = checks.floats("x", x, ("T", "B", self.inputs or "D"), self.dtype)
        y, tape = self.layer.forward(x, own, lengths=lengths, training=training)
        return x + y, self.tape([tape])

    def backward(
        self,
        dy: ArrayLike,
        tape: ContainerTape,
        dstate: tuple | list | None = None,
        *,
        grads: Parameters | None = None,
        need_dx: bool = True,
    ) -> tuple[np.ndarray | None, Parameters, tuple]:
        """Take the gradient back through the layer, and past it.

        Parameters
        ----------
        dy : array_like
            (T, B, D), gradient with respect to y.
        tape : ContainerTape
            From `forward`.
        dstate : tuple or None
            Gradient with respect to the final state; None: zero.
        grads : Parameters or None
            To write into; None: a new one.
        need_dx : bool, default True
            False: dx is not made.

        Returns
        -------
        dx : numpy.ndarray or None
            (T, B, D).
        grads : Parameters
            Gradients with the names of `params`.
        dstate : tuple
            Gradient with respect to the initial state.

        Raises
        ------
        ValueError
            For a tape of another layer, and where the layer does.
        """
        self.check_tape(tape)
        grads, (own,) = self._grads(grads), self.child_states(dstate, "dstate")
        part = self.part(grads, "layer")
        dx, _, own = self.layer.backward(dy, tape.tapes[0], own, grads=part, need_dx=need_dx)
        return (None if dx is None else dx + np.asarray(dy, dx.dtype)), grads, (own,)


def _text(shape: tuple) -> str:
    return f"({', '.join(map(str, shape))})"
