"""Where the course lies, and what each of its chapters is."""

import re
import site
import sysconfig
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from lstm_edu.core import checks

_NAME = re.compile(r"(\d\d)_\w+")


@dataclass(frozen=True)
class Chapter:
    """One chapter: its source, `notebooks/src/03_name.py`, and the notebook made from it, `notebooks/03_name.ipynb`."""

    course: "Course"
    name: str

    @property
    def number(self) -> int:
        return int(self.name[:2])

    @property
    def source(self) -> Path:
        return self.course.folder / "src" / f"{self.name}.py"

    @property
    def notebook(self) -> Path:
        return self.course.folder / f"{self.name}.ipynb"


@dataclass(frozen=True)
class Course:
    """The chapters in a folder `notebooks`, with `figures` beside it."""

    folder: Path

    @property
    def figures(self) -> Path:
        return self.folder.parent / "figures"

    @property
    def evidence(self) -> Path:
        return self.folder / "evidence"

    @property
    def reproduced(self) -> Path:
        return self.figures / "reproduced"

    @cached_property
    def chapters(self) -> list[Chapter]:
        """Every chapter that has a source or a notebook, by number."""
        files = [*self.folder.glob("*.ipynb"), *self.folder.glob("src/*.py")]
        return [Chapter(self, name) for name in sorted({f.stem for f in files if _NAME.fullmatch(f.stem)})]

    def choose(self, numbers: Iterable[str]) -> list[Chapter]:
        """The chapters with these numbers, such as ["00", "3"]; all of them where there are none.

        Raises
        ------
        ValueError
            For a number that no chapter has.
        """
        known = {f"{chapter.number:02d}": chapter for chapter in self.chapters}
        return [known[checks.one_of("chapter", str(n).zfill(2), known)] for n in numbers] or self.chapters

    @cached_property
    def settings(self) -> dict[str, str]:
        """`[tool.lstm_edu]` of the pyproject.toml beside the folder: `repository` and `branch`, for the buttons."""
        file = self.folder.parent / "pyproject.toml"
        found = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        return {"repository": "", "branch": "main"} | found.get("tool", {}).get("lstm_edu", {})


def find(start: str | Path | None = None) -> Course:
    """The course of the clone around a folder, else of the clone that this package runs from, else the installed copy.

    Parameters
    ----------
    start : path, optional
        The folder to begin with; the present one where none is given.

    Returns
    -------
    Course
        With at least one chapter.

    Raises
    ------
    ValueError
        With where it was looked for.
    """
    here = Path(start or ".").resolve()
    around = [Course(parent / "notebooks") for parent in (here, *here.parents)]
    clones = [course for course in around if _is_ours(course)] + [Course(Path(__file__).parents[2] / "notebooks")]
    bases = (sysconfig.get_path("data"), site.getuserbase())
    installed = [Course(Path(base, "share", "lstm_edu", "notebooks")) for base in bases]
    for course in clones + installed:
        if course.chapters:
            return course
    raise ValueError(
        f"the chapters are neither in {here / 'notebooks'} or above it nor installed with the package: "
        'run this inside a clone of the repository, or pip install --force-reinstall "lstm_edu[course]"'
    )


def _is_ours(course: Any) -> bool:
    """Whether the chapters are of this course: another project may have a folder `notebooks` too."""
    sources = [chapter.source for chapter in course.chapters if chapter.source.is_file()]
    return any("lstm_edu" in source.read_text(encoding="utf-8", errors="replace") for source in sources)


def need(*modules: str, extra: str = "course") -> None:
    """Make sure that modules are installed.

    Parameters
    ----------
    *modules : str
        Their names.
    extra : str
        The extra of this package that brings them.

    Raises
    ------
    ImportError
        With what is missing and what to type.
    """
    from importlib.util import find_spec

    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise ImportError(f'this needs {", ".join(missing)}: pip install "lstm_edu[{extra}]"')
