"""A kernel's text with its bookkeeping folded: what is left are the loops and the paper's equations."""

import ast
import re
import textwrap

_PACKS = {"pack": "", "pack_transposed": ".T"}
_ROOM = ("empty", "zeros", "type")  # what makes an array, or a number of the array's type


def is_kernel(text: str) -> bool:
    """Is it the text of one function below @kernel, also where no compiler is at work?"""
    return text.startswith(("@kernel\ndef ", "@kernel(inlined=True)\ndef "))


def folded(text: str) -> str:
    """The text of a kernel without what is not the lesson.

    Folded are names for parts of arrays (one comment says what they are parts of), the weights' packing, and room for
    what comes. A product with all of the packed weights is written out, and a one of the arrays' type is a 1.

    Parameters
    ----------
    text : str
        Of one function.

    Returns
    -------
    str
        Shorter; where nothing is to be folded, the same.

    Examples
    --------
    >>> print(folded('''
    ... def add(a, h, U, b0, b1):
    ...     weights = pack(U, b1 - b0)
    ...     for t in range(len(h)):
    ...         a_t = a[t % len(a)]
    ...         add_product(a_t, h[t], weights, b0, b1)
    ... '''.strip()))
    def add(a, h, U, b0, b1):
        for t in range(len(h)):
            a[t] += h[t] @ U  # add_product
    """
    text = textwrap.dedent(text)
    lines, tree = text.splitlines(), ast.parse(text)
    weights, rows = _packed(tree), _rows_of_a_step(tree)
    written = dict(enumerate(lines))
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt):
            continue
        first, last = node.lineno - 1, node.end_lineno or node.lineno
        indent = lines[first][: len(lines[first]) - len(lines[first].lstrip())]
        if isinstance(node, ast.Assign) and _is_bookkeeping(node):
            words = _parts_of(node, rows)
            new = f"{indent}# {words}" if words else None
        elif isinstance(node, ast.Expr) and (product := _product(node.value, weights)):
            new = f"{indent}{product}"
        else:
            continue
        for place in range(first, last):
            written.pop(place)
        if new:
            written[first] = new
    return "\n".join(_with_steps(line, rows) for _, line in sorted(written.items()))


def _pairs(node: ast.Assign) -> list[tuple[ast.expr, ast.expr]]:
    """(target, value) of an assignment, also of several at once."""
    target, value = node.targets[0], node.value
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return list(zip(target.elts, value.elts, strict=True))
    return [(target, value)]


def _called(node: ast.expr) -> str:
    """The name of the function that a call calls."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _is_bookkeeping(node: ast.Assign) -> bool:
    """Names for what is there already, and room for what will be there."""
    return all(
        isinstance(target, ast.Name)
        and (isinstance(value, ast.Subscript | ast.Name) or _called(value) in (*_PACKS, *_ROOM))
        for target, value in _pairs(node)
    )


def _packed(tree: ast.AST) -> dict[str, str]:
    """Packed weights -> the weights that they are, where these are whole."""
    return {
        target.id: ast.unparse(value.args[0]) + _PACKS[_called(value)]
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target, value in _pairs(node)
        if isinstance(target, ast.Name)
        and isinstance(value, ast.Call)
        and _called(value) in _PACKS
        and len(value.args) == (2 if _called(value) == "pack" else 1)
    }


def _rows_of_a_step(tree: ast.AST) -> dict[str, str]:
    """a_t -> a[t], where a kernel uses the same few rows over and over."""
    return {
        target.id: f"{ast.unparse(value.value)}[t]"
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target, value in _pairs(node)
        if isinstance(target, ast.Name) and isinstance(value, ast.Subscript) and target.id.endswith("_t")
    }


def _with_steps(line: str, rows: dict[str, str]) -> str:
    for name, step in rows.items():
        line = re.sub(rf"\b{name}\b", step, line)
    return re.sub(r"\bone\b", "1", line)


def _parts_of(node: ast.Assign, rows: dict[str, str]) -> str:
    """ "i, g, c_old: parts of a, c" for names that stand for parts of arrays; "" where a line needs no word."""
    parts = [(t.id, v) for t, v in _pairs(node) if isinstance(t, ast.Name) and isinstance(v, ast.Subscript)]
    parts = [(name, value) for name, value in parts if name not in rows and not isinstance(value.value, ast.Attribute)]
    if not parts:
        return ""
    arrays = dict.fromkeys(ast.unparse(value.value).removesuffix("_t") for _, value in parts)
    return f"{', '.join(name for name, _ in parts)}: parts of {', '.join(arrays)}"


def _product(node: ast.expr, weights: dict[str, str]) -> str:
    """A call of a product, written out."""
    name, given = _called(node), [ast.unparse(one) for one in getattr(node, "args", ())]
    if name == "input_product" and given[2] in weights:
        return f"{given[0]}[t] = {given[1]}[t] @ {weights[given[2]]} + {given[3]}  # {name}"
    if name == "add_product" and given[2] in weights and len(given) == 5:
        return f"{given[0]} += {given[1]} @ {weights[given[2]]}  # {name}"
    if name == "set_product" and given[3] in weights:
        return f"{given[0]} = {given[2]} @ {weights[given[3]]} + {given[1]}  # {name}"
    return ""
