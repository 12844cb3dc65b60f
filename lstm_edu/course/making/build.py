"""From a chapter's source to its notebook: read, run in a fresh kernel, made tidy, written in one go."""

from __future__ import annotations  # nbformat is imported where it is needed

import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import lstm_edu
from lstm_edu.core.files import replace_file
from lstm_edu.course import library
from lstm_edu.course.chapter import FIGURES

from . import notebook

if TYPE_CHECKING:
    from nbformat import NotebookNode

CELL_SECONDS = 300  # a cell that takes longer is stopped

_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class ChapterFailed(Exception):
    """A cell of a chapter raised; the text names the cell and the error."""


def make(chapter: library.Chapter) -> NotebookNode:
    """The notebook of a chapter as its source has it, without outputs: the same bytes for the same source.

    Solutions are folded: code cells by JupyterLab's and the book's marks for that, text by ``<details>``. Of a cell
    with the tag "alt", which shows a figure and says it in words, the code is folded and the figure is not.
    """
    library.need("jupytext", "nbformat")
    import jupytext
    from nbformat import v4

    read = jupytext.read(chapter.source, fmt="py:percent")
    made = v4.new_notebook(metadata=_METADATA, nbformat_minor=5)
    seen: dict[str, int] = {}
    for place, cell in enumerate(read.cells):
        source, tags = cell.source, list(cell.metadata.get("tags", []))
        metadata: dict[str, Any] = {"tags": tags} if tags else {}
        if place == 0:
            source += _buttons(chapter)
        if "solution" in tags and cell.cell_type == "code":
            hidden = {"source_hidden": True, "outputs_hidden": True}  # "right." gives hope where there is "not yet"
            metadata |= {"jupyter": hidden, "tags": [*tags, "hide-cell"]}
        elif "alt" in tags:
            metadata |= {"jupyter": {"source_hidden": True}, "tags": [*tags, "hide-input"]}
        elif "solution" in tags:
            source = f"<details><summary>Solution</summary>\n\n{source}\n\n</details>"
        # an id that changes only with the cell, so that a diff shows what was edited and nothing else
        key = hashlib.sha256(f"{cell.cell_type}{source}".encode()).hexdigest()[:8]
        seen[key] = seen.get(key, 0) + 1
        key += f"-{seen[key]}" if seen[key] > 1 else ""
        new = v4.new_code_cell if cell.cell_type == "code" else v4.new_markdown_cell
        made.cells.append(new(source, metadata=metadata, id=key))
    return made


def _buttons(chapter: library.Chapter) -> str:
    """Links that open the chapter on Binder and in Colab, where pyproject.toml names the repository (owner/name)."""
    settings = chapter.course.settings
    if not settings["repository"]:
        return ""
    repository, branch = settings["repository"], settings["branch"]
    path = f"notebooks/{chapter.name}.ipynb"
    binder = f"https://mybinder.org/v2/gh/{repository}/{branch}?labpath={quote(path, safe='')}"
    colab = f"https://colab.research.google.com/github/{repository}/blob/{branch}/{path}"
    install = f'`%pip install "lstm_edu[course] @ git+https://github.com/{repository}"`'
    return f"\n\nRun this chapter [on Binder]({binder}) or [in Colab]({colab}) (there first: {install})."


def run(chapter: library.Chapter, figures: str | Path | None = None) -> NotebookNode:
    """The chapter's notebook with its outputs, from a fresh kernel of this Python.

    The kernel works in an empty folder, without progress bars and without the user's IPython settings.

    Parameters
    ----------
    chapter : Chapter
        One with a source.
    figures : path, optional
        The folder for figures that have a name; without it they are dropped.

    Returns
    -------
    nbformat.NotebookNode
        Tidy, as `tidy` leaves it.

    Raises
    ------
    ChapterFailed
        With the cell and the error.
    """
    library.need("nbclient", "ipykernel")
    import matplotlib.font_manager  # noqa: F401 - makes its cache here: in a chapter it would say so on stderr
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    class ThisPython(KernelSpecManager):
        """The kernel of the running Python, whatever "python3" means to the user's Jupyter."""

        def get_kernel_spec(self, kernel_name: str) -> Any:
            argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=ERROR"]
            return KernelSpec(argv=argv, display_name="Python 3", language="python")

    made = make(chapter)
    if not any(cell.cell_type == "code" for cell in made.cells):  # an appendix needs no kernel
        tidy(made)
        return made
    with tempfile.TemporaryDirectory() as scratch:
        work, settings = Path(scratch, "work"), Path(scratch, "ipython")
        work.mkdir()
        package = str(Path(lstm_edu.__file__).resolve().parents[1])
        environment = os.environ | {
            FIGURES: str(figures or Path(scratch, "figures")),
            "PYTHONPATH": os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")])),
            "TQDM_DISABLE": "1",
            "IPYTHONDIR": str(settings),
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # silences the debugger's warning about frozen modules
        }
        environment.pop("MPLBACKEND", None)
        client = NotebookClient(
            made,
            km=AsyncKernelManager(kernel_spec_manager=ThisPython()),
            timeout=CELL_SECONDS,
            record_timing=False,
            resources={"metadata": {"path": str(work)}},
        )
        try:
            client.execute(cleanup_kc=True, env=environment)
        except CellExecutionError as error:
            raise ChapterFailed(_words(made, f"{error.ename}: {error.evalue}")) from None
        except CellTimeoutError:
            raise ChapterFailed(_words(made, f"longer than {CELL_SECONDS} s")) from None
        except DeadKernelError:
            raise ChapterFailed(_words(made, "the kernel died")) from None
    tidy(made)
    return made


def _words(made: NotebookNode, error: str) -> str:
    """Which cell failed, with its first line."""
    ran = [k for k, cell in enumerate(made.cells) if cell.cell_type == "code" and cell.get("execution_count")]
    failed = [k for k in ran if any(output.output_type == "error" for output in made.cells[k].outputs)]
    place = (failed or ran or [0])[-1]
    first = next((line for line in made.cells[place].source.splitlines() if line.strip()), "")
    return f"cell {place + 1} (`{first}`): {error}"


def tidy(made: NotebookNode) -> None:
    """Drop from an executed notebook what differs between two runs with the same results, in place."""
    made.metadata.clear()
    made.metadata.update(_METADATA)
    for cell in notebook.code_cells(made):
        cell.metadata.pop("execution", None)
        outputs: list[Any] = []
        for output in cell.outputs:
            output.pop("transient", None)
            before = outputs[-1] if outputs else {}
            if output.output_type == "stream" and before.get("name") == output.name:
                before["text"] += output.text  # in how many parts a text arrives is chance
            else:
                outputs.append(output)
        cell.outputs = outputs


def build(chapter: library.Chapter) -> tuple[NotebookNode, float]:
    """Run a chapter and write its notebook and figures, each by a temporary name and a rename.

    Returns
    -------
    made : nbformat.NotebookNode
        The notebook with its outputs.
    seconds : float
        How long it ran.

    Raises
    ------
    ChapterFailed
        Where a cell fails; nothing is written then.
    """
    import nbformat

    with tempfile.TemporaryDirectory() as scratch:
        start = time.perf_counter()
        made = run(chapter, figures=scratch)
        seconds = time.perf_counter() - start
        chapter.course.figures.mkdir(exist_ok=True)
        for figure in sorted(Path(scratch).iterdir()):
            replace_file(chapter.course.figures / figure.name, figure.read_bytes())
        replace_file(chapter.notebook, (nbformat.writes(made) + "\n").encode())
    return made, seconds


def drift(chapter: library.Chapter) -> list[str]:
    """What differs between a chapter's source and its notebook, in words; an empty list where nothing does."""
    if not chapter.source.is_file():
        return [f"{chapter.name}: there is a notebook without a source"]
    if not chapter.notebook.is_file():
        return ["not built yet"]
    wanted, stored = make(chapter).cells, notebook.read(chapter.notebook).cells
    for place, (a, b) in enumerate(zip(wanted, stored, strict=False), start=1):
        if (a.cell_type, a.source, notebook.tags(a)) != (b.cell_type, b.source, notebook.tags(b)):
            first = next((line for line in a.source.splitlines() if line.strip()), "")
            return [f"cell {place} differs from the source (`{first}`): build the chapter anew"]
    if len(wanted) != len(stored):
        return [f"{len(stored)} cells, but {len(wanted)} in the source: build the chapter anew"]
    return []


def copy_figures(course: library.Course, names: Iterable[str], folder: Path) -> None:
    """Copy the named figures of the course into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in sorted(names):
        shutil.copyfile(course.figures / name, folder / name)
