"""A small chapter that keeps to every limit, for the tests of what builds, checks and copies chapters."""

from lstm_edu.course.making.limits import HEADINGS

_START = '''# %% [markdown] question="How long?"
# # 97 · A test
#
# How long does a **test** take?
#
# ![A line that rises from left to right](../figures/97-line.png)

# %%
from matplotlib.figure import Figure

from lstm_edu import course
from lstm_edu.course.checker import Wrong, call, exercise, same_array

course.begin(97)

# %%
figure = Figure(figsize=(3, 2))
axes = figure.subplots()

# %% tags=["alt"]
axes.plot([0, 1])
course.show(figure, alt="A line that rises from left to right", name="97-line")


# %%
def draw(axes, slope):
    axes.plot([0, slope])


course.explore(draw, slope=[0.0, 1.0, 3.0], alt="Three lines, ever steeper")


# %%
@exercise("97.1", hint="Two times what?")
def double(answer):
    """Twice the number."""
    same_array("y", call(answer, 21), 42)
    return "It is the answer."


# %% [markdown] tags=["predict"]
# Predict first: what is 2 + 2?

# %% tags=["claim"]
assert 2 + 2 == 4
'''

_EXERCISE = """
# %% [markdown]
# ### Exercise {k}: find the bug

# %% tags=["exercise"]
def twice_{k}(x):
    ...


course.check("97.1", twice_{k})

# %% [markdown] tags=["solution"]
# Because $2x = x + x$.

# %% tags=["solution"]
def twice_{k}(x):
    return 2 * x


course.check("97.1", twice_{k})
"""

_END = """
# %%
print("the last but one")

# %%
course.ran()
"""


def text(exercises=4, words=1500, start="", headings=HEADINGS, end=""):
    """The source of the chapter, with as many exercises and words; `start` and `end` are more cells."""
    sections = "".join(f"\n# %% [markdown]\n# ## {heading}\n" for heading in headings)
    prose = "\n# %% [markdown]\n" + "\n".join("# word word word word word" for _ in range(words // 5))
    middle = "".join(_EXERCISE.format(k=k) for k in range(1, exercises + 1))
    return f"{_START}{start}{sections}{prose}\n{middle}{end}{_END}"


def write(folder, name="97_test", **arguments):
    """Write the chapter into `folder`/notebooks/src; returns the course."""
    from lstm_edu.course.library import Course

    source = folder / "notebooks" / "src" / f"{name}.py"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(text(**arguments), encoding="utf-8")
    return Course(folder / "notebooks")
