"""The course as an HTML book: the executed notebooks and a reference made from the docstrings, readable offline."""

import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any

import lstm_edu
from lstm_edu.course import library
from lstm_edu.course.making import notebook

from . import papers

_MATHJAX = "tex-svg-full.js"
_WIDGET = "application/vnd.jupyter.widget-view+json"
_APPENDICES = range(12, 16)  # the numbers of those


def build_book(notebooks: str | Path, out: str | Path) -> Path:
    """Build the book of executed notebooks; no cell is run.

    What Sphinx warns of (a link to nowhere, an image that is not there, output on stderr) is an error.

    Parameters
    ----------
    notebooks : path
        The folder of the .ipynb files; figures that their text shows are looked for in the folder figures beside it.
    out : path
        New, empty, or with a book of before, which is replaced.

    Returns
    -------
    Path
        The first page, index.html.

    Raises
    ------
    ImportError
        If Sphinx or one of its parts is not installed.
    ValueError
        For notebooks or a folder that won't do.
    RuntimeError
        With Sphinx's words; `out` stays as it was.
    """
    course, out = library.Course(Path(notebooks)), Path(out)
    library.need("sphinx", "myst_nb", "sphinx_book_theme", extra="book")
    mathjax = _mathjax_folder()
    chapters = [chapter for chapter in course.chapters if chapter.notebook.is_file()]
    if not chapters:
        raise ValueError(f"notebooks must be a folder with executed chapters (NN_name.ipynb), got {str(notebooks)!r}")
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / ".buildinfo").exists())):
        raise ValueError(f"out must be a new or empty folder, or a book of before, got {str(out)!r}")
    with tempfile.TemporaryDirectory() as folder:
        source, built = Path(folder, "source"), Path(folder, "book")
        _write_source(chapters, sorted(course.folder.glob("*.md")), course.figures, source)
        _run_sphinx(source, built, course.settings)
        shutil.rmtree(built / ".doctrees", ignore_errors=True)
        if (source / "figures").exists():  # also for <img> in HTML, which Sphinx does not follow
            shutil.copytree(source / "figures", built / "figures", dirs_exist_ok=True)
        for template in (built / "_static").glob("*.html"):  # the theme's own, of no use to a reader
            template.unlink()
        (built / "_static" / "mathjax").mkdir()
        shutil.copy(mathjax / _MATHJAX, built / "_static" / "mathjax")
        _mend_links_from_sources(built)
        _write_texts(built)
        (built / ".nojekyll").touch()
        if out.exists():
            shutil.rmtree(out)
        shutil.copytree(built, out)
    return out / "index.html"


def _mathjax_folder() -> Path:
    """The folder of MathJax 3 in the installed package sphinx-mathjax-offline, which carries it as published."""
    try:
        files = metadata.files("sphinx-mathjax-offline") or ()
        return next(Path(file.locate()).parent for file in files if file.name == _MATHJAX)
    except (metadata.PackageNotFoundError, StopIteration):
        raise ImportError('this needs sphinx-mathjax-offline: pip install "lstm_edu[book]"') from None


def _run_sphinx(source: Path, built: Path, settings: dict) -> None:
    """In a process of its own: Sphinx changes its process in ways that can't be undone."""
    command = [sys.executable, "-m", "sphinx", "--builder", "html", "--fail-on-warning", "--keep-going", "--quiet"]
    command += ["--conf-dir", str(Path(__file__).parent), "--doctree-dir", str(source.with_name("doctrees"))]
    environment = os.environ | {
        "PYTHONWARNINGS": "ignore",
        "PYTHONIOENCODING": "utf-8",
        "LSTM_EDU_BOOK_REPOSITORY": settings["repository"],
        "LSTM_EDU_BOOK_BRANCH": settings["branch"],
    }
    # the package that is being run is the one that is described
    environment["PYTHONPATH"] = os.pathsep.join(
        [str(Path(lstm_edu.__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    done = subprocess.run([*command, str(source), str(built)], env=environment, capture_output=True, encoding="utf-8")
    if done.returncode:
        raise RuntimeError(f"the book could not be built:\n{done.stderr.replace(str(source) + os.sep, '').strip()}")


def _write_source(chapters: list, guides: list[Path], figures: Path, source: Path) -> None:
    """Everything that Sphinx reads: chapters and guides, figures, the first page and the pages of the reference."""
    import nbformat

    from .reference import pages

    (source / "notebooks").mkdir(parents=True)
    (source / "api").mkdir()
    if figures.is_dir():
        shutil.copytree(figures, source / "figures", ignore=shutil.ignore_patterns("*.md"))  # no pages
    made = {chapter: notebook.read(chapter.notebook) for chapter in chapters}
    (source / "index.md").write_text(_first_page(made, guides), encoding="utf-8")
    for guide in guides:
        (source / "guides").mkdir(exist_ok=True)
        shutil.copy(guide, source / "guides")
    for chapter, content in made.items():
        _prepare(content)
        nbformat.write(content, source / "notebooks" / chapter.notebook.name)
    for name, text in pages().items():
        (source / "api" / f"{name}.rst").write_text(text, encoding="utf-8")


def _prepare(content: Any) -> None:
    """Take out what only a kernel can show, put words on closed cells, links on papers and a tag on printed tables."""
    content.metadata.pop("widgets", None)
    for cell in content.cells:
        if cell.cell_type == "markdown":
            cell.source = papers.linked(cell.source, papers.MARKDOWN)
    for cell in notebook.code_cells(content):
        cell.outputs = [output for output in cell.outputs if _WIDGET not in output.get("data", {})]
        if "hide-cell" in notebook.tags(cell):
            kind = "solution" if "solution" in notebook.tags(cell) else "code"
            cell.metadata["mystnb"] = {"code_prompt_show": f"Show the {kind}", "code_prompt_hide": f"Hide the {kind}"}
        if any(_has_columns(output) for output in cell.outputs):
            cell.metadata["tags"] = [*notebook.tags(cell), "columns"]  # book.css lets them scroll where text wraps


def _has_columns(output: Any) -> bool:
    """Whether it is text whose lines stand under each other as a table's do."""
    text = output.get("text") or output.get("data", {}).get("text/plain", "")
    return len(re.findall(r"^.*\S {2,}\S.*$", text, re.MULTILINE)) > 1


def _mend_links_from_sources(built: Path) -> None:
    """Point the links from the source code back to where a name is: Sphinx takes one prefix for a whole file."""
    there = {
        page: set(re.findall(r'\bid="([^"]+)"', page.read_text("utf-8"))) for page in (built / "api").glob("*.html")
    }

    def mended(found: re.Match) -> str:
        page, name = found[2], found[3]
        ids = there.get(built / "api" / page, set())
        short = re.sub(r"^lstm_edu\.\w+\.", "lstm_edu.", name)
        return f'{found[1]}{page}#{short if name not in ids and short in ids else name}"'

    for page in (built / "_modules").rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        page.write_text(re.sub(r'(href="[./]*/api/)(\w+\.html)#([\w.]+)"', mended, text), encoding="utf-8")


def _write_texts(built: Path) -> None:
    """The words of every page for the search, as a script: a page from the disk may load that, and nothing else."""
    texts = {}
    for page in sorted(built.rglob("*.html")):
        name = page.relative_to(built).with_suffix("").as_posix()
        article = re.search(r"<article\b.*?</article>", page.read_text(encoding="utf-8"), re.DOTALL)
        if article and not name.startswith(("_", "genindex", "py-modindex", "search")):
            bare = re.sub(
                r"<(script|style|svg)\b.*?</\1>|<a class=\"headerlink.*?</a>|<[^>]+>", " ", article[0], flags=re.DOTALL
            )
            texts[name] = " ".join(re.sub(r"\\[()\[\]]", "", html.unescape(bare)).split())  # no \( around formulas
    script = f"window.bookTexts = {json.dumps(texts, ensure_ascii=False)};\n"
    (built / "_static" / "texts.js").write_text(script, encoding="utf-8")


def _first_page(made: dict, guides: list[Path]) -> str:
    main = {chapter: content for chapter, content in made.items() if chapter.number not in _APPENDICES}
    appendices = {chapter: content for chapter, content in made.items() if chapter not in main}
    parts = [_ABOUT, "## The chapters\n", _table(main, "question")]
    if appendices:
        parts += ["## Appendices\n", _table(appendices, "what it is for")]
    parts += [_START, _toctree("Chapters", [f"notebooks/{chapter.name}" for chapter in main])]
    if appendices:
        parts.append(_toctree("Appendices", [f"notebooks/{chapter.name}" for chapter in appendices]))
    if guides:
        parts.append(_toctree("Guides", [f"guides/{guide.stem}" for guide in guides]))
    parts.append("```{toctree}\n:hidden:\n:caption: Reference\n\napi/index\n```\n")
    return "\n".join(parts)


def _table(made: dict, what: str) -> str:
    rows = [("chapter", what, "minutes"), ("---", "---", "---:")]
    for chapter, content in made.items():
        title = f"{chapter.number:02d} · {notebook.title(content)}"
        link = f"[{title}](notebooks/{chapter.notebook.name})"
        rows.append((link, notebook.question(content).replace("|", "\\|"), str(notebook.minutes(content))))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def _toctree(caption: str, names: list[str]) -> str:
    lines = "\n".join(names)
    return f"```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{lines}\n```\n"


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
