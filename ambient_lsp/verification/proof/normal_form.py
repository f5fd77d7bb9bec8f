"""Python source reduced to what it means, for comparing two versions of it.

libcst reads newer syntax than the host's own parser, so its tree is reduced here: layout, comments and redundant
brackets go, literals become their values, blocks become flat lists of statements.
"""

from __future__ import annotations

import re
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    import libcst

Form = Any
"""Nested tuples of strings, bools and None."""

_LAYOUT = frozenset(
    {
        "lpar", "rpar", "lbracket", "rbracket", "lbrace", "rbrace", "comma", "semicolon", "colon", "header", "footer",
        "leading_lines", "lines_after_decorators", "trailing_whitespace", "indent", "first_colon", "second_colon",
        "dot", "equal", "star_ind", "posonly_ind", "lines_after_module_docstring",
    }
)  # fmt: skip
_FUTURE = re.compile(r"^from\s+__future__\s+import\b.*\bannotations\b", re.MULTILINE)
_SEES_ALL = frozenset({"eval", "exec", "locals", "vars", "globals"})
_PURE = frozenset({"Name", "Integer", "Float", "Imaginary", "SimpleString", "Lambda"})


class Unparsable(ValueError):
    """The text is not Python, or is Python that libcst does not know yet."""


def same_program(before: str, after: str, removed: frozenset[str] = frozenset()) -> bool:
    """Return whether both texts are the same program, but for unused imports and variables in `removed`.

    Raises `Unparsable`. A name in `removed` that the new text still uses and no longer binds makes them differ.
    """
    old, new = _module(before), _module(after)
    if _FUTURE.search(before) and not _FUTURE.search(after):
        return False  # it binds a name that nothing reads, and changes what annotations are
    if not _same(normal_form(old), normal_form(new), removed):
        return False
    if not removed:
        return True
    from ambient_lsp.verification.proof.names import names_of

    was, now = names_of(old), names_of(new)
    if (removed - now.bound) & now.read:
        return False
    # Another function may have a variable of the same name, so a lost one must be read nowhere, and by no call that
    # sees all of them.
    lost = {name for name in removed if was.assigned[name] > now.assigned[name]}
    return not lost & now.read and not (lost and _SEES_ALL & now.read)


def normal_form(module: libcst.Module) -> Form:
    """Return the module as nested tuples; `("block", ...)` is a list of statements, `("imports", ...)` of imports."""
    return _block(module.body)


def _module(text: str) -> libcst.Module:
    import libcst

    try:
        return libcst.parse_module(text)
    except (libcst.ParserSyntaxError, RecursionError) as error:
        raise Unparsable(str(error).split("\n", 1)[0]) from error


def _block(body: Iterable[libcst.CSTNode]) -> Form:
    """Flatten to single statements, drop the docstring, and gather neighbouring imports."""
    import libcst

    statements: list[libcst.CSTNode] = []
    for part in body:
        statements += part.body if isinstance(part, libcst.SimpleStatementLine) else [part]
    if statements and _is_text(statements[0]):
        del statements[0]
    result: list[Form] = []
    for statement in statements:
        if isinstance(statement, libcst.Pass):
            continue
        if isinstance(statement, libcst.Import | libcst.ImportFrom):
            entries = tuple(_imports(statement))
            if result and isinstance(last := result[-1], tuple) and last[0] == "imports":
                result[-1] = ("imports", *last[1:], *entries)
            else:
                result.append(("imports", *entries))
        else:
            result.append(_form(statement))
    return ("block", *result)


def _form(node: Any) -> Form:
    import libcst

    if isinstance(node, libcst.IndentedBlock):
        return _block(node.body)
    if isinstance(node, libcst.SimpleStatementSuite):
        return _block([libcst.SimpleStatementLine(body=node.body)])
    if isinstance(node, libcst.SimpleString | libcst.ConcatenatedString | libcst.FormattedString):
        value = _text_value(node)
        if value is not None:
            return ("literal", repr(value))
    if isinstance(node, libcst.Integer | libcst.Float | libcst.Imaginary):
        return ("literal", repr(node.evaluated_value))
    if isinstance(node, libcst.FormattedString):
        return ("f-string", "".join(sorted(set(node.prefix.lower()) - {"f"})), *map(_form, node.parts))
    if isinstance(node, libcst.FormattedStringExpression):
        # `{x = }` prints its own source, blanks and quotes included.
        spelled = libcst.Module([]).code_for_node(node) if node.equal else None
        return ("{}", _form(node.expression), spelled, node.conversion, _form(node.format_spec))
    if isinstance(node, libcst.Subscript) and len(node.slice) == 1:
        # One comma makes a tuple of what is in the brackets.
        alone = isinstance(node.slice[0].comma, libcst.MaybeSentinel)
        return ("Subscript", alone, _form(node.value), _form(node.slice))
    if isinstance(node, libcst.CSTNode):
        return (type(node).__name__, *(_form(getattr(node, name)) for name in _meaning(type(node))))
    if isinstance(node, list | tuple):
        return ("list", *map(_form, node))
    if isinstance(node, libcst.MaybeSentinel):
        return None
    return None if node is None else repr(node)


def _text_value(node: libcst.CSTNode) -> str | bytes | None:
    """Return what a string is worth, that of an f-string without placeholders too; None where that is not fixed."""
    import libcst

    if isinstance(node, libcst.SimpleString):
        return node.evaluated_value
    if isinstance(node, libcst.ConcatenatedString):
        left, right = _text_value(node.left), _text_value(node.right)
        if isinstance(left, str) and isinstance(right, str):
            return left + right
        return left + right if isinstance(left, bytes) and isinstance(right, bytes) else None
    if not isinstance(node, libcst.FormattedString) or set(node.prefix.lower()) - {"f", "r"}:
        return None
    parts = [part.value for part in node.parts if isinstance(part, libcst.FormattedStringText)]
    if len(parts) != len(node.parts):
        return None
    text = "".join(parts).replace("{{", "{").replace("}}", "}")
    quotes = node.start[len(node.prefix) :]
    return libcst.SimpleString(f"{'r' if 'r' in node.prefix.lower() else ''}{quotes}{text}{node.end}").evaluated_value


@cache
def _meaning(kind: type[Any]) -> tuple[str, ...]:
    return tuple(
        field.name for field in fields(kind) if field.name not in _LAYOUT and not field.name.startswith("whitespace")
    )


def _imports(statement: libcst.Import | libcst.ImportFrom) -> Iterator[Form]:
    """Yield (what is imported, name that it is bound to)."""
    import libcst

    source = ""
    if isinstance(statement, libcst.ImportFrom):
        source = "." * len(statement.relative) + (_dotted(statement.module) if statement.module else "") + ":"
        if isinstance(statement.names, libcst.ImportStar):
            yield (f"{source}*", "*")
            return
    assert not isinstance(statement.names, libcst.ImportStar)  # noqa: S101 - told apart just above
    for alias in statement.names:
        name = _dotted(alias.name)
        bound = _dotted(alias.asname.name) if alias.asname else name if source else name.split(".")[0]
        yield (f"{source}{name}" + (" as" if alias.asname and bound != name else ""), bound)


def _dotted(node: Any) -> str:
    import libcst

    return f"{_dotted(node.value)}.{node.attr.value}" if isinstance(node, libcst.Attribute) else str(node.value)


def _same(old: Form, new: Form, removed: frozenset[str], *, local: bool = False) -> bool:
    """Compare two forms. `local` tells that they are a function's: what else is bound is read as an attribute, too."""
    if old == new:
        return True
    if not isinstance(old, tuple) or not isinstance(new, tuple) or not old or not new or old[0] != new[0]:
        return False
    local = old[0] == "FunctionDef" or (local and old[0] != "ClassDef")
    if old[0] in ("Try", "TryStar"):
        removed -= _imported(old)  # `try: import x` asks whether there is an x: that nothing uses it does not matter
    if old[0] == "block":
        return _same_block(old[1:], new[1:], removed, local=local)
    if old[0] == "imports":
        lost = set(old[1:]) - set(new[1:])
        if set(new[1:]) - set(old[1:]) or not all(entry[1] in removed for entry in lost):
            return False
        return bool(_who_wins(old[1:], lost) == _who_wins(new[1:], lost))
    return len(old) == len(new) and all(
        _same(one, other, removed, local=local) for one, other in zip(old, new, strict=True)
    )


def _who_wins(entries: Iterable[Form], lost: Collection[Form]) -> Form:
    """Return, of neighbouring imports, the last one for each name, and where those stand whose names are unknown."""
    winners: dict[str, set[str]] = {}
    parts: list[Form] = []
    for source, name in entries:
        if (source, name) in lost:
            continue
        if name == "*":
            parts.append((source, {key: frozenset(value) for key, value in winners.items()}))
            winners = {}
        elif "." in source and ":" not in source and not source.endswith(" as"):
            winners.setdefault(name, set()).add(source)  # `import a.b` and `import a.c` bind the same `a`
        else:
            winners[name] = {source}
    return (*parts, {key: frozenset(value) for key, value in winners.items()})


def _imported(form: Form) -> frozenset[str]:
    """Return every name that is bound by an import anywhere in a form."""
    if not isinstance(form, tuple) or not form:
        return frozenset()
    if form[0] == "imports":
        return frozenset(entry[1] for entry in form[1:])
    return frozenset().union(*map(_imported, form))


def _same_block(old: tuple[Form, ...], new: tuple[Form, ...], removed: frozenset[str], *, local: bool) -> bool:
    """Walk along both; a statement of the old one that may go is passed over where the new one has something else."""
    position = 0
    for statement in old:
        if position < len(new) and _same(statement, new[position], removed, local=local):
            position += 1
        elif (rest := _left_of(statement, removed, local=local)) is None:
            return False
        elif rest and position < len(new) and rest[0] == new[position]:
            position += 1
        elif rest:
            return False
    return position == len(new)


def _left_of(statement: Form, removed: frozenset[str], *, local: bool) -> tuple[Form, ...] | None:
    """Return what must stay of a statement that only binds removed names: () nothing, None that it may not go."""
    if not isinstance(statement, tuple):
        return None
    if statement[0] == "imports":
        return () if all(entry[1] in removed for entry in statement[1:]) else None
    if statement[0] == "Assign" and local:
        _, targets, value = statement
        names = [target[1] for target in targets[1:]]
        if all(name[0] == "Name" and name[1].strip("'") in removed for name in names):
            return () if value[0] in _PURE or value[0] == "literal" else (("Expr", value),)
    return None


def _is_text(node: libcst.CSTNode) -> bool:
    import libcst

    return isinstance(node, libcst.Expr) and isinstance(node.value, libcst.SimpleString | libcst.ConcatenatedString)
