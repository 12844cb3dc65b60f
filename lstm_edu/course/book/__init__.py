"""The course as an HTML book: the executed notebooks and a reference made from the docstrings, readable offline."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

import lstm_edu

_NEEDS = ("sphinx", "myst_nb", "sphinx_book_theme", "nbformat")
_WIDGET = "application/vnd.jupyter.widget-view+json"
_APPENDIX = 12  # chapters from this number on are appendices


def build_book(notebooks: Path, out: Path) -> Path:
    """Build the book of the executed `notebooks`/*.ipynb into the folder `out`; returns its first page, index.html.

    Figures that the chapters' text shows are looked for in the folder figures beside `notebooks`. No cell is run. What
    Sphinx warns of (a link to nowhere, an image that is not there, output on stderr) is an error, and `out` stays as
    it was. A book of before in `out` is replaced; any other folder with something in it is refused.

    Raises ImportError if Sphinx or one of its parts is not installed, ValueError for notebooks or a folder that won't
    do, and RuntimeError with Sphinx's words.
    """
    notebooks, out = Path(notebooks), Path(out)
    missing = [name for name in _NEEDS if importlib.util.find_spec(name) is None]
    mathjax = _mathjax_folder()
    if missing or mathjax is None:
        missing += ["sphinx-mathjax-offline"] * (mathjax is None)
        raise ImportError(f'the book needs {", ".join(missing)}: python -m pip install "lstm_edu[book]"')
    chapters = sorted(notebooks.glob("*.ipynb"))
    if not chapters:
        raise ValueError(f"notebooks must be a folder with executed chapters (*.ipynb), got {str(notebooks)!r}")
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / ".buildinfo").exists())):
        raise ValueError(f"out must be a new or empty folder, or a book of before, got {str(out)!r}")
    with tempfile.TemporaryDirectory() as folder:
        source, built = Path(folder, "source"), Path(folder, "book")
        _write_source(chapters, notebooks.parent / "figures", source)
        _run_sphinx(source, built)
        shutil.rmtree(built / ".doctrees", ignore_errors=True)
        if (source / "figures").exists():  # also for <img> in HTML, which Sphinx does not follow
            shutil.copytree(source / "figures", built / "figures", dirs_exist_ok=True)
        for template in (built / "_static").glob("*.html"):  # the theme's own, of no use to a reader
            template.unlink()
        (built / "_static" / "mathjax").mkdir()
        shutil.copy(mathjax / "tex-svg-full.js", built / "_static" / "mathjax")
        (built / ".nojekyll").touch()
        if out.exists():
            shutil.rmtree(out)
        shutil.copytree(built, out)
    return out / "index.html"


def _mathjax_folder() -> Path | None:
    """The folder of MathJax 3 in the installed package sphinx-mathjax-offline, which carries it as published."""
    try:
        files = metadata.files("sphinx-mathjax-offline") or ()
    except metadata.PackageNotFoundError:
        return None
    return next((Path(file.locate()).parent for file in files if file.name == "tex-svg-full.js"), None)


def _run_sphinx(source: Path, built: Path) -> None:
    """In a process of its own: Sphinx changes its process in ways that can't be undone."""
    command = [sys.executable, "-m", "sphinx", "--builder", "html", "--fail-on-warning", "--keep-going", "--quiet"]
    command += ["--conf-dir", str(Path(__file__).parent), "--doctree-dir", str(source.with_name("doctrees"))]
    environment = os.environ | {"PYTHONWARNINGS": "ignore"}
    # the package that is being run is the one that is described
    environment["PYTHONPATH"] = os.pathsep.join(
        [str(Path(lstm_edu.__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    done = subprocess.run([*command, str(source), str(built)], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"the book could not be built:\n{done.stderr.replace(str(source) + os.sep, '').strip()}")


def _write_source(chapters: list[Path], figures: Path, source: Path) -> None:
    """Everything that Sphinx reads: the chapters, the figures, the first page and the pages of the reference."""
    (source / "notebooks").mkdir(parents=True)
    (source / "api").mkdir()
    if figures.is_dir():
        shutil.copytree(figures, source / "figures")
    rows = []
    for chapter in chapters:
        book = _prepared(chapter)
        rows.append((chapter.stem, *_title_and_question(book)))
        _write_notebook(book, source / "notebooks" / chapter.name)
    (source / "index.md").write_text(_first_page(rows), encoding="utf-8")
    from .reference import pages

    for name, text in pages().items():
        (source / "api" / f"{name}.rst").write_text(text, encoding="utf-8")


def _prepared(chapter: Path):
    """The notebook without what only a kernel can show, and with words on its closed cells."""
    import nbformat

    book = nbformat.read(chapter, as_version=4)
    book.metadata.pop("widgets", None)
    for cell in book.cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if _WIDGET not in output.get("data", {})]
            if "hide-cell" in tags:
                kind = "solution" if "solution" in tags else "code"
                cell.metadata["mystnb"] = {
                    "code_prompt_show": f"Show the {kind}",
                    "code_prompt_hide": f"Hide the {kind}",
                }
    return book


def _write_notebook(book, path: Path) -> None:
    import nbformat

    nbformat.write(book, path)


def _title_and_question(book) -> tuple[str, str]:
    """The heading of a chapter and the first paragraph under it."""
    text = next((cell.source for cell in book.cells if cell.cell_type == "markdown"), "")
    heading, _, rest = text.partition("\n")
    paragraphs = (" ".join(part.split()) for part in re.split(r"\n\s*\n", rest))
    question = next((part for part in paragraphs if part and not part.startswith(("!", "<", "#", "|", "["))), "")
    return heading.lstrip("# ").strip(), question


def _first_page(rows) -> str:
    main = [row for row in rows if not _is_appendix(row[0])]
    appendices = [row for row in rows if _is_appendix(row[0])]
    parts = [_ABOUT, "## The chapters\n", _chapter_table(main)]
    if appendices:
        parts += ["## Appendices\n", _chapter_table(appendices)]
    parts += [_START, _toctree("Chapters", main)]
    if appendices:
        parts.append(_toctree("Appendices", appendices))
    parts.append("```{toctree}\n:hidden:\n:caption: Reference\n\napi/index\n```\n")
    return "\n".join(parts)


def _is_appendix(stem: str) -> bool:
    number = re.match(r"\d+", stem)
    return number is not None and int(number.group()) >= _APPENDIX


def _chapter_table(rows) -> str:
    lines = ["| chapter | its question |", "| --- | --- |"]
    for stem, title, question in rows:
        cells = [f"[{title or stem}](notebooks/{stem}.ipynb)", question]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _toctree(caption: str, rows) -> str:
    names = "\n".join(f"notebooks/{stem}" for stem, *_ in rows)
    return f"```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{names}\n```\n"


_ABOUT = """# Recurrent networks, step by step

This course goes from a plain recurrent network to every cell of the package `lstm_edu`. Each chapter asks one question
and answers it with an experiment that you can change and run again in seconds. You need calculus and NumPy; nothing of
recurrent networks is taken for granted.
"""

_START = """## How to start

To read, begin with the first chapter and go on with the arrow at the foot of each page. Exercises have their solution
behind a click. The magnifying glass searches all chapters and the [reference](api/index).

To work along, run the chapters on your own computer. In the folder of the project:

```sh
python -m pip install -e ".[course]"
lstm-edu course open
```

The button with the arrow down, at the top of each chapter, saves its notebook.

This book needs no network: formulas, figures and search come with it.
"""
