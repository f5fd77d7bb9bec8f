"""From tree-sitter's tree to the standard library's `ast`.

What is new since the host's version and says nothing of values (type parameters) is left out; what cannot be read
becomes an unknown name or is left out, so that the rest of a half-typed file is analyzed all the same.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from ambient_lsp.analyzers.taint.convert_expressions import BINARY
from ambient_lsp.analyzers.taint.convert_patterns import Patterns
from ambient_lsp.analyzers.taint.convert_text import SKIPPED, at, first_of, parts_of, stored, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tree_sitter import Node


class Converter(Patterns):
    """Converts whole texts; each `_stmt_x` method makes what tree-sitter calls `x`."""

    def __init__(self) -> None:
        super().__init__()
        self._statements: dict[str, Callable[[Node], ast.stmt | list[ast.stmt]]] = {
            name[6:]: getattr(self, name) for name in dir(self) if name.startswith("_stmt_")
        }

    def module(self, root: Node) -> ast.Module:
        """Return the tree of a whole file."""
        return ast.Module(body=self._body(root), type_ignores=[])

    def _body(self, block: Node | None) -> list[ast.stmt]:
        result: list[ast.stmt] = []
        for child in [] if block is None else block.named_children:
            if child.type == "ERROR":
                result += self._body(child)
            made = self._statement(child)
            result += made if isinstance(made, list) else [made]
        return result

    def _statement(self, node: Node) -> ast.stmt | list[ast.stmt]:
        make = self._statements.get(node.type)
        return [] if make is None else make(node)

    def _suite(self, block: Node | None, near: Node) -> list[ast.stmt]:
        return self._body(block) or [at(ast.Pass(), near)]

    def _stmt_expression_statement(self, node: Node) -> ast.stmt | list[ast.stmt]:
        parts = [child for child in node.named_children if child.type not in SKIPPED]
        if not parts:
            return []
        first = parts[0]
        if first.type == "assignment":
            return self._assignment(first)
        if first.type == "augmented_assignment":
            target: Any = stored(self._field(first, "left"))
            operator = text_of(first.child_by_field_name("operator"))[:-1]
            return at(
                ast.AugAssign(
                    target=target,
                    op=BINARY.get(operator, ast.Add)(),
                    value=self._field(first, "right"),
                ),
                first,
            )
        if len(parts) > 1 or any(child.type == "," for child in node.children):
            value: ast.expr = at(ast.Tuple(elts=[self.expr(part) for part in parts], ctx=ast.Load()), node)
        else:
            value = self.expr(first)
        return at(ast.Expr(value=value), node)

    def _assignment(self, node: Node) -> ast.stmt | list[ast.stmt]:
        annotation = node.child_by_field_name("type")
        left = node.child_by_field_name("left")
        if left is None:
            return []
        right = node.child_by_field_name("right")
        if annotation is not None:
            simple = int(left.type == "identifier")
            value = None if right is None else self.expr(right)
            target: Any = stored(self.expr(left))
            return at(ast.AnnAssign(target=target, annotation=self.expr(annotation), value=value, simple=simple), node)
        targets = [left]
        while right is not None and right.type == "assignment":
            inner = right.child_by_field_name("left")
            targets += [] if inner is None else [inner]
            right = right.child_by_field_name("right")
        if right is None:
            return []
        made = [stored(self.expr(target)) for target in targets]
        return at(ast.Assign(targets=made, value=self.expr(right), type_comment=None), node)

    def _stmt_return_statement(self, node: Node) -> ast.stmt:
        return at(ast.Return(value=self._optional(node)), node)

    def _stmt_raise_statement(self, node: Node) -> ast.stmt:
        cause = node.child_by_field_name("cause")
        first = next((child for child in node.named_children if child != cause and child.type != "comment"), None)
        return at(
            ast.Raise(
                exc=None if first is None else self.expr(first), cause=None if cause is None else self.expr(cause)
            ),
            node,
        )

    def _stmt_assert_statement(self, node: Node) -> ast.stmt | list[ast.stmt]:
        parts = parts_of(node)
        if not parts:
            return []
        message = self.expr(parts[1]) if len(parts) > 1 else None
        return at(ast.Assert(test=self.expr(parts[0]), msg=message), node)

    def _stmt_delete_statement(self, node: Node) -> ast.stmt:
        parts = parts_of(node)
        if len(parts) == 1 and parts[0].type == "expression_list":
            parts = parts_of(parts[0])
        return at(ast.Delete(targets=[stored(self.expr(part), ast.Del()) for part in parts]), node)

    def _stmt_pass_statement(self, node: Node) -> ast.stmt:
        return at(ast.Pass(), node)

    def _stmt_break_statement(self, node: Node) -> ast.stmt:
        return at(ast.Break(), node)

    def _stmt_continue_statement(self, node: Node) -> ast.stmt:
        return at(ast.Continue(), node)

    def _stmt_global_statement(self, node: Node) -> ast.stmt:
        return at(ast.Global(names=[text_of(child) for child in parts_of(node)]), node)

    def _stmt_nonlocal_statement(self, node: Node) -> ast.stmt:
        return at(ast.Nonlocal(names=[text_of(child) for child in parts_of(node)]), node)

    def _stmt_import_statement(self, node: Node) -> ast.stmt:
        return at(ast.Import(names=[_alias(child) for child in parts_of(node)]), node)

    def _stmt_future_import_statement(self, node: Node) -> ast.stmt:
        names = [_alias(child) for child in node.children_by_field_name("name")]
        return at(ast.ImportFrom(module="__future__", names=names, level=0), node)

    def _stmt_import_from_statement(self, node: Node) -> ast.stmt:
        module = text_of(node.child_by_field_name("module_name"))
        name = module.lstrip(". ")
        names = [_alias(child) for child in node.children_by_field_name("name")]
        star = next((child for child in node.children if child.type == "wildcard_import"), None)
        if star is not None:
            names = [at(ast.alias(name="*", asname=None), star)]
        return at(
            ast.ImportFrom(
                module=name.replace(" ", "") or None, names=names, level=module.count(".", 0, len(module) - len(name))
            ),
            node,
        )

    def _stmt_if_statement(self, node: Node) -> ast.stmt:
        made = at(ast.If(test=self._field(node, "condition"), body=self._block(node, "consequence"), orelse=[]), node)
        last = made
        for branch in node.children_by_field_name("alternative"):
            if branch.type == "elif_clause":
                test = self._field(branch, "condition")
                inner = at(ast.If(test=test, body=self._block(branch, "consequence"), orelse=[]), branch)
                last.orelse = [inner]
                last = inner
            else:
                last.orelse = self._block(branch, "body")

        return made

    def _stmt_while_statement(self, node: Node) -> ast.stmt:
        orelse = self._block(node.child_by_field_name("alternative"), "body")
        return at(ast.While(test=self._field(node, "condition"), body=self._block(node, "body"), orelse=orelse), node)

    def _stmt_for_statement(self, node: Node) -> ast.stmt:
        kind: Any = ast.AsyncFor if node.children and node.children[0].type == "async" else ast.For
        made: ast.stmt = kind(
            target=stored(self._field(node, "left")),
            iter=self._field(node, "right"),
            body=self._block(node, "body"),
            orelse=self._block(node.child_by_field_name("alternative"), "body"),
            type_comment=None,
        )
        return at(made, node)

    def _stmt_try_statement(self, node: Node) -> ast.stmt:
        handlers: list[ast.ExceptHandler] = []
        parts: dict[str, list[ast.stmt]] = {"else_clause": [], "finally_clause": []}
        grouped = False
        for child in node.named_children:
            if child.type in ("except_clause", "except_group_clause"):
                grouped = grouped or child.type == "except_group_clause" or any(c.type == "*" for c in child.children)
                handlers.append(self._handler(child))
            elif child.type in parts:
                block = child.child_by_field_name("body") or first_of(child, "block")
                parts[child.type] = self._suite(block, child)
        kind: Any = ast.TryStar if grouped else ast.Try
        made: ast.stmt = kind(
            body=self._block(node, "body"),
            handlers=handlers,
            orelse=parts["else_clause"],
            finalbody=parts["finally_clause"],
        )
        return at(made, node)

    def _handler(self, node: Node) -> ast.ExceptHandler:
        parts = [child for child in parts_of(node) if child.type != "block"]
        name: str | None = None
        kind: ast.expr | None = None
        if parts:
            first = parts[0]
            if first.type == "as_pattern":
                target = first.child_by_field_name("alias")
                name = text_of(target) or None
                kind = self.expr(first.named_children[0])
            elif len(parts) > 1 and any(child.type == "as" for child in node.children):
                kind, name = self.expr(first), text_of(parts[1])
            elif len(parts) > 1:  # `except A, B:` of Python 3.14
                kind = at(ast.Tuple(elts=[self.expr(part) for part in parts], ctx=ast.Load()), first)
            else:
                kind = self.expr(first)
        return at(ast.ExceptHandler(type=kind, name=name, body=self._suite(first_of(node, "block"), node)), node)

    def _stmt_with_statement(self, node: Node) -> ast.stmt:
        clause = first_of(node, "with_clause")
        items = [] if clause is None else [child for child in clause.named_children if child.type == "with_item"]
        if len(items) == 1:  # `with (a as b, c as d):` is read as a tuple of patterns
            value = items[0].child_by_field_name("value")
            if value is not None and value.type == "tuple":
                items = value.named_children
        made: list[ast.withitem] = []
        for item in items:
            expression = item.child_by_field_name("value") if item.type == "with_item" else item
            if expression is None or expression.type in SKIPPED:
                continue
            alias = expression.child_by_field_name("alias") if expression.type == "as_pattern" else None
            context = expression.named_children[0] if alias is not None else expression
            bound = (
                None if alias is None else stored(self.expr(alias.named_children[0] if alias.named_children else alias))
            )
            made.append(ast.withitem(context_expr=self.expr(context), optional_vars=bound))
        kind: Any = ast.AsyncWith if node.children and node.children[0].type == "async" else ast.With
        statement: ast.stmt = kind(items=made, body=self._block(node, "body"), type_comment=None)
        return at(statement, node)

    def _stmt_match_statement(self, node: Node) -> ast.stmt:
        subjects = node.children_by_field_name("subject")
        subject: ast.expr
        if len(subjects) > 1:
            subject = at(ast.Tuple(elts=[self.expr(each) for each in subjects], ctx=ast.Load()), subjects[0])
        else:
            subject = self._field(node, "subject")
        block = node.child_by_field_name("body") or first_of(node, "block")
        cases = [
            self._case(child)
            for child in ([] if block is None else block.named_children)
            if child.type == "case_clause"
        ]
        return at(ast.Match(subject=subject, cases=cases), node)

    def _case(self, node: Node) -> ast.match_case:
        patterns = [self._pattern(child) for child in node.named_children if child.type == "case_pattern"]
        many = len(patterns) != 1 or any(child.type == "," for child in node.children)
        pattern: ast.pattern = ast.MatchSequence(patterns=patterns) if many else patterns[0]
        guard = node.child_by_field_name("guard")
        test = None if guard is None or not guard.named_children else self.expr(guard.named_children[0])
        return ast.match_case(
            pattern=at(pattern, node) if many else pattern, guard=test, body=self._block(node, "consequence")
        )

    def _stmt_decorated_definition(self, node: Node) -> ast.stmt | list[ast.stmt]:
        definition = node.child_by_field_name("definition")
        if definition is None:
            return []
        made: Any = self._statement(definition)
        if not isinstance(made, list):
            made.decorator_list = [
                self.expr(parts_of(child)[0])
                for child in node.named_children
                if child.type == "decorator" and parts_of(child)
            ]
        return made  # type: ignore[no-any-return]

    def _stmt_function_definition(self, node: Node) -> ast.stmt:
        returns = node.child_by_field_name("return_type")
        kind: Any = ast.AsyncFunctionDef if node.children and node.children[0].type == "async" else ast.FunctionDef
        made: ast.stmt = kind(
            name=text_of(node.child_by_field_name("name")),
            args=self._parameters(node.child_by_field_name("parameters")),
            body=self._block(node, "body"),
            decorator_list=[],
            returns=None if returns is None else self.expr(returns),
            type_comment=None,
        )
        return at(made, node)

    def _stmt_class_definition(self, node: Node) -> ast.stmt:
        args, keywords = self._arguments(node.child_by_field_name("superclasses"))
        return at(
            ast.ClassDef(
                name=text_of(node.child_by_field_name("name")),
                bases=args,
                keywords=keywords,
                body=self._block(node, "body"),
                decorator_list=[],
            ),
            node,
        )

    def _block(self, node: Node | None, field: str) -> list[ast.stmt]:
        if node is None:
            return []
        return self._suite(node.child_by_field_name(field), node)


def _alias(node: Node) -> ast.alias:
    if node.type == "aliased_import":
        name, alias = node.child_by_field_name("name"), node.child_by_field_name("alias")
        return at(ast.alias(name=text_of(name).replace(" ", ""), asname=text_of(alias)), node)
    return at(ast.alias(name=text_of(node).replace(" ", ""), asname=None), node)
