"""What a template may say: values, filters and `if`; nothing that repeats.

Jinja2's sandbox keeps a template away from Python, but sets no time limit, and a thread that is
busy can't be stopped. So the language has no construct that could run long: no loop, call,
assignment, arithmetic or filter that multiplies. What a rendering costs is linear in the length
of the template and its values.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from jinja2 import nodes

FILTERS = frozenset(
    {"capitalize", "default", "d", "e", "escape", "lower", "title", "trim", "truncate", "upper"}
)
TESTS = frozenset({"defined", "undefined", "none", "eq", "equalto", "ne", "in"})

#: What a template can name. None: a plain value; a set: its attributes; contact's are free.
VALUES: dict[str, frozenset[str] | None] = {
    "contact": frozenset(),
    "mailbox": frozenset({"name", "address", "postal_address"}),
    "sequence": None,
    "unsubscribe_url": None,
}

_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Const,
    nodes.List,
    nodes.Tuple,
    nodes.Name,
    nodes.Getattr,
    nodes.Getitem,
    nodes.If,
    nodes.CondExpr,
    nodes.Not,
    nodes.And,
    nodes.Or,
    nodes.Compare,
    nodes.Operand,
    nodes.Concat,
    nodes.Filter,
    nodes.Test,
    nodes.Keyword,
)
_CALLED = {
    nodes.For: "a loop",
    nodes.Call: "a call",
    nodes.Assign: "`set`",
    nodes.Include: "`include`",
    nodes.Import: "`import`",
    nodes.FromImport: "`import`",
    nodes.Extends: "`extends`",
    nodes.Macro: "a macro",
}


class Use(NamedTuple):
    """A value that a template names, such as `contact.first_name`, and where."""

    variable: str
    line: int
    #: The template says what to write when the value is missing.
    guarded: bool


def violations(tree: nodes.Template) -> list[tuple[int, str]]:
    """Each thing in the template that isn't allowed: its line, and what to do about it."""
    found = [found for node in [tree, *tree.find_all(nodes.Node)] for found in _in_node(node)]
    if found:
        return found
    named = ((use.line, _complaint(use.variable)) for use in uses(tree))
    return [(line, complaint) for line, complaint in named if complaint]


def _in_node(node: nodes.Node) -> Iterator[tuple[int, str]]:
    if not isinstance(node, _ALLOWED):
        what = _CALLED.get(type(node), f"`{type(node).__name__.lower()}`")
        yield node.lineno, f"{what} can't be used in a template; values, filters and `if` can"
    elif isinstance(node, nodes.Filter) and node.name not in FILTERS:
        yield node.lineno, f"there is no filter `{node.name}`; there are {_list(FILTERS)}"
    elif isinstance(node, nodes.Test) and node.name not in TESTS:
        yield node.lineno, f"there is no test `is {node.name}`; there are {_list(TESTS)}"
    elif isinstance(node, nodes.Getattr | nodes.Getitem) and variable_of(node) is None:
        yield node.lineno, "a value has no parts; write it like `contact.company`"


def uses(tree: nodes.Node) -> list[Use]:
    """Every value that a template names, in its order."""
    return list(_uses(tree, frozenset()))


def _uses(node: nodes.Node, given: frozenset[str]) -> Iterator[Use]:
    """`given` holds the variables that are known to be there, or needn't be."""
    variable = variable_of(node)
    if variable is not None:
        yield Use(variable, node.lineno, variable in given)
    elif isinstance(node, nodes.If | nodes.CondExpr):
        yield from _of_choice(node, given)
    elif isinstance(node, nodes.Or):
        yield from _asked(node.left, given)
        yield from _uses(node.right, given | _absent(node.left))
    elif isinstance(node, nodes.Not) or _has_default(node):
        first, *rest = node.iter_child_nodes()
        yield from _asked(first, given)
        for child in rest:
            yield from _uses(child, given)
    else:
        for child in node.iter_child_nodes():
            yield from _uses(child, given)


def _of_choice(node: nodes.If | nodes.CondExpr, given: frozenset[str]) -> Iterator[Use]:
    """What an `if` asks about may be missing, and is there in its first branch."""
    yield from _asked(node.test, given)
    for field, child in _children(node):
        if field == "test":
            continue
        inside = _present(node.test) if field in {"body", "expr1"} else _absent(node.test)
        yield from _uses(child, given | inside)


def _children(node: nodes.Node) -> Iterator[tuple[str, nodes.Node]]:
    for field, value in node.iter_fields():
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, nodes.Node):
                yield field, child


def _asked(node: nodes.Node, given: frozenset[str]) -> Iterator[Use]:
    """What is only asked whether it is there or holds."""
    if isinstance(node, nodes.And | nodes.Or):
        known = _present(node.left) if isinstance(node, nodes.And) else _absent(node.left)
        yield from _asked(node.left, given)
        yield from _asked(node.right, given | known)
    else:
        variable = variable_of(node)
        yield from _uses(node, given if variable is None else given | {variable})


def _has_default(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Filter):
        return node.name in {"default", "d"}
    return isinstance(node, nodes.Test) and node.name in {"defined", "undefined"}


def _present(test: nodes.Node) -> frozenset[str]:
    """What is certainly there if the test holds."""
    if isinstance(test, nodes.And):
        return _present(test.left) | _present(test.right)
    if isinstance(test, nodes.Not):
        return _absent(test.node)
    if isinstance(test, nodes.Test) and test.name == "defined":
        test = test.node
    variable = variable_of(test)
    return frozenset() if variable is None else frozenset({variable})


def _absent(test: nodes.Node) -> frozenset[str]:
    """What is certainly there if the test doesn't hold."""
    if isinstance(test, nodes.Not):
        return _present(test.node)
    if isinstance(test, nodes.Test) and test.name == "undefined":
        variable = variable_of(test.node)
        return frozenset() if variable is None else frozenset({variable})
    return frozenset()


def variable_of(node: nodes.Node | None) -> str | None:
    """`contact.first_name` for that expression, also written `contact["first_name"]`."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
        return f"{node.node.name}.{node.attr}"
    if isinstance(node, nodes.Getitem) and isinstance(node.node, nodes.Name):
        key = node.arg.value if isinstance(node.arg, nodes.Const) else None
        return f"{node.node.name}.{key}" if isinstance(key, str) else None
    return None


def _complaint(variable: str) -> str | None:
    name, _, attribute = variable.partition(".")
    if name not in VALUES:
        return f"there is no `{name}`; write `contact.{name}` if it is an attribute of the contact"
    known = VALUES[name]
    if known is None:
        return f"`{name}` has no attributes; write `{{{{ {name} }}}}`" if attribute else None
    if not attribute:
        return f"`{name}` has several values; write which, such as `{name}.name`"
    if known and attribute not in known:
        return f"there is no `{variable}`; there are {_list(f'{name}.{k}' for k in known)}"
    return None


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
