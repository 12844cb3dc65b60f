"""Every public name has a docstring in the NumPy convention, and types; numpydoc reads it as Jupyter and Sphinx do."""

import inspect

import pytest
from numpydoc.validate import ERROR_MSGS, validate

import lstm_edu as le

# Not asked for. GL01, GL02: where the quotes stand; this package begins and ends short docstrings on one line.
# SS05: "Generates" for "Generate", guessed from the letter s. ES01, SA01, EX01: sections that not every name needs.
WITHOUT = {"GL01", "GL02", "SS05", "ES01", "SA01", "EX01"}
CHECKS = set(ERROR_MSGS) - WITHOUT


def described(thing):
    return inspect.isclass(thing) or inspect.isfunction(thing)


def modules(package):
    """The modules among the public names of a package."""
    return [thing for name in package.__all__ if inspect.ismodule(thing := getattr(package, name))]


def public_things():
    """(full name, class or function) of every public name, once, and of the public methods that a class defines."""
    seen = {}
    rooms = modules(le)
    for room in (le, *rooms, *(inner for outer in rooms for inner in modules(outer))):
        for name in getattr(room, "__all__", ()):
            thing = getattr(room, name)
            if described(thing) and thing not in seen.values():
                seen[f"{thing.__module__}.{thing.__qualname__}"] = thing
    for name, owner in list(seen.items()):
        if inspect.isclass(owner):
            for own, value in vars(owner).items():
                if own == "set_score_request":  # scikit-learn puts it into its estimators, docstring and all
                    continue
                if not own.startswith("_") and (described(getattr(owner, own)) or isinstance(value, property)):
                    seen[f"{name}.{own}"] = value
    return seen


THINGS = public_things()


def mistakes(name):
    found = [f"{code}: {text}" for code, text in validate(name)["errors"] if code in CHECKS]
    thing = THINGS[name].__func__ if isinstance(THINGS[name], staticmethod | classmethod) else THINGS[name]
    thing = thing.fget if isinstance(thing, property) else thing
    if inspect.isfunction(thing):
        signature = inspect.signature(thing)
        bare = [
            p.name for p in signature.parameters.values() if p.annotation is p.empty and p.name not in ("self", "cls")
        ]
        bare += ["the result"] if signature.return_annotation is signature.empty else []
        found += [f"no type: {', '.join(bare)}"] if bare else []
    return found


def test_the_walk_finds_classes_functions_methods_properties_and_static_methods():
    for name in ("adding.Adding", "make", "adding.Adding.baseline", "text.Text.perplexity", "task.Task.sample"):
        assert f"lstm_edu.tasks.{name}" in THINGS
    assert "lstm_edu.cells.lstm.LSTM.forward" in THINGS or "lstm_edu.cells.recurrent.Recurrent.forward" in THINGS
    assert "lstm_edu.plotting.curves.learning_curves" in THINGS
    assert "lstm_edu.interop.torch.to_arrays" in THINGS


@pytest.mark.parametrize("name", THINGS)
def test_a_public_name_has_a_docstring_in_the_numpy_convention_and_types(name):
    assert not mistakes(name)
