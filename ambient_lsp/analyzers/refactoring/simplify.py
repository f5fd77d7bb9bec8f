"""Rewrites that make a function simpler and keep what it does: guard clauses, merged ifs, no `else` after a return.

Each rewrite is offered only where it lowers the function's cognitive complexity; comments go where their code goes, and
where they would have no place the rewrite is not made.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.base import RawFinding, is_test_path
from ambient_lsp.analyzers.refactoring.alone import on_its_own
from ambient_lsp.analyzers.refactoring.complexity import cognitive
from ambient_lsp.analyzers.refactoring.counting import DEEPER
from ambient_lsp.analyzers.refactoring.forms import Rewrite, is_of_the_platform
from ambient_lsp.analyzers.refactoring.opposites import (
    ask_the_same,
    is_boolean,
    negated,
    operand,
    operands,
    reads_well_negated,
)
from ambient_lsp.analyzers.source import read, statements, walk
from ambient_lsp.analyzers.syntax import (
    Block,
    Syntax,
    children,
    comments_in,
    leaves,
    only_statement,
    parse,
    walk_scope,
)
from ambient_lsp.model import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tree_sitter import Node

    from ambient_lsp.analyzers.source import Definition, Source

GUARD = "AMB-REF-GUARD"
MERGE = "AMB-REF-MERGE-IFS"
ELSE = "AMB-REF-ELSE"
BOOLEAN = "AMB-REF-BOOLEAN"
FLATTEN = "AMB-REF-FLATTEN"

_JUMPS = frozenset({"return_statement", "raise_statement", "continue_statement", "break_statement"})
_WORTH_AN_OPPOSITE = 5
"""Lines of a branch for whose sake `not (a and b)` may be read; fewer are plainer as they are."""
_MIN_GAIN = {GUARD: 2, ELSE: 2, MERGE: 1, BOOLEAN: 1}
_MOST = 30
"""Candidates tried in one file: each is rendered and measured, and nobody reads more hints than these."""
_MOST_OPERANDS = 3
"""More conditions than these in one line are no longer simpler than two `if`s."""
_LONGEST_CONDITION = 100
"""A merged condition ends here even where the project's limit allows more: a limit is no wish."""
_WORTH_MOVING = 0.1
"""The part of a function's complexity that a rewrite must take away to be worth a diff of many lines."""
_MOST_OF_THE_BODY = 0.5
"""How much of a body must be inside the `if` for a guard clause: behind several steps, leaving early is a trap for
whoever adds the next step."""

_MESSAGES = {
    GUARD: "The rest of this body is wrapped in one `if`; leaving early keeps it flat.",
    MERGE: "These two `if`s are one condition.",
    ELSE: "The branches before this `else` all leave, so its code can stand on its own.",
    BOOLEAN: "This is the condition itself, written as a branch.",
}
_TITLES = {
    GUARD: "Use a guard clause in {symbol}",
    MERGE: "Merge nested ifs in {symbol}",
    ELSE: "Drop the else that is not needed in {symbol}",
    BOOLEAN: "Return the condition itself in {symbol}",
    FLATTEN: "Flatten {symbol}",
}


def find(text: str, path: str, line_length: int = 88) -> list[RawFinding]:
    """Find what `rewrites` would make simpler."""
    return findings_of(rewrites(text, path, line_length))


def findings_of(made: Sequence[Rewrite]) -> list[RawFinding]:
    """Return a finding for each single rewrite."""
    return [
        RawFinding(one.rule, one.span, _MESSAGES[one.rule], Severity.HINT, tags=("complexity",), symbol=one.symbol)
        for one in made
        if one.rule in _MESSAGES
    ]


def rewrites(text: str, path: str, line_length: int = 88, complexity_threshold: int | None = 15) -> list[Rewrite]:
    """Return every single rewrite, and for a function above the threshold all of them in one (`FLATTEN`), unless the
    threshold is None: then nobody asks for that one, which is a fix and no finding.

    None in tests: each is read by itself, and its shape is its author's.
    """
    if is_test_path(path):
        return []
    source = read(text)
    made: list[Rewrite] = []
    for function in source.functions:
        # A nested function counts for the one around it, and is rewritten with it.
        if not function.nested and function.whole and len(made) < _MOST and _is_worth_a_try(source, function.node):
            made += _of_function(source, function, line_length, complexity_threshold)
    return made


def _is_worth_a_try(source: Source, function: Node) -> bool:
    """Return whether the tree shows an `if` that could go: parsing for a rewrite costs far more than this look."""
    return any(map(_could_go, source.inside(function, "if_statement")))


def _could_go(branch: Node) -> bool:
    inside, block = statements(branch.child_by_field_name("consequence")), branch.parent
    others = branch.children_by_field_name("alternative")
    if not inside or block is None or block.parent is None:
        return False
    if _returns_truth(inside):
        return True
    if others:
        last = statements(others[-1].child_by_field_name("body")) if others[-1].type == "else_clause" else []
        # An `else` counts one itself, so one level less for one thing in it is enough.
        may_end = bool(last) and inside[-1].type in _JUMPS and _deeper(last) >= 1
        return may_end or (
            len(others) == 1 and 1 <= len(last) <= 2 and last[-1].type in _JUMPS and _deeper(inside) >= 1
        )
    if len(inside) == 1 and inside[0].type == "if_statement" and not inside[0].children_by_field_name("alternative"):
        return True
    is_last = statements(block)[-1] == branch
    header = block.parent.type in {"function_definition", "for_statement", "while_statement"}
    return is_last and header and _deeper(inside) >= _MIN_GAIN[GUARD]


def _deeper(inside: Sequence[Node]) -> int:
    """Return how many things in these statements count one more for each level that they are deep in."""
    return sum(node.type in DEEPER for statement in inside for node in walk(statement))


def _returns_truth(inside: Sequence[Node]) -> bool:
    returned = inside[0].named_children if len(inside) == 1 and inside[0].type == "return_statement" else []
    return bool(returned) and returned[0].type in {"true", "false"}


def _of_function(source: Source, function: Definition, line_length: int, threshold: int | None) -> list[Rewrite]:
    """Rewrite one function as a module of its own, so that the cost is that of the function, not of the file."""
    alone = on_its_own(source, function)
    small = parse(alone.text) if alone is not None else None
    if alone is None or small is None:
        return []
    before = cognitive(alone.text).get(function.name)
    if before is None:
        return []
    steps = [
        (rule, place, new, after)
        for rule, place, new in islice(_candidates(small, line_length), _MOST)
        if _is_worth_it(rule, before, after := cognitive(new).get(function.name, before))
    ]
    made = [
        Rewrite(
            rule,
            _TITLES[rule].format(symbol=f"`{function.qualname}`"),
            function.qualname,
            alone.moved(small.span(place)),
            alone.put_back(source, new),
            before,
            after,
        )
        for rule, place, new, after in steps
    ]
    if threshold is not None and before > threshold and steps:
        flat, after, count = _flattened(alone.text, function.name, line_length)
        # One step is offered as what it is.
        if count > 1 and (after <= threshold or before - after >= before * _WORTH_MOVING):
            title = _TITLES[FLATTEN].format(symbol=f"`{function.qualname}`")
            place = source.span(function.node.child_by_field_name("name") or function.node)
            made.append(Rewrite(FLATTEN, title, function.qualname, place, alone.put_back(source, flat), before, after))
    return made


def _is_worth_it(rule: str, before: int, after: int) -> bool:
    moves_much = rule in {GUARD, ELSE}
    return before - after >= max(_MIN_GAIN[rule], before * _WORTH_MOVING if moves_much else 0)


def _flattened(text: str, name: str, line_length: int) -> tuple[str, int, int]:
    """Return a function's text after every rewrite that lowers its complexity, the complexity it then has, and how many
    rewrites that took."""
    least, count = cognitive(text).get(name, 0), 0
    while count < _MOST:
        syntax = parse(text)
        better = None
        for _rule, _place, new in _candidates(syntax, line_length) if syntax is not None else ():
            if cognitive(new).get(name, least) < least:
                better = new
                break
        if better is None:
            break
        text, least, count = better, cognitive(better)[name], count + 1
    return text, least, count


def _candidates(syntax: Syntax, line_length: int) -> Iterator[tuple[str, cst.CSTNode, str]]:
    for function in syntax.functions:
        for block in _blocks(function.node.body):
            for index, statement in enumerate(block.body):
                if isinstance(statement, cst.If):
                    yield from _at(syntax, block, index, statement, line_length)


def _at(
    syntax: Syntax, block: cst.IndentedBlock, index: int, branch: cst.If, line_length: int
) -> Iterator[tuple[str, cst.CSTNode, str]]:
    if is_of_the_platform(syntax.code(branch.test)):
        return
    attempts: tuple[tuple[str, Callable[[], Sequence[cst.BaseStatement] | None], int], ...] = (
        (BOOLEAN, lambda: _boolean(syntax, block, index, branch), 2 if branch.orelse is None else 1),
        (MERGE, lambda: _merged(syntax, branch, line_length), 1),
        (GUARD, lambda: _guarded(syntax, block, index, branch), 1),
        (ELSE, lambda: _without_else(branch), 1),
    )
    for rule, attempt, taken in attempts:
        new = attempt()
        if new is not None:
            body = (*block.body[:index], *new, *block.body[index + taken :])
            yield rule, branch.test, syntax.rewritten({block: block.with_changes(body=body)})


def _blocks(node: cst.CSTNode) -> Iterator[cst.IndentedBlock]:
    """Yield the blocks of one function, not those of functions inside it."""
    if isinstance(node, cst.IndentedBlock):
        yield node
    for child in children(node):
        if not isinstance(child, cst.FunctionDef | cst.ClassDef | cst.SimpleStatementLine):
            yield from _blocks(child)


def _guarded(syntax: Syntax, block: Block, index: int, branch: cst.If) -> list[cst.BaseStatement] | None:
    inner = _movable(branch.body)
    if inner is None or not _has_compound(inner) or not reads_well_negated(branch.test):
        return None
    if isinstance(branch.test, cst.BooleanOperation) and syntax.lines(branch) < _WORTH_AN_OPPOSITE:
        return None
    leave: list[cst.BaseStatement]
    if isinstance(branch.orelse, cst.Else):
        other = _movable(branch.orelse.body)
        if other is None or len(other) > 2 or not leaves(other[-1]) or leaves(inner[-1]):
            return None
        if comments_in(branch.orelse.leading_lines):
            return None
        leave = list(other)
    elif branch.orelse is None and index == len(block.body) - 1 and not leaves(inner[-1]):
        above = syntax.parent(block)
        if not _is_most_of(syntax, block, branch):
            return None
        if isinstance(above, cst.FunctionDef):
            leave = [cst.SimpleStatementLine([_plain_return(above)])]
        elif isinstance(above, cst.For | cst.While):
            leave = [cst.SimpleStatementLine([cst.Continue()])]
        else:
            return None
    else:
        return None
    guard = branch.with_changes(
        test=negated(branch.test),
        whitespace_before_test=cst.SimpleWhitespace(" "),
        body=cst.IndentedBlock(leave),
        orelse=None,
    )
    return [guard, *inner]


def _is_most_of(syntax: Syntax, block: Block, branch: cst.If) -> bool:
    first = block.body[0]
    small = only_statement(first)
    is_docstring = isinstance(small, cst.Expr) and isinstance(small.value, cst.SimpleString | cst.ConcatenatedString)
    around = [one for one in block.body if not (one is first and is_docstring)]
    return syntax.lines(branch) >= sum(map(syntax.lines, around)) * _MOST_OF_THE_BODY


def _plain_return(function: cst.FunctionDef) -> cst.Return:
    """Return the way to leave early: where a function gives something back elsewhere, None is said."""
    gives = any(isinstance(one, cst.Return) and one.value is not None for one in walk_scope(function.body))
    is_generator = any(isinstance(one, cst.Yield) for one in walk_scope(function.body))
    return cst.Return(cst.Name("None")) if gives and not is_generator else cst.Return()


def _without_else(branch: cst.If) -> list[cst.BaseStatement] | None:
    chain = [branch]
    while isinstance(chain[-1].orelse, cst.If):
        chain.append(chain[-1].orelse)
    last = chain[-1].orelse
    if not isinstance(last, cst.Else) or comments_in(last.leading_lines):
        return None
    moved = _movable(last.body)
    bodies = [part.body for part in chain]
    if moved is None or not _has_compound(moved):
        return None
    if not all(isinstance(body, cst.IndentedBlock) and leaves(body.body[-1]) for body in bodies):
        return None
    kept: cst.If | None = None
    for part in reversed(chain):
        kept = part.with_changes(orelse=kept)
    return [kept, *moved] if kept is not None else None


def _merged(syntax: Syntax, branch: cst.If, line_length: int) -> list[cst.BaseStatement] | None:
    if branch.orelse is not None or not isinstance(branch.body, cst.IndentedBlock) or len(branch.body.body) != 1:
        return None
    inner = branch.body.body[0]
    if not isinstance(inner, cst.If) or inner.orelse is not None:
        return None
    header = branch.body.header
    if comments_in(inner.leading_lines) or header.comment is not None or comments_in(branch.body.footer):
        return None
    test = cst.BooleanOperation(operand(branch.test), cst.And(), operand(inner.test))
    if operands(test) > _MOST_OPERANDS:
        return None
    if not _fits(syntax, branch, test, inner, min(line_length, _LONGEST_CONDITION)):
        return None
    return [branch.with_changes(test=test, whitespace_before_test=cst.SimpleWhitespace(" "), body=inner.body)]


def _fits(syntax: Syntax, branch: cst.If, test: cst.BooleanOperation, inner: cst.If, limit: int) -> bool:
    """Return whether a merged condition stays in its lines. Over several lines it may go only where it ends in a call
    that did so before."""
    first, *more = syntax.code(test).split("\n")
    last = test.right.expression if isinstance(test.right, cst.UnaryOperation) else test.right
    if more and ("\n" in syntax.code(test.left) or test.right.lpar or not isinstance(last, cst.Call)):
        return False
    comment = inner.body.header.comment if isinstance(inner.body, cst.IndentedBlock) else None
    behind = len(":") + (len(comment.value) + 2 if comment is not None else 0)
    return syntax.span(branch).start_column + len("if ") + len(first) + behind <= limit


def _boolean(syntax: Syntax, block: Block, index: int, branch: cst.If) -> list[cst.BaseStatement] | None:
    yes = _returned_truth(branch.body)
    if isinstance(branch.orelse, cst.Else):
        no = None if comments_in(branch.orelse.leading_lines) else _returned_truth(branch.orelse.body)
    elif branch.orelse is None and index + 2 == len(block.body):
        following = block.body[index + 1]
        small = only_statement(following)
        commented = isinstance(following, cst.SimpleStatementLine) and (
            comments_in(following.leading_lines) or following.trailing_whitespace.comment is not None
        )
        no = _truth(small) if isinstance(small, cst.Return) and not commented else None
    else:
        no = None
    if yes is None or no is None or yes is no:
        return None
    if no and isinstance(branch.test, cst.BooleanOperation):
        return None  # `not (a and b)` is harder to read than the branch
    if not yes and not reads_well_negated(branch.test):
        return None
    value = branch.test if yes else negated(branch.test)
    if not is_boolean(value):
        if isinstance(value, cst.BooleanOperation | cst.Comparison):
            return None  # `bool(a and b)`, `bool(a < b)`: that is no simpler
        value = _bool_call(value)
    if len(syntax.code(value)) > 100 or "\n" in syntax.code(value):
        return None
    above = block.body[index - 1] if index else None
    if not yes and isinstance(above, cst.If) and ask_the_same(above.test, branch.test):
        return None  # the last of a row of checks reads like the rest
    line = cst.SimpleStatementLine([cst.Return(value)], leading_lines=branch.leading_lines)
    return [line]


def _bool_call(value: cst.BaseExpression) -> cst.BaseExpression:
    return cst.Call(cst.Name("bool"), [cst.Arg(value.with_changes(lpar=[], rpar=[]))])


def _returned_truth(body: cst.BaseSuite) -> bool | None:
    inside = _movable(body)
    if inside is None or len(inside) != 1 or not isinstance(inside[0], cst.SimpleStatementLine):
        return None
    line = inside[0]
    if comments_in(line.leading_lines) or line.trailing_whitespace.comment is not None:
        return None
    small = only_statement(line)
    return _truth(small) if isinstance(small, cst.Return) else None


def _truth(statement: cst.Return) -> bool | None:
    value = statement.value
    if isinstance(value, cst.Name) and value.value in {"True", "False"}:
        return value.value == "True"
    return None


def _movable(body: cst.BaseSuite) -> tuple[cst.BaseStatement, ...] | None:
    """Return a block's statements when they can stand elsewhere; None where a comment would be lost."""
    if not isinstance(body, cst.IndentedBlock) or body.header.comment is not None or comments_in(body.footer):
        return None
    if re.search(r"\\\r?\n", cst.Module([]).code_for_node(body)):
        return None  # what goes on behind a backslash would keep its place, and stand askew
    return tuple(body.body)


def _has_compound(body: Sequence[cst.BaseStatement]) -> bool:
    """Return whether leaving early would take a level off anything: only then is a reader helped."""
    return any(isinstance(statement, cst.BaseCompoundStatement) for statement in body)
