"""The book: built without the network, of two small chapters and of the course's own, and read in a browser."""

import base64
import html
import io
import json
import re
import textwrap
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest

nbformat = pytest.importorskip("nbformat")
pytest.importorskip("myst_nb")

from lstm_edu import cli  # noqa: E402
from lstm_edu.course import library  # noqa: E402
from lstm_edu.course.making import book  # noqa: E402
from lstm_edu.course.making.book import papers, reference  # noqa: E402

ROOT = Path(__file__).resolve().parents[3]
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


def result(kind: str, data: dict):
    return nbformat.v4.new_output(kind, data)


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

            The sketch again, written in HTML: <img src="../figures/01-memory.png" alt="the sketch" width="120">. It
            goes on in [the next chapter](02_vanishing_gradients.ipynb).
            """),
        code("from lstm_edu import course\ncourse.begin(1)"),
        code("course.show(figure, alt=...)", shown(), printed("half of it is left after 2.2 steps\n")),
        code("course.source(le.RNN)", result("display_data", {"text/markdown": "```python\nh = 1\n```"})),
        code("course.explore(draw, bias=[0, 1, 3], alt=...)", shown(), slider()),
        code("course.animate(draw, 20, alt=...)", shown("gif")),
        words("## Exercises\n\n**01.1** Write one step."),
        code(
            'course.check("01.1", ...)',
            printed(f"01.1: not yet. Begin with x W. {'And on. ' * 20}\n"),
            tags=["exercise"],
        ),
        code("answer = 42  # the hidden answer", printed("01.1: right.\n"), tags=["solution", "hide-cell"]),
        words(
            "<details><summary>Solution in words</summary>\n\nThe state $c_T$ is the sum.\n\n</details>",
            tags=["solution"],
        ),
    ]


def second_chapter():
    return [
        words("# 02 · Why it forgets\n\nHow fast does the gradient vanish, if $|w| < 1$?"),
        words("## The question\n\nWhat is left after 10 steps of the carousel: $0.5^{10} = 0.001$."),
        words("In one line, wider than a telephone: $1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9 + 10 + 11 + 12 + 13 = 91$."),
        code(
            "table",
            printed("cell      parameters    test loss (range)\n" + "lstm      20,736        0.1 (0.0 .. 0.2)\n" * 2),
        ),
        code("frame", result("execute_result", {"text/html": TABLE, "text/plain": "a"})),
    ]


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
def closed(tmp_path_factory) -> str:
    """A folder for PYTHONPATH: a process with it may ask no other machine for anything."""
    folder = tmp_path_factory.mktemp("closed")
    (folder / "sitecustomize.py").write_text(NO_NETWORK, encoding="utf-8")
    return str(folder)


@pytest.fixture(scope="module")
def built(tmp_path_factory, closed) -> Path:
    """The folder of a book of two small chapters; of the reference it has the first page alone, `course` has all."""
    folder = tmp_path_factory.mktemp("book")
    notebooks = write_chapters(folder, chapter_01_rnn=first_chapter(), chapter_02_vanishing_gradients=second_chapter())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", closed)
        patch.setattr(reference, "pages", lambda: REFERENCE)
        book.build_book(notebooks, folder / "out")
    return folder / "out"


@pytest.fixture(scope="module")
def course(tmp_path_factory, closed) -> Path:
    """The book of the course itself."""
    if not list((ROOT / "notebooks").glob("*.ipynb")):
        pytest.skip("no chapters in notebooks/")
    out = tmp_path_factory.mktemp("course") / "book"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", closed)
        book.build_book(ROOT / "notebooks", out)
    return out


@pytest.fixture(scope="module", params=["built", "course"])
def pages(request) -> list[Path]:
    """Every page of the book of two small chapters, then of the course."""
    return sorted(request.getfixturevalue(request.param).rglob("*.html"))


def chapters(pages):
    return [page for page in pages if page.parent.name == "notebooks"]


REFERENCE = {"index": "Reference\n=========\n"}


@pytest.fixture
def without_reference(monkeypatch):
    """Books with the first page of the reference alone, which are built in a third of the time."""
    monkeypatch.setattr(reference, "pages", lambda: REFERENCE)


NO_NETWORK = """
import sys
def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "urllib.Request"):
        raise RuntimeError(f"the build asked for the network: {event} {arguments}")
sys.addaudithook(refuse)
"""


# Without a browser --------------------------------------------------------------------------------------------------


def test_the_reference_has_every_public_name(course):
    pages = "".join(page.read_text(encoding="utf-8") for page in (course / "api").glob("*.html"))
    entries = set(re.findall(r'<dt class="sig[^"]*" id="(lstm_edu[^"]+)"', pages))
    assert set(reference.public_names().values()) - {f"lstm_edu.{room}" for room in reference.rooms()} <= entries
    assert {"lstm_edu.LSTM", "lstm_edu.tasks.Adding", "lstm_edu.fit", "lstm_edu.Recurrent.forward"} <= entries


def test_equations_of_a_docstring_keep_their_shape_and_its_tables_become_tables(course):
    page = re.sub(r"<[^>]+>", "", (course / "api" / "cells.html").read_text(encoding="utf-8"))
    assert re.search(r"^c = f \* c' \+ i \* g {15,}cell state$", page, re.MULTILINE)
    assert "| ---- |" not in page


def test_the_parameters_of_a_docstring_are_a_list_with_their_types(course):
    page = (course / "api" / "course.html").read_text(encoding="utf-8")
    entry = page[page.index('id="lstm_edu.course.check"') :].split('<dl class="py ')[0]
    words = " ".join(re.sub(r"<[^>]+>", "", entry).split())
    assert "Parameters: number (str) – Chapter and exercise" in words
    assert "Returns: Verdict – True" in words
    assert "-----" not in words


def test_the_sections_of_a_docstring_become_fields_lists_and_tables(course):
    page = (course / "api" / "tasks.html").read_text(encoding="utf-8")
    adding = page[page.index('id="lstm_edu.tasks.Adding"') :]
    adding = adding[: adding.index('id="lstm_edu.tasks.', 50)]
    assert re.search(r"Parameters<span.*?<strong>length</strong>.*?T, steps", adding, re.DOTALL)
    words = re.sub(r"<[^>]+>", "", page)
    assert re.search(r"^baseline = \(2 - 1/k - \(1 - 1/k\) / m\) / 48 {8}0\.0392", words, re.MULTILINE)
    assert "----" not in words
    assert "====" not in words
    assert "::" not in words


def test_signatures_have_names_and_short_defaults_and_no_types(course):
    for page in (course / "api").glob("*.html"):
        for entry in re.findall(r'<dt class="sig.*?</dt>', page.read_text(encoding="utf-8"), re.DOTALL):
            words = " ".join(html.unescape(re.sub(r"<[^>]+>", "", entry)).split())
            assert not re.search(r"_SupportsArray|ndarray|<factory>|object at|[(,] ?\w+ ?: ", words), words


def test_no_first_line_of_a_property_is_taken_for_its_type(course):
    for page in (course / "api").glob("*.html"):
        assert ">Type<span" not in page.read_text(encoding="utf-8"), page  # "words: more words" is


def test_every_link_and_anchor_leads_somewhere(pages):
    text = {page: page.read_text(encoding="utf-8") for page in pages}
    ids = {page: set(re.findall(r'\bid="([^"]+)"', text[page])) for page in pages}
    wrong, followed = set(), 0
    for page in pages:
        for link in re.findall(r'\b(?:href|src)="([^"]*)"', text[page]):
            parts = urlsplit(html.unescape(link))
            if not parts.scheme:
                to = (page.parent / unquote(parts.path)).resolve() if parts.path else page
                anchor = unquote(parts.fragment)
                if not to.exists() or (anchor and to in ids and anchor not in ids[to]):
                    wrong.add((page.name, link))
                followed += 1
            elif parts.scheme != "data" and not re.fullmatch(
                r"https://[\w.-]+\.[a-z]+(/[^\s<>]*)?", html.unescape(link)
            ):
                wrong.add((page.name, link))
    assert not wrong
    assert followed > 50


def test_papers_are_links_in_the_reference_and_in_the_chapters(course):
    link = '<a class="reference external" href="{}"'
    for place, url in {
        "api/cells.html": "https://doi.org/10.1162/neco.1997.9.8.1735",
        "api/nn.html": "https://arxiv.org/abs/1412.6980",
        "notebooks/02_vanishing_gradients.html": "https://doi.org/10.1109/72.279181",
        "notebooks/04_forget_gate.html": "https://doi.org/10.1162/089976600300015015",
    }.items():
        assert link.format(url) in (course / place).read_text(encoding="utf-8"), place
    bare = re.sub(r"<a\b.*?</a>", "", (course / "notebooks" / "07_deep_or_wide.html").read_text(encoding="utf-8"))
    assert not re.search(r"arXiv:\d", bare)


def test_a_paper_leads_where_the_chapter_on_further_reading_leads():
    source = (ROOT / "notebooks" / "src" / "15_further_reading.py").read_text(encoding="utf-8").replace("\n# ", " ")
    there = {title.lower(): url for title, url in re.findall(r"\[\*([^*]+)\*\]\((https:[^)]+)\)", source)}
    both = {title: url for (_, title), url in papers.PAPERS.items() if title.lower() in there}
    assert len(both) > 10
    assert both == {title: there[title.lower()] for title in both}


def test_the_texts_that_the_search_shows_are_those_of_every_page_and_small(course):
    script = course / "_static" / "texts.js"
    texts = json.loads(script.read_text(encoding="utf-8").removeprefix("window.bookTexts = ").rstrip(";\n"))
    assert {f"notebooks/{page.stem}" for page in (course / "notebooks").glob("*.html")} < set(texts)
    assert "api/cells" in texts
    assert script.stat().st_size < 1_000_000
    assert "texts.js" in (course / "search.html").read_text(encoding="utf-8")
    assert "texts.js" not in (course / "index.html").read_text(encoding="utf-8")


def test_nothing_in_the_book_loads_from_another_machine(pages):
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not re.findall(r"<(?:script|img|link|iframe)\b[^>]*(?:src|href)=\"(?:https?:)?//[^>]*>", text), page
    styles = {style for page in pages if page.name == "index.html" for style in page.parent.rglob("*.css")}
    assert styles
    for style in styles:
        assert not re.findall(r"(?:url\(|@import)\s*['\"]?https?:", style.read_text(encoding="utf-8")), style


def test_a_book_of_before_is_replaced_and_no_other_folder_is(built, tmp_path):
    (tmp_path / "mine.txt").write_text("not a book")
    with pytest.raises(ValueError, match="out must be a new or empty folder, or a book of before, got"):
        book.build_book(built.parent / "notebooks", tmp_path)
    assert (tmp_path / "mine.txt").exists()


@pytest.mark.usefixtures("without_reference")
def test_buttons_lead_to_the_repository_if_there_is_a_setting_for_it(built, tmp_path):
    assert "mybinder.org" not in (built / "notebooks" / "01_rnn.html").read_text(encoding="utf-8")
    notebooks = write_chapters(tmp_path, chapter_01_rnn=[words("# 01 · A\n\nWhy?")])
    setting = '[tool.lstm_edu]\nrepository = "owner/name"\nbranch = "trunk"\n'
    (tmp_path / "pyproject.toml").write_text(setting, encoding="utf-8")
    book.build_book(notebooks, tmp_path / "out")
    page = (tmp_path / "out" / "notebooks" / "01_rnn.html").read_text(encoding="utf-8")
    assert "https://mybinder.org/v2/gh/owner/name/trunk?urlpath=lab/tree/notebooks/01_rnn.ipynb" in page
    assert "https://colab.research.google.com/github/owner/name/blob/trunk/notebooks/01_rnn.ipynb" in page


def test_the_first_page_lists_chapters_with_question_and_minutes_and_appendices_apart(built, tmp_path):
    text = (built / "index.html").read_text(encoding="utf-8")
    assert "How can a network know what came before?" in text
    assert "Appendices" not in text
    row = re.search(r"<tr[^>]*>((?:(?!</tr>).)*01_rnn.html.*?)</tr>", text, re.DOTALL).group(1)
    assert re.search(r">\s*<p>\d+</p>", row)


def test_the_command_says_where_the_book_is_and_what_was_wrong(tmp_path, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(book, "build_book", lambda notebooks, out: asked.append((notebooks, out)) or out / "index.html")
    monkeypatch.setattr(library, "find", lambda: library.Course(tmp_path / "notebooks"))
    cli.app(["course", "book", "--out", str(tmp_path / "here")], standalone_mode=False)
    assert asked == [(tmp_path / "notebooks", tmp_path / "here")]
    assert capsys.readouterr().out == f"book: {tmp_path / 'here' / 'index.html'}\n"

    def fail(notebooks, out):
        raise RuntimeError("the book could not be built:\nchapter 1\nchapter 2")

    monkeypatch.setattr(book, "build_book", fail)
    with pytest.raises(SystemExit) as stopped:
        cli.main(["course", "book"])
    assert stopped.value.code == 2
    assert capsys.readouterr().err == "lstm-edu: the book could not be built:\nchapter 1\nchapter 2\n"


def test_a_folder_without_chapters_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"notebooks must be a folder with executed chapters \(NN_name.ipynb\), got"):
        book.build_book(tmp_path, tmp_path / "out")


@pytest.mark.usefixtures("without_reference")
def test_what_is_wrong_in_a_chapter_is_said_with_its_name(tmp_path):
    bad = {
        "chapter_01_picture": [words("# 01 · A\n\n![a](../figures/gone.png)")],
        "chapter_02_link": [words("# 02 · B\n\n[next](09_gone.ipynb)")],
        "chapter_03_stderr": [words("# 03 · C"), code("1", nbformat.v4.new_output("stream", name="stderr", text="x"))],
    }
    with pytest.raises(RuntimeError, match="the book could not be built") as error:
        book.build_book(write_chapters(tmp_path, **bad), tmp_path / "out")
    said = str(error.value)
    assert re.search(r"01_picture\.ipynb.*image file not readable: figures/gone\.png", said)
    assert re.search(r"02_link\.ipynb.*target not found.*09_gone", said)
    assert re.search(r"03_stderr\.ipynb.*stderr", said)
    assert str(tmp_path) not in said
    assert not (tmp_path / "out").exists()


# In a browser -------------------------------------------------------------------------------------------------------


def test_the_browser_reports_errors_and_requests_off_the_machine(browser, tmp_path):
    page = tmp_path / "bad.html"
    page.write_text("<script>console.error('oh')</script><img src='http://127.0.0.1:9/x.png'>", encoding="utf-8")
    wrong = browser.open(page)
    assert any("oh" in line for line in wrong)
    assert "request: http://127.0.0.1:9/x.png" in wrong


@pytest.fixture(scope="module")
def seen(browser, pages) -> dict[Path, dict]:
    """What a browser shows of each page, which is opened once; in chapters with every solution open."""
    found = {}
    for page in pages:
        facts = found[page] = {"wrong": browser.open(page)}
        if page in chapters(pages):
            facts["images"] = browser.ask(
                "[...document.images].map(i => [i.src.slice(0, 80), i.naturalWidth, i.alt.length])"
            )
            browser.driver.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
            facts["heights"] = browser.ask(
                "[...document.querySelectorAll('.bd-article .math')].map(m => "
                "{ const svg = m.querySelector('mjx-container svg'); "
                "return svg ? svg.getBoundingClientRect().height : 0 })"
            )
            facts["errors"] = len(browser.all("mjx-merror, [data-mjx-error]"))
            facts["text"] = browser.ask(
                "(() => { const a = document.querySelector('.bd-article').cloneNode(true); "
                "a.querySelectorAll('pre, code, script, mjx-container').forEach(e => e.remove()); "
                "return a.textContent })()"
            )
    return found


def test_every_page_loads_with_no_error_and_asks_no_other_machine(seen):
    assert {"index.html", "search.html"} < {page.name for page in seen}
    assert {page.name: facts["wrong"] for page, facts in seen.items() if facts["wrong"]} == {}


def test_formulas_are_drawn_and_none_is_left_as_it_was_typed(seen):
    drawn = 0
    for page in chapters(seen):
        facts = seen[page]
        assert all(height > 4 for height in facts["heights"]), page
        assert not facts["errors"], page
        assert not re.findall(r"\$[^$]*\$|\\[(\[a-zA-Z]", facts["text"]), page
        drawn += len(facts["heights"])
    assert drawn >= 10


def test_figures_are_there_with_their_text(seen):
    for page in chapters(seen):
        assert [image for image in seen[page]["images"] if image[1] == 0 or image[2] < 5] == [], page


def test_the_figure_the_animation_and_the_fixed_positions_of_a_slider_are_shown(browser, built):
    browser.open(built / "notebooks" / "01_rnn.html")
    assert len(browser.all(f'.cell_output img[alt="{ALT}"]')) == 3
    assert len(browser.all('.cell_output img[src^="data:image/gif"]')) == 1
    assert len(browser.all('.bd-article img[src$="01-memory.png"]')) == 2
    assert "interactive(children" not in browser.ask("document.body.textContent")


SOLUTIONS = "[...document.querySelectorAll('.bd-article details')].map(d => [d.open, d.scrollHeight])"


def test_a_solution_opens_on_a_click(browser, pages):
    opened = 0
    for page in chapters(pages):
        browser.open(page)
        before = browser.ask(SOLUTIONS)
        assert not any(is_open for is_open, _ in before), page
        for summary in browser.all(".bd-article summary")[:1]:  # with the mouse, which takes a third of a second
            browser.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", summary)
            summary.click()
        browser.ask("[...document.querySelectorAll('.bd-article summary')].slice(1).forEach(s => s.click())")
        for (_, closed), (is_open, height) in zip(before, browser.ask(SOLUTIONS), strict=True):
            assert is_open, page
            assert height > closed + 10, page
            opened += 1
    assert opened >= 2


def test_a_solution_is_hidden_until_then(browser, built):
    browser.open(built / "notebooks" / "01_rnn.html")
    first, second = browser.all(".bd-article details")
    assert "Show the solution" in first.text
    assert "hidden answer" not in first.text
    assert "is the sum" not in second.text
    for details in (first, second):
        details.find_element("css selector", "summary").click()
    assert "the hidden answer" in first.text
    assert "is the sum" in second.text


def test_the_search_finds_a_word_of_a_chapter(browser, built):
    browser.open(built / "search.html")
    field = next(field for field in browser.all("input[name=q]") if field.is_displayed())
    field.send_keys("carousel\n")
    from selenium.webdriver.support.wait import WebDriverWait

    WebDriverWait(browser.driver, 20).until(lambda _: browser.all("#search-results li a"))
    found = [link.get_attribute("href") for link in browser.all("#search-results li a")]
    assert any("02_vanishing_gradients.html" in link for link in found)
    assert not any("01_rnn.html" in link for link in found)
    WebDriverWait(browser.driver, 20).until(lambda _: browser.all("#search-results p.context"))
    assert "left after 10 steps of the carousel" in browser.all("#search-results p.context")[0].text


# printed text that is no table, and formulas between words, beyond the right edge and with no way to scroll there
CUT = """[
    ...[...document.querySelectorAll('.cell:not(.tag_columns) .cell_output .output pre')].filter(
        p => p.scrollWidth > p.clientWidth),
    ...[...document.querySelectorAll('.bd-article span.math')].filter(
        m => !m.closest('table, details:not([open])') && m.getBoundingClientRect().right > 390)
].map(e => e.textContent.slice(0, 60))"""


def test_on_a_telephone_no_page_is_wider_no_message_cut_off_and_no_formula(browser, pages):
    phone = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    try:
        wide, cut = {}, []
        for page in pages:
            if page.parent.name in ("notebooks", "api") or page.name == "index.html":
                browser.open(page)
                wide[page.name] = browser.ask("document.documentElement.scrollWidth")
                cut += [(page.name, text) for text in browser.ask(CUT)]
        assert {name: width for name, width in wide.items() if width > 390} == {}
        assert cut == []
    finally:
        browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_printed_table_and_a_wide_formula_scroll_in_a_box_of_their_own(browser, built):
    phone = {"width": 320, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    try:
        browser.open(built / "notebooks" / "02_vanishing_gradients.html")
        box = "(() => { const b = document.querySelector(arguments[0]); return b.scrollWidth - b.clientWidth })()"
        formula = next(math for math in browser.all("span.math") if "91" in math.text)
        assert browser.ask("arguments[0].scrollWidth - arguments[0].clientWidth", formula) > 0
        assert browser.ask(box, ".tag_columns .cell_output pre") > 0
    finally:
        browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_figure_stays_on_white_in_the_dark(browser, built):
    dark = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", dark)
    try:
        browser.open(built / "notebooks" / "01_rnn.html")
        background = "getComputedStyle(document.querySelector(arguments[0])).backgroundColor"
        assert browser.ask(background, "body") == "rgb(18, 18, 18)"
        assert browser.ask(background, ".cell_output figure img") == "rgb(255, 255, 255)"
        assert browser.ask(background, ".cell_output .output:has(figure)") == "rgba(0, 0, 0, 0)"
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_a_guide_beside_the_chapters_is_a_page_of_its_own(course):
    page = (course / "guides" / "clusters.html").read_text(encoding="utf-8")
    assert "SLURM" in page
    assert "guides/clusters.html" in (course / "index.html").read_text(encoding="utf-8")
