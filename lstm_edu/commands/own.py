"""A file of one's own, whose cells the commands then know."""

import importlib
import sys
from pathlib import Path


def load(file: Path) -> None:
    """Run a Python file as a module that worker processes can import too.

    Parameters
    ----------
    file : Path
        It registers its classes with `lstm_edu.register`.

    Raises
    ------
    ValueError
        Without such a file, and where Python knows another module of its name.
    """
    file = file.resolve()
    if file.suffix != ".py" or not file.is_file():
        raise ValueError(f"with must be a Python file that exists, got {str(file)!r}")
    sys.path.insert(0, str(file.parent))
    module = importlib.import_module(file.stem)
    if Path(getattr(module, "__file__", None) or "").resolve() != file:
        raise ValueError(f"with: Python has another module named {file.stem!r}; give {file.name!r} another name")
