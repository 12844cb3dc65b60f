"""The book: built of two small chapters without the network, and read in a browser."""

import base64
import io
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

nbformat = pytest.importorskip("nbformat")
pytest.importorskip("myst_nb")

import lstm_edu as le  # noqa: E402
from lstm_edu.course import book  # noqa: E402
from lstm_edu.course.book import docstrings  # noqa: E402

CHROMIUM = shutil.which("chromium")
DRIVER = shutil.which("chromedriver")
ALT = "A line that rises from 0 to 3"


# Two chapters as `lstm-edu course build` writes them ----------------------------------------------------------------


def picture(form: str) -> str:
    from PIL import Image

    frames = [Image.fromarray(np.full((20, 60, 3), shade, np.uint8)) for shade in (250, 120, 30)]
    data = io.BytesIO()
    more = {"save_all": True, "append_images": frames[1:], "duration": 300, "loop": 0} if form == "gif" else {}
    frames[0].save(data, form, **more)
    return base64.b64encode(data.getvalue()).decode()


def shown(form: str = "png"):
    html = f'<figure><img src="data:image/{form};base64,{picture(form)}" alt="{ALT}" width="400"></figure>'
    return nbformat.v4.new_output("display_data", {"text/html": html, "text/plain": ALT})


def printed(text: str):
    return nbformat.v4.new_output("stream", text=text)


def code(source: str, *outputs, tags=()):
    cell = nbformat.v4.new_code_cell(textwrap.dedent(source).strip(), outputs=list(outputs), execution_count=1)
    cell.metadata["tags"] = list(tags)
    return cell


def words(source: str, tags=()):
    cell = nbformat.v4.new_markdown_cell(textwrap.dedent(source).strip())
    cell.metadata["tags"] = list(tags)
    return cell


def slider():
    """What ipywidgets leaves in an output; there is no kernel behind it in a book."""
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "ab12"}, "text/plain": "interactive(children=..."}
    return nbformat.v4.new_output("display_data", view)


def first_chapter():
    return [
        words("""
            # 01 · A network with a memory

            How can a network know what came before?

            ![A sketch of the answer](../figures/01-memory.png)
            """),
        words(r"""
            ## The equations

            With $h_0 = 0$ and $x_1 = 2$ the state is $h_1 = \tanh(w x_1) = 0.96$ for $w = 1$:

            $$
            h_t = \tanh(x_t W + h_{t-1} U + b), \qquad
            \frac{\partial L}{\partial h_{t-1}} = U^\top \operatorname{diag}(1 - h_t^2) \frac{\partial L}{\partial h_t}
            $$

            \begin{align}
            i_t &= \sigma(x_t W_i + h_{t-1} U_i + b_i) \\
            c_t &= f_t \odot c_{t-1} + i_t \odot g_t \qquad \text{a longer line, which a telephone has to scroll}
            \end{align}

            | cell | gates | numbers |
            | --- | ---: | --- |
            | RNN | 0 | $H (D + H + 1)$ |
            | LSTM | 3 | $4 H (D + H + 1)$ |

            The sketch again, written in HTML: <img src="../figures/01-memory.png" alt="the sketch" width="120">. It goes
            on in [the next chapter](02_vanishing_gradients.ipynb).
            """),
        code("from lstm_edu import course\ncourse.begin(1)"),
        code("course.show(figure, alt=...)", shown(), printed("half of it is left after 2.2 steps\n")),
        code("course.source(le.RNN)", nbformat.v4.new_output("display_data", {"text/markdown": "```python\nh = 1\n```"})),
        code("course.explore(draw, bias=[0, 1, 3], alt=...)", shown(), slider()),
        code("course.animate(draw, 20, alt=...)", shown("gif")),
        words("## Exercises\n\n**01.1** Write one step."),
        code('def step(x):\n    ...\ncourse.check("01.1", step)', printed("01.1: not yet. Begin with x W.\n"), tags=["exercise"]),
        code("answer = 42  # the hidden answer", printed("01.1: right.\n"), tags=["solution", "hide-cell"]),
        words(
            "<details><summary>Solution in words</summary>\n\nThe state $c_T$ is the sum.\n\n</details>",
            tags=["solution"],
        ),
    ]  # fmt: skip


def second_chapter():
    return [
        words(r"# 02 · Why it forgets" "\n\nHow fast does the gradient vanish, if $|w| < 1$?"),
        words("## The question\n\nWhat is left after 10 steps of the carousel: $0.5^{10} = 0.001$."),
        code("frame", nbformat.v4.new_output("execute_result", {"text/html": TABLE, "text/plain": "a"}, execution_count=1)),
    ]  # fmt: skip


TABLE = """<table border="1" class="dataframe"><thead><tr><th>cell</th><th>loss</th></tr></thead>
<tbody><tr><td>rnn</td><td>0.5</td></tr></tbody></table>"""


def write_chapters(folder: Path, **chapters) -> Path:
    notebooks = folder / "notebooks"
    notebooks.mkdir()
    python = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for name, cells in chapters.items():
        chapter = nbformat.v4.new_notebook(cells=cells)
        chapter.metadata |= {"kernelspec": python, "language_info": {"name": "python", "pygments_lexer": "ipython3"}}
        chapter.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {"ab12": {}}}}
        nbformat.write(chapter, notebooks / f"{name.removeprefix('chapter_')}.ipynb")
    figures = folder / "figures"
    figures.mkdir()
    (figures / "01-memory.png").write_bytes(base64.b64decode(picture("png")))
    return notebooks


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """The book's folder, built in a process that may ask no other machine for anything."""
    folder = tmp_path_factory.mktemp("book")
    notebooks = write_chapters(folder, chapter_01_rnn=first_chapter(), chapter_02_vanishing_gradients=second_chapter())
    (folder / "closed").mkdir()
    (folder / "closed" / "sitecustomize.py").write_text(NO_NETWORK, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder / "closed"))
        book.build_book(notebooks, folder / "out")
    return folder / "out"


NO_NETWORK = """
import sys
def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "urllib.Request"):
        raise RuntimeError(f"the build asked for the network: {event} {arguments}")
sys.addaudithook(refuse)
"""


# Without a browser --------------------------------------------------------------------------------------------------


def test_the_reference_has_every_public_name(built):
    pages = "".join(page.read_text(encoding="utf-8") for page in (built / "api").glob("*.html"))
    entries = set(re.findall(r'<dt class="sig[^"]*" id="(lstm_edu[^"]+)"', pages))
    assert set(docstrings.public_names().values()) - {f"lstm_edu.{room}" for room in docstrings.rooms()} <= entries
    assert {"lstm_edu.LSTM", "lstm_edu.tasks.Adding", "lstm_edu.fit", "lstm_edu.Recurrent.forward"} <= entries


def test_equations_of_a_docstring_keep_their_shape_and_its_tables_become_tables(built):
    page = re.sub(r"<[^>]+>", "", (built / "api" / "cells.html").read_text(encoding="utf-8"))
    assert "    " not in "c = f * c&#39; + i * g                     cell state".partition("c =")[0]
    assert "c = f * c&#39; + i * g                     cell state" in page
    assert "| ---- |" not in page


def test_nothing_in_the_book_loads_from_another_machine(built):
    for page in built.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.findall(r"<(?:script|img|link|iframe)\b[^>]*(?:src|href)=\"(?:https?:)?//[^>]*>", text), page
    for style in built.rglob("*.css"):
        assert not re.findall(r"(?:url\(|@import)\s*['\"]?https?:", style.read_text(encoding="utf-8")), style


def test_a_book_of_before_is_replaced_and_no_other_folder_is(built, tmp_path):
    (tmp_path / "mine.txt").write_text("not a book")
    with pytest.raises(ValueError, match="out must be a new or empty folder, or a book of before, got '.*'"):
        book.build_book(built.parent / "notebooks", tmp_path)
    assert (tmp_path / "mine.txt").exists()


def test_a_folder_without_chapters_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"notebooks must be a folder with executed chapters \(\*.ipynb\), got"):
        book.build_book(tmp_path, tmp_path / "out")


@pytest.mark.parametrize(
    ("cells", "complaint"),
    [
        ([words("# 01 · A\n\n![a](../figures/gone.png)")], r"01_rnn.ipynb.*image file not readable: figures/gone.png"),
        ([words("# 01 · A\n\n[next](09_gone.ipynb)")], r"01_rnn.ipynb.*cross-reference target not found.*09_gone"),
        ([words("# A"), code("1", nbformat.v4.new_output("stream", name="stderr", text="x"))], r"01_rnn.ipynb.*stderr"),
    ],
)
def test_what_is_wrong_in_a_chapter_is_said_with_its_name(tmp_path, cells, complaint):
    notebooks = write_chapters(tmp_path, chapter_01_rnn=cells)
    with pytest.raises(RuntimeError, match=complaint):
        book.build_book(notebooks, tmp_path / "out")
    assert not (tmp_path / "out").exists()
