"""Sphinx's settings for the book; `build_book` runs Sphinx with this folder as its configuration.

Nothing here may make a page ask another machine for anything: no fonts, no CDN, no badges. The book's test opens every
page in a browser and counts the requests.
"""

import os
from typing import Any

from sphinx.application import Sphinx
from sphinx.domains.python import PyObject

from lstm_edu import __version__
from lstm_edu.course.making.book import papers

project = "lstm_edu"
release = version = __version__
language = "en"
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
repository = os.environ.get("LSTM_EDU_BOOK_REPOSITORY", "")  # owner/name; empty: no button leads out of the book

# Chapters: what their notebooks hold, nothing is run.
nb_execution_mode = "off"
nb_merge_streams = True
nb_output_stderr = "warn"  # and a warning fails the build
nb_ipywidgets_js: dict = {}  # otherwise two scripts from a CDN; without a kernel the fixed positions are shown instead
nb_render_image_options = {"align": "center"}
myst_enable_extensions = ["dollarmath", "amsmath", "html_image", "colon_fence"]
myst_dmath_double_inline = True  # $$...$$ in the middle of a paragraph, as Jupyter has it
myst_heading_anchors = 3

# Formulas: one file of MathJax draws them as SVG, with no fonts and nothing to load later.
mathjax_path = "mathjax/tex-svg-full.js"
mathjax3_config = {
    "tex": {"tags": "none"},  # no numbers beside formulas, as in Jupyter
    "options": {"enableMenu": False},  # its menu would load more files
    "svg": {"fontCache": "global", "mtextInheritFont": True},
}

# Reference: docstrings in the NumPy convention.
napoleon_google_docstring = False
napoleon_use_ivar = True  # an attribute is described once, where its class is
napoleon_use_rtype = False  # the type beside the words on what is returned
default_role = "py:obj"  # `LSTM` is a link where it is a public name, and code elsewhere
autodoc_member_order = "bysource"
autodoc_inherit_docstrings = False  # what Python says of its own dict is not for this reference
autodoc_preserve_defaults = True
autodoc_typehints = "none"  # a parameter's type stands in words in its list; in signatures ArrayLike fills three lines
autosummary_generate = False
python_use_unqualified_type_names = True
python_display_short_literal_types = True
python_maximum_signature_line_length = 88
add_module_names = False
toc_object_entries_show_parents = "hide"

html_theme = "sphinx_book_theme"
html_title = "lstm_edu"
html_static_path = ["static"]
html_css_files = ["book.css"]
html_js_files = ["book.js"]
html_copy_source = True  # the notebook of a chapter, behind the download button
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
html_last_updated_fmt = None
html_show_search_summary = False  # it fetches pages, which a browser refuses to a book on the disk: `book.js` does it
html_context = {"default_mode": "auto"}  # light or dark as the reader's system is
html_theme_options = {
    "show_toc_level": 2,
    "home_page_in_toc": True,
    "use_download_button": True,
    "use_fullscreen_button": False,
    "article_footer_items": [],
    "navbar_persistent": [],
    "footer_content_items": [],
    "icon_links": [],
}
if repository:
    html_theme_options |= {
        "repository_url": f"https://github.com/{repository}",
        "repository_branch": os.environ["LSTM_EDU_BOOK_BRANCH"],
        "use_repository_button": True,
        "launch_buttons": {
            "notebook_interface": "jupyterlab",
            "binderhub_url": "https://mybinder.org",
            "colab_url": "https://colab.research.google.com",
        },
    }


def setup(app: Sphinx) -> None:
    """What no setting can say."""
    for field in PyObject.doc_field_types:
        if field.name == "variable":
            field.label = "Attributes"  # as in the docstrings; Sphinx calls them variables
    app.connect("autodoc-process-docstring", _cite, priority=400)  # before napoleon makes fields of the sections
    app.connect("autodoc-process-signature", _hide_factories)
    app.connect("html-page-context", _search_texts)


def _cite(app: Sphinx, kind: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    lines[:] = papers.linked("\n".join(lines), papers.RST).split("\n")


def _hide_factories(
    app: Sphinx, kind: str, name: str, thing: Any, options: Any, signature: str | None, returned: str | None
) -> tuple[str | None, str | None]:
    return signature and signature.replace("<factory>", "..."), returned


def _search_texts(app: Sphinx, page: str, template: str, context: dict, tree: Any) -> None:
    if page == "search":
        app.add_js_file("texts.js", priority=400)
