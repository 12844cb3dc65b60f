"""Chapter 17's PyTorch lines, which a reader sees as text, do what stands beside them."""

import re
from pathlib import Path

import numpy as np
import pytest

from lstm_edu.course.library import Course
from lstm_edu.course.making import build

torch = pytest.importorskip("torch")
pytest.importorskip("statsmodels")
FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
if not FOLDER.is_dir():  # pragma: no cover - an installed package without its repository
    pytest.skip("the chapters' sources are not here", allow_module_level=True)


@pytest.fixture(scope="module")
def names():
    """Everything that the chapter has named when its PyTorch lines have run."""
    chapter = next(one for one in Course(FOLDER).chapters if one.number == 17)
    names = {}
    for cell in build.make(chapter).cells:
        if cell.cell_type == "code" and "course.begin" in cell.source:
            cell.source = re.sub(r"^course\.begin.*$|^import matplotlib.*$", "", cell.source, flags=re.MULTILINE)
        if cell.cell_type == "code":
            exec(cell.source, names)
        elif listing := re.search(r"```python\n(import torch.*?)```", cell.source, re.DOTALL):
            here = names | {"ours": names["losses"]}
            exec(listing.group(1), here)
            return here
    raise AssertionError("chapter 17 has no PyTorch lines")


def test_every_loss_of_the_training_in_pytorch_is_the_one_beside_it(names):
    assert len(names["losses"]) == len(names["ours"]) == 60
    assert names["ours"][-1] < names["ours"][0] / 5
    np.testing.assert_allclose(names["losses"], names["ours"], rtol=1e-3)
    np.testing.assert_allclose(names["losses"][:10], names["ours"][:10], rtol=2e-5)


def test_the_same_weights_give_the_same_forecasts_fed_back(names):
    net, x = names["network"](1), names["x"][:, ::9]
    names["train"](net, names["x"], names["target"], 20)
    peer = names["like"](net)

    def model(x):
        with torch.no_grad():
            return peer(torch.tensor(x)).numpy()

    ours = names["feed_back"](net, x, 11)
    assert ours.std() > 0.1
    np.testing.assert_allclose(names["feed_back"](model, x, 11), ours, rtol=0, atol=1e-4)


def test_without_the_hook_it_starts_alike_and_learns_differently(names):
    peer = names["like"](names["network"](0))
    losses = names["train_peer"](peer, names["x"], names["target"], 60)
    np.testing.assert_allclose(losses[0], names["ours"][0], rtol=1e-5)
    assert np.abs(np.divide(losses, names["ours"]) - 1).max() > 0.01
