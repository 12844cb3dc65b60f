"""Which cells of a learner's notebook have to run for its exercises: a chapter's experiments need not."""

import ast
import re
import symtable
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field


@dataclass
class _Names:
    """What a cell reads, what it makes or changes, and what it imports."""

    read: set[str] = field(default_factory=set)
    made: set[str] = field(default_factory=set)
    imported: set[str] = field(default_factory=set)


def needed(sources: Sequence[str], shipped: Collection[str]) -> list[bool]:
    """For each cell of code whether it is to be run.

    A cell that differs from the shipped chapter's is run, and so is each with a check. Of the others those that make,
    import or change a name that a later one to be run reads, also in several steps. So experiments that take minutes
    are left out, and no answer is told from another by that.

    Parameters
    ----------
    sources : sequence of str
        The cells of code, in order.
    shipped : collection of str
        The cells of code of the chapter as it was handed out, without blanks around them.

    Returns
    -------
    list of bool
        One for each source.

    Examples
    --------
    >>> chapter = ["import numpy as np", "slow = np.ones(10**9)", "def f(): ...\\ncourse.check('00.1', f)"]
    >>> needed(chapter, chapter)
    [False, False, True]
    >>> needed(["import numpy as np", "slow = np.ones(3)", "course.check('00.1', lambda: np.pi)"], chapter)
    [True, True, True]
    """
    cells = [_names(source) for source in sources]
    modules = set().union(*(names.imported for names in cells if names))
    wanted: set[str] = set()
    run = []
    for source, names in reversed(list(zip(sources, cells, strict=True))):
        own = names is None or source.strip() not in shipped or ".check(" in source
        run.append(own or bool(names and wanted & ((names.made - modules) | names.imported)))
        if run[-1]:
            wanted |= names.read if names else set(re.findall(r"[^\W\d]\w*", source))
    return run[::-1]


def _names(source: str) -> _Names | None:
    """None for what Python can't read by itself, such as a magic command."""
    try:
        tree, table = ast.parse(source), symtable.symtable(source, "<cell>", "exec")
    except (SyntaxError, ValueError):
        return None
    found = _Names()
    for symbol in table.get_symbols():
        if symbol.is_imported():
            found.imported.add(symbol.get_name())
        elif symbol.is_assigned():
            found.made.add(symbol.get_name())
        if symbol.is_referenced():
            found.read.add(symbol.get_name())
    inner = table.get_children()
    while inner:  # what a function keeps to itself concerns no other cell
        scope = inner.pop()
        inner += scope.get_children()
        found.read |= {symbol.get_name() for symbol in scope.get_symbols() if symbol.is_global()}
    for node in _at_the_top(tree):
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            found.made |= _root(node)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            found.made |= _root(node.value.func)  # `layer.params.update(...)` may change what `layer` is
    return found


def _at_the_top(tree: ast.AST) -> Iterator[ast.AST]:
    """Everything that runs with the cell itself, not inside of a function."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield node
            yield from _at_the_top(node)


def _root(node: ast.AST) -> set[str]:
    """The name at the beginning of `name.part[0].other`."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()
