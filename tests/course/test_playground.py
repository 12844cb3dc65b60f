"""The cell that runs in the page: its numbers are the package's, and the page does what its buttons say."""

import json
import re
from importlib import resources

import IPython.display
import numpy as np
import pytest

import lstm_edu as le
from lstm_edu import course
from lstm_edu.course import display
from lstm_edu.course.making import limits
from lstm_edu.course.playground import player

CELLS = {
    "rnn": le.RNN,
    "lstm97": le.LSTM97,
    "lstm97, squashing of 1997": lambda D, H, **more: le.LSTM97(D, H, squashing="1997", **more),
    "lstm": le.LSTM,
    "gru": le.GRU,
    "gru, reset after": lambda D, H, **more: le.GRU(D, H, reset_after=True, **more),
}
T, D, H = 7, 2, 3


def random_layer(name):
    """Weights, biases and all else random: nothing is zero by chance of the initialisation."""
    layer, rng = CELLS[name](D, H, dtype=np.float64, rng=0), np.random.default_rng(1)
    for key, values in layer.params.items():
        layer.params[key] = rng.normal(size=values.shape)
    return layer


@pytest.fixture
def shown(monkeypatch):
    """What a notebook would get, by its kind."""
    bundles = []
    monkeypatch.setattr(display, "_in_notebook", lambda: True)
    monkeypatch.setattr(IPython.display, "display", lambda bundle, **_: bundles.append(bundle))
    return bundles


@pytest.fixture
def page(browser, shown, tmp_path):
    """Opens what `play` showed so far, all on one page; the list of what went wrong there."""

    def open_page(style="", scripts=True):
        browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})
        outputs = "".join(f"<div>{bundle['text/html']}</div>" for bundle in shown)
        file = tmp_path / "page.html"
        file.write_text(f"<!doctype html><meta charset=utf-8><body style='{style}'>{outputs}", encoding="utf-8")
        if scripts:
            return browser.open(file)
        browser.driver.get(file.as_uri())
        return []

    yield open_page
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def random_x():
    return np.random.default_rng(2).normal(size=(T, 1, D))


def gates(browser, nth=0):
    found = browser.ask("document.querySelectorAll('.lstm-edu-play')[arguments[0]].gates", nth)
    return {letter: np.array(values) for letter, values in found.items()}


def change(browser, selector, value, event):
    browser.driver.execute_script(
        "const [selector, value, event] = arguments, node = document.querySelector(selector);"
        "node.value = value; node.dispatchEvent(new Event(event, {bubbles: true}))",
        selector,
        value,
        event,
    )


# The numbers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CELLS)
def test_every_gate_and_state_in_the_browser_is_the_packages(browser, tmp_path, name):
    layer, x = random_layer(name), random_x()
    state = {letter: np.random.default_rng(3).normal(size=(1, H)) for letter in layer.state_names}
    _, tape = layer.forward(x, tuple(state.values()))
    script = resources.files("lstm_edu.course.playground").joinpath("cells.js").read_text("utf-8")
    (tmp_path / "cells.html").write_text(f"<script>{script}</script>", encoding="utf-8")
    assert browser.open(tmp_path / "cells.html") == []
    found = browser.ask(
        "run(...arguments)",
        name.split(",")[0],
        player.parameters(layer),
        x[:, 0].tolist(),
        {letter: values[0].tolist() for letter, values in state.items()},
    )
    wanted = layer.gates(tape)
    assert found.keys() == wanted.keys()
    for letter, values in wanted.items():
        assert values.shape == (T, 1, H)
        np.testing.assert_allclose(found[letter], values[:, 0], rtol=0, atol=1e-12, err_msg=letter)


@pytest.mark.parametrize("name", CELLS)
def test_what_the_player_draws_are_the_packages_numbers_before_and_after_a_bias_was_moved(browser, shown, page, name):
    layer, x = random_layer(name), random_x()
    course.play(layer, x, alt="a random cell")
    assert page() == []
    for letter, values in layer.gates(layer.forward(x)[1]).items():
        np.testing.assert_allclose(gates(browser)[letter], values[:, 0], rtol=0, atol=1e-12)
    change(browser, ".le-chooser select", "2", "change")
    change(browser, ".le-sliders label:last-child input", "-1.5", "input")
    layer.params["b"][-1] = -1.5  # the last unit of the last block
    for letter, values in layer.gates(layer.forward(x)[1]).items():
        np.testing.assert_allclose(gates(browser)[letter], values[:, 0], rtol=0, atol=1e-12)


# The page -----------------------------------------------------------------------------------------------------------


def carousel():
    layer, x = le.LSTM(2, 1, dtype=np.float64, rng=0), np.zeros((10, 1, 2))
    x[:, 0, 0], x[2, 0, 1] = np.linspace(-1, 0.5, 10), 1.0
    return layer, x


def test_a_preset_sets_what_it_names_and_the_first_button_sets_all_back(browser, shown, page):
    layer, x = carousel()
    other = np.full((10, 1, 2), 0.25)
    course.play(layer, x, alt="a cell", names=("value", "keep"), presets={"forget": {"f": -3.0, "x": other}})
    page()
    start = gates(browser)
    back, forget = browser.all(".le-buttons button")
    assert (back.text, forget.text) == ("start again", "forget")
    forget.click()
    layer.params["b"][1] = -3
    np.testing.assert_allclose(gates(browser)["c"], layer.gates(layer.forward(other)[1])["c"][:, 0], atol=1e-12)
    assert "At this f, half of c would be left after" in browser.all(".le-readout output")[0].text
    back.click()
    assert all((gates(browser)[letter] == values).all() for letter, values in start.items())


def test_inputs_are_typed_as_numbers_or_as_a_pattern_and_what_is_neither_is_named(browser, shown, page):
    layer, x = carousel()
    course.play(layer, x, alt="a cell", names=("value", "keep"))
    page()
    value, keep = ".le-panel input[aria-label^=value]", ".le-panel input[aria-label^=keep]"
    played = "document.querySelector('.lstm-edu-play').played.x.map(x => x[arguments[0]])"
    change(browser, keep, "0110", "change")
    assert browser.ask(played, 1) == [0, 1, 1] + [0] * 7
    shown_value = browser.all(value)[0].get_attribute("value")
    change(browser, value, shown_value.replace("-1 ", "0.75 ", 1), "change")
    np.testing.assert_array_equal(browser.ask(played, 0), [0.75, *x[1:, 0, 0]])  # the others keep all their digits
    change(browser, value, "0.1, rain", "change")
    assert browser.all(".le-wrong")[0].text.startswith("value: only numbers")
    assert browser.all(value)[0].get_attribute("aria-invalid") == "true"
    change(browser, value, "1 " * 11, "change")
    assert browser.all(".le-wrong")[0].text == "value: 11 numbers, but there are 10 steps."
    assert browser.ask(played, 0)[0] == 0.75


def test_a_bar_is_dragged_and_a_mark_is_set(browser, shown, page):
    from selenium.webdriver import ActionChains

    course.play(*carousel(), alt="a cell", names=("value", "keep"))
    page()
    value, keep = browser.all(".le-bars")
    width = value.size["width"] - 40
    to_step_7 = int(34 + 7.5 * width / 10 - value.size["width"] / 2)
    ActionChains(browser.driver).move_to_element_with_offset(keep, to_step_7, -15).click().perform()
    ActionChains(browser.driver).move_to_element_with_offset(value, to_step_7, 0).click_and_hold().move_by_offset(
        0, -60
    ).release().perform()
    assert browser.ask("document.querySelector('.lstm-edu-play').played.x[7]") == [1, 1]
    assert browser.all(".le-readout output")[0].text.startswith("step 7: value 1, keep 1; i ")


def test_the_keyboard_reaches_everything_and_everything_has_a_name(browser, shown, page):
    course.play(random_layer("gru"), random_x(), alt="a cell")
    page()
    controls = browser.all(".le-player :is(input, select, button, summary)")
    assert len(controls) > 3 * (D + H)
    browser.driver.execute_script("document.querySelector('.le-weights').open = true")
    assert [node.get_attribute("outerHTML") for node in controls if not node.accessible_name] == []
    # Jupyter looks at the very element that has the focus: arrows and letters would act on its cells
    assert all(node.get_attribute("data-lm-suppress-shortcuts") == "true" for node in controls)
    assert all(name for name in (node.accessible_name for node in browser.all(".le-player svg[role=img]")))
    step = browser.all("input[aria-label^='the step']")[0]
    from selenium.webdriver.common.keys import Keys

    step.send_keys(Keys.HOME, Keys.ARROW_RIGHT)
    assert browser.all(".le-readout output")[0].text.startswith("step 1: ")


def test_several_players_on_a_page_do_not_move_each_other(browser, shown, page):
    course.play(*carousel(), alt="one")
    course.play(random_layer("gru"), random_x(), alt="two")
    assert page() == []
    second = gates(browser, 1)
    change(browser, ".le-sliders input", "4", "input")
    assert gates(browser, 0)["i"].max() > 0.9
    assert all((gates(browser, 1)[letter] == values).all() for letter, values in second.items())
    assert len(browser.all(".le-player")) == 2


def test_with_scripts_the_player_stands_in_the_pictures_place_and_without_them_the_picture(browser, shown, page):
    course.play(*carousel(), alt="a state that leaks")
    image = "img[alt='a state that leaks']"
    page()
    assert not browser.all(image)[0].is_displayed()
    page(scripts=False)
    assert browser.all(image)[0].is_displayed()
    assert browser.all(".le-player") == []
    assert browser.all("noscript")[0].size["height"] > 5


@pytest.mark.parametrize(("background", "dark"), [("#fff", False), ("#111", True), ("rgb(20, 24, 30)", True)])
def test_the_player_is_dark_where_its_page_is(browser, shown, page, background, dark):
    course.play(*carousel(), alt="a cell")
    page(f"background: {background}")
    assert ("le-dark" in browser.all(".lstm-edu-play")[0].get_attribute("class")) == dark
    browser.driver.execute_script("document.body.style.background = arguments[0]", "#fff" if dark else "#000")
    assert browser.ask("new Promise(done => setTimeout(done, 0))") is None
    assert ("le-dark" in browser.all(".lstm-edu-play")[0].get_attribute("class")) != dark


# Without a browser --------------------------------------------------------------------------------------------------


def test_the_output_is_small_is_whole_and_is_what_a_chapter_may_show(shown):
    nbformat = pytest.importorskip("nbformat")
    course.play(*carousel(), alt='a "state" & <more>', names=("</script>", "keep"))
    (bundle,) = shown
    assert bundle["text/plain"] == 'a "state" & <more>'
    html = bundle["text/html"]
    assert len(html) < 60_000
    assert not re.search(r"(?:src|href)=\"(?!data:)|https?://(?!www\.w3\.org/2000/svg)|fetch\(|import\(", html)
    assert html.count("</script>") == 2  # the numbers and the code
    assert json.loads(re.search(r'application/json">(.*?)</script>', html)[1])["names"] == ["</script>", "keep"]
    cell = nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output("display_data", bundle)])
    assert limits.problems(nbformat.v4.new_notebook(cells=[cell]))[0].startswith("the cells did not run")
    assert not [line for line in limits.problems(nbformat.v4.new_notebook(cells=[cell])) if line.startswith("cell ")]


def test_the_same_call_gives_the_same_bytes(shown):
    for _ in range(2):
        course.play(*carousel(), alt="a cell")
    assert shown[0] == shown[1]


def test_the_layer_stays_as_it_was(shown):
    layer, x = carousel()
    before = layer.params.flat.copy()
    course.play(layer, x, alt="a cell", presets={"other": {"i": 2.0, "f": [1.0]}})
    assert (layer.params.flat == before).all()


def test_outside_a_notebook_the_words_are_printed(capsys):
    course.play(*carousel(), alt="a state that leaks")
    assert capsys.readouterr().out == "a state that leaks\n"


def test_an_installation_has_the_scripts():
    """As setuptools reads it: every file of the playground is Python or falls under a pattern of package-data."""
    import tomllib
    from pathlib import Path

    root = Path(__file__).resolve().parents[2]
    patterns = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"]
    carried = {path for pattern in patterns["lstm_edu"] for path in (root / "lstm_edu").glob(pattern)}
    there = {path for path in (root / "lstm_edu" / "course" / "playground").iterdir() if path.suffix != ".py"}
    assert {path for path in there if path.is_file()} <= carried


@pytest.mark.parametrize(
    ("layer", "more", "words"),
    [
        (le.PeepholeLSTM(1, 1), {}, "layer must be one of RNN, LSTM97, LSTM, GRU, got"),
        ("lstm", {}, "layer must be one of RNN, LSTM97, LSTM, GRU, got 'lstm'"),
        (le.LSTM(1, 5), {}, "layer must have at most 4 units to be shown in a page, got 5"),
        (le.LSTM(5, 1), {}, "layer must have at most 4 inputs to be shown in a page, got 5"),
        (le.LSTM(1, 1), {"x": np.zeros((61, 1, 1))}, "x must have 1 to 60 steps to be shown in a page, got 61"),
        (le.LSTM(1, 1), {"x": np.zeros((4, 2, 1))}, "x must have shape"),
        (le.LSTM(1, 1), {"x": np.full((4, 1, 1), np.nan)}, "x must be finite, got nan"),
        (le.LSTM(1, 1), {"alt": " "}, "alt must say in words"),
        (le.LSTM(1, 1), {"names": ("a", "b")}, "names must be one word for each of the 1 inputs"),
        (le.LSTM(1, 1), {"names": "a"}, "names must be one word for each of the 1 inputs"),
        (le.LSTM(1, 1), {"presets": ["a"]}, "presets must be a mapping of words to mappings"),
        (le.LSTM(1, 1), {"presets": {"a": {"z": 1.0}}}, "there is no 'z'; there are x, i, f, g, o"),
        (le.LSTM(1, 1), {"presets": {"a": {"f": np.inf}}}, "must be a finite number, or one for each of 1 units"),
        (le.LSTM(1, 1), {"presets": {"a": {"f": [1.0, 2.0]}}}, "must be a finite number, or one for each of 1 units"),
        (le.LSTM(1, 1), {"presets": {"a": {"x": np.zeros((3, 1, 1))}}}, r"presets\['a'\]\['x'\] must have shape"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_words(layer, more, words):
    x = np.zeros((4, 1, getattr(layer, "inputs", 1)))
    with pytest.raises(ValueError, match=words):
        course.play(layer, **({"x": x, "alt": "a cell"} | more))
