"""What chapters display: figures, sliders, animations and sources, in a notebook and without one."""

import base64
import inspect
import io
import re

import IPython.display
import ipywidgets as widgets
import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure
from PIL import Image

import lstm_edu as le
from lstm_edu import course
from lstm_edu.course import chapter, display, pictures


@pytest.fixture(autouse=True)
def _settings_of_matplotlib_stay():
    with matplotlib.rc_context():
        yield


@pytest.fixture
def shown(monkeypatch):
    """The bundles that a notebook would get."""
    bundles = []
    monkeypatch.setattr(display, "_in_notebook", lambda: True)
    monkeypatch.setattr(IPython.display, "display", lambda bundle, **_: bundles.append(bundle))
    monkeypatch.setenv(chapter.FIGURES, "nowhere")  # as in a build: without sliders
    return bundles


def picture(bundle, kind):
    html = bundle["text/html"]
    assert re.search(r'<figure.*<img alt="[^"]+"', html)
    (data,) = re.findall(rf'src="data:image/{kind};base64,([^"]+)"', html)
    data = base64.b64decode(data)
    return Image.open(io.BytesIO(data)), data


def line():
    figure = Figure(figsize=(4, 2))
    figure.subplots().plot([0, 1])
    return figure


def test_show_puts_a_small_image_with_alt_text_into_html(shown):
    course.show(line(), alt='a line, "rising"\n  & alone')
    (bundle,) = shown
    image, data = picture(bundle, "png")
    assert image.mode == "P"
    assert image.size == (440, 220)
    assert len(data) < 10_000
    assert 'alt="a line, &quot;rising&quot; &amp; alone"' in bundle["text/html"]
    assert bundle["text/plain"] == 'a line, "rising" & alone'


def test_show_closes_a_figure_of_pyplot_and_leaves_its_resolution(shown):
    figure = pyplot.figure(dpi=77)
    course.show(figure, alt="nothing")
    assert not pyplot.fignum_exists(figure.number)
    assert figure.dpi == 77


def test_a_picture_with_few_colours_keeps_them_exactly():
    figure = Figure(figsize=(2, 2))
    figure.add_axes((0, 0, 1, 1)).set_axis_off()
    figure.patch.set_facecolor("#0072B2")
    image = Image.open(io.BytesIO(pictures.png(figure))).convert("RGB")
    assert image.getpixel((100, 100)) == (0x00, 0x72, 0xB2)


def test_a_named_figure_is_written_while_the_course_is_built_and_only_then(shown, monkeypatch, tmp_path):
    monkeypatch.setenv(chapter.FIGURES, str(tmp_path / "figures"))
    course.show(line(), alt="a line", name="97-line")
    course.animate(lambda figure, k: figure.subplots().plot([0, k]), 2, alt="a line", size=(2, 1), name="97-rise")
    assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == ["97-line.png", "97-rise.gif"]
    monkeypatch.delenv(chapter.FIGURES)
    monkeypatch.chdir(tmp_path)
    course.show(line(), alt="a line", name="97-other")
    assert [path.name for path in tmp_path.iterdir()] == ["figures"]


@pytest.mark.parametrize("alt", ["", "  ", None, 3])
def test_no_picture_without_alt_text(alt):
    for put in (
        lambda: course.show(line(), alt=alt),
        lambda: course.explore(lambda axes, b: None, b=[0, 1], alt=alt),
        lambda: course.animate(lambda figure, k: None, 2, alt=alt),
    ):
        with pytest.raises(ValueError, match="alt must say in words"):
            put()


@pytest.mark.parametrize("name", ["", "a/b", "../x", "x.png", 3])
def test_a_name_is_a_file_name_without_folder_and_ending(name):
    with pytest.raises(ValueError, match="name must be a file's name"):
        course.show(line(), alt="a line", name=name)


def test_explore_shows_every_position_beside_the_others(shown):
    seen = []

    def draw(axes, forget_bias):
        seen.append((forget_bias, axes))
        axes.plot([0, forget_bias])

    course.explore(draw, forget_bias=[0.0, 1.0, 3.0], alt="steeper and steeper")
    (bundle,) = shown
    image, _ = picture(bundle, "png")
    assert image.width > 2 * image.height
    assert [bias for bias, _ in seen] == [0.0, 1.0, 3.0]
    assert [axes.get_title(loc="left") for _, axes in seen] == [f"forget bias = {b}" for b in (0, 1, 3)]


def test_with_a_live_kernel_explore_adds_a_slider_that_redraws(shown, monkeypatch):
    monkeypatch.delenv(chapter.FIGURES)
    seen = []
    course.explore(lambda axes, bias: seen.append(bias), bias=[0.0, 1.0, 3.0], alt="lines")
    static, box = shown
    assert "three" not in static["text/plain"]
    slider, view = box.children
    assert isinstance(slider, widgets.FloatSlider)
    assert (slider.min, slider.max, slider.description) == (0, 3, "bias")
    before = view.value
    slider.value = 2.0
    assert seen[-1] == 2.0
    assert view.value != before
    assert 'alt="lines Here bias = 2."' in view.value
    course.explore(lambda axes, steps: axes.plot([0, steps]), steps=[1, 5], alt="lines")
    assert isinstance(shown[-1].children[0], widgets.IntSlider)


@pytest.mark.parametrize(
    ("positions", "words"),
    [
        ({}, "exactly one slider"),
        ({"a": [0, 1], "b": [0, 1]}, "exactly one slider"),
        ({"a": [1]}, "a must be two to four numbers in rising order"),
        ({"a": [1, 0]}, "a must be two to four numbers in rising order"),
        ({"a": [0, 1, 2, 3, 4]}, "a must be two to four numbers in rising order"),
        ({"a": [0.0, np.inf]}, "a must be a finite number"),
    ],
)
def test_explore_refuses_what_makes_no_slider(positions, words):
    with pytest.raises(ValueError, match=words):
        course.explore(lambda axes, **_: None, alt="lines", **positions)


def test_an_animation_is_a_gif_that_plays_for_ever_and_stands_still_for_those_who_asked_for_it(shown):
    course.animate(lambda figure, k: figure.subplots().plot([0, k]), 4, alt="a line rises", seconds=2, size=(3, 2))
    (bundle,) = shown
    image, data = picture(bundle, "gif")
    assert (image.n_frames, image.info["loop"]) == (4, 0)
    assert image.info["duration"] == 500
    assert len(data) <= pictures.GIF_LIMIT
    assert 'media="(prefers-reduced-motion: reduce)" srcset="data:image/png;base64,' in bundle["text/html"]


def test_an_animation_that_would_be_too_large_gets_fewer_colours_and_pixels_or_is_refused():
    def noise(figure, k):
        figure.add_axes((0, 0, 1, 1)).imshow(np.random.default_rng(k).random((40, 80)), aspect="auto")

    free = pictures.gif(noise, [0, 1, 2], (3, 1.5), 1, limit=10**9)
    small = pictures.gif(noise, [0, 1, 2], (3, 1.5), 1, limit=len(free) // 2)
    assert len(small) <= len(free) // 2
    with pytest.raises(ValueError, match=r"frames: 3 of them give \d+ kB, at most 1 kB are allowed"):
        pictures.gif(noise, [0, 1, 2], (3, 1.5), 1, limit=1000)


def test_animate_draws_the_frames_that_it_got():
    seen = []
    course.animate(lambda figure, frame: seen.append(frame), ["a", "b"], alt="two letters", size=(1, 1))
    assert seen[:2] == ["a", "b"]
    for frames in (1, ["a"], 0):
        with pytest.raises(ValueError, match="frames must be"):
            course.animate(lambda figure, frame: None, frames, alt="nothing")


def test_source_shows_a_kernels_equations_and_its_whole_text_one_click_away(shown):
    course.source(le.cells.lstm.forward)
    (bundle,) = shown
    text = inspect.getsource(le.cells.lstm)
    own = text[text.index("@kernel\ndef forward") : text.index("@kernel\ndef backward")].rstrip()
    lesson, own_text = bundle["text/markdown"].split("<details><summary>")
    assert lesson.startswith("```python\n@kernel\ndef forward(x, W, U, bias, a, h, c, b0, b1):")
    assert "c_new[j] = f[j] * c_old[j] + i[j] * g[j]" in lesson
    assert f"</summary>\n\n```python\n{own}\n```\n\n</details>" in own_text
    assert bundle["text/plain"] == own
    course.source(le.cells.lstm.forward, whole=True)
    assert shown[-1]["text/markdown"] == f"```python\n{own}\n```"


def test_source_shows_what_is_no_kernel_as_it_is(shown):
    course.source(le.core.checks.number)
    assert shown[0]["text/markdown"] == f"```python\n{inspect.getsource(le.core.checks.number).rstrip()}\n```"
    with pytest.raises(ValueError, match="with a source, got 3"):
        course.source(3)


def test_without_a_notebook_the_words_are_printed(capsys):
    course.show(line(), alt="a line")
    course.source(le.core.checks.number)
    assert capsys.readouterr().out.startswith("a line\ndef number(")


def test_ran_names_seconds_and_cores(capsys, monkeypatch):
    monkeypatch.setattr(chapter, "_clock", {})
    course.ran()
    assert "not yet run from the top" in capsys.readouterr().out
    course.begin(3)
    monkeypatch.setattr(chapter, "available_cores", lambda: 2)
    course.ran()
    assert capsys.readouterr().out == "ran in 0 s on two cores\n"
    with pytest.raises(ValueError, match="number must be a whole number of at least 0, got -1"):
        course.begin(-1)
