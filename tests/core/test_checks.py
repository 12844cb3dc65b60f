"""The checks at the door know what other libraries call things."""

import pytest

from lstm_edu.core import checks
from lstm_edu.core.about import LOSSES


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("mse", "mean_squared_error"),
        ("MSELoss", "mean_squared_error"),
        ("cross_entropy", "softmax_cross_entropy"),
        ("ce", "softmax_cross_entropy"),
        ("sparse_categorical_crossentropy", "softmax_cross_entropy"),
        ("bce", "sigmoid_cross_entropy"),
        ("BCEWithLogitsLoss", "sigmoid_cross_entropy"),
    ],
)
def test_a_loss_under_the_name_of_another_library_leads_to_the_word_here(wrong, right):
    with pytest.raises(ValueError, match=f"^unknown loss '{wrong}': did you mean '{right}'\\? there are mean_squared"):
        checks.one_of("loss", wrong, LOSSES)


@pytest.mark.parametrize("wrong", ["mae", "L1Loss", "huber"])
def test_a_loss_that_is_not_there_says_what_is(wrong):
    with pytest.raises(ValueError, match="no loss of absolute errors; for numbers there is 'mean_squared_error'"):
        checks.one_of("loss", wrong, LOSSES)


def test_a_word_from_elsewhere_is_named_only_where_it_is_a_choice():
    with pytest.raises(ValueError, match=r"^unknown split 'val': did you mean 'valid'"):
        checks.one_of("split", "val", ("train", "valid", "test"))
    with pytest.raises(ValueError, match=r"^unknown steps 'softmax': there are all, last$"):
        checks.one_of("steps", "softmax", ("all", "last"))
    with pytest.raises(ValueError, match=r"^unknown activation 'softmax': there are None, relu$"):
        checks.one_of("activation", "softmax", (None, "relu"))
