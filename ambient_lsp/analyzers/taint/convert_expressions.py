"""Expressions of tree-sitter's tree as the standard library's `ast`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from ambient_lsp.analyzers.taint.convert_text import (
    SKIPPED,
    at,
    constant,
    first_of,
    parts_of,
    pieces,
    stored,
    text_of,
    unknown,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tree_sitter import Node

BINARY: dict[str, type[ast.operator]] = {
    "+": ast.Add, "-": ast.Sub, "*": ast.Mult, "/": ast.Div, "//": ast.FloorDiv, "%": ast.Mod, "**": ast.Pow,
    "@": ast.MatMult, "<<": ast.LShift, ">>": ast.RShift, "|": ast.BitOr, "&": ast.BitAnd, "^": ast.BitXor,
}  # fmt: skip
_COMPARE: dict[str, type[ast.cmpop]] = {
    "==": ast.Eq, "!=": ast.NotEq, "<>": ast.NotEq, "<": ast.Lt, "<=": ast.LtE, ">": ast.Gt, ">=": ast.GtE,
    "is": ast.Is, "is not": ast.IsNot, "in": ast.In, "not in": ast.NotIn,
}  # fmt: skip
_UNARY: dict[str, type[ast.unaryop]] = {"-": ast.USub, "+": ast.UAdd, "~": ast.Invert}
_COMPREHENSIONS: dict[str, Any] = {
    "list_comprehension": ast.ListComp,
    "set_comprehension": ast.SetComp,
    "generator_expression": ast.GeneratorExp,
}


class Expressions:
    """Makes expressions; each `_expr_x` method makes what tree-sitter calls `x`."""

    def __init__(self) -> None:
        self._expressions: dict[str, Callable[[Node], ast.expr]] = {
            name[6:]: getattr(self, name) for name in dir(self) if name.startswith("_expr_")
        }

    def expr(self, node: Node) -> ast.expr:
        """Return an expression; one that cannot be read is an unknown name."""
        make = self._expressions.get(node.type)
        if make is None:
            inner = [child for child in node.named_children if child.type not in SKIPPED]
            if len(inner) == 1 and node.type in ("type", "parenthesized_list_splat", "as_pattern_target", "ERROR"):
                return self.expr(inner[0])
            return unknown(node)
        return at(make(node), node)

    def _field(self, node: Node, name: str) -> ast.expr:
        child = node.child_by_field_name(name)
        return unknown(node) if child is None else self.expr(child)

    def _optional(self, node: Node) -> ast.expr | None:
        parts = parts_of(node)
        return self.expr(parts[0]) if parts else None

    def _expr_identifier(self, node: Node) -> ast.expr:
        return ast.Name(id=text_of(node), ctx=ast.Load())

    def _dotted(self, node: Node) -> ast.expr:
        names = [child for child in node.named_children if child.type == "identifier"]
        made: ast.expr = at(ast.Name(id=text_of(names[0]) if names else text_of(node), ctx=ast.Load()), node)
        for name in names[1:]:
            made = at(ast.Attribute(value=made, attr=text_of(name), ctx=ast.Load()), node)
        return made

    def _expr_dotted_name(self, node: Node) -> ast.expr:
        return self._dotted(node)

    _expr_print = _expr_exec = _expr_keyword_identifier = _expr_identifier

    def _expr_integer(self, node: Node) -> ast.expr:
        return ast.Constant(value=constant(text_of(node)), kind=None)

    _expr_float = _expr_true = _expr_false = _expr_none = _expr_ellipsis = _expr_integer

    def _expr_string(self, node: Node) -> ast.expr:
        return self._strings([node], node)

    def _expr_concatenated_string(self, node: Node) -> ast.expr:
        return self._strings([child for child in node.named_children if child.type == "string"], node)

    def _strings(self, nodes: list[Node], whole: Node) -> ast.expr:
        values: list[ast.expr] = []
        formatted = False
        texts: list[Any] = []

        def flush() -> None:
            if texts:
                text: Any = b"" if isinstance(texts[0], bytes) else ""
                for each in texts:
                    text = text + each if type(each) is type(text) else text
                if text or not formatted:
                    values.append(at(ast.Constant(value=text, kind=None), whole))
                texts.clear()

        formatted = any(
            "f" in text_of(node.children[0]).lower() or "t" in text_of(node.children[0]).lower()
            for node in nodes
            if node.children
        )
        for node in nodes:
            for piece in pieces(node):
                if isinstance(piece, str | bytes):
                    texts.append(piece)
                else:
                    flush()
                    values += self._interpolation(piece)
        flush()
        if formatted:
            return ast.JoinedStr(values=_merged(values))
        return values[0] if values else ast.Constant(value="", kind=None)

    def _interpolation(self, node: Node) -> list[ast.expr]:
        expression = node.child_by_field_name("expression")
        if expression is None:
            return []
        conversion = node.child_by_field_name("type_conversion") or first_of(node, "type_conversion")
        specifier = node.child_by_field_name("format_specifier") or first_of(node, "format_specifier")
        letter = text_of(conversion)[-1:] if conversion is not None else ""
        spec: ast.expr | None = None
        if specifier is not None:
            inner: list[ast.expr] = []
            for piece in pieces(specifier):
                if isinstance(piece, str):
                    if piece:
                        inner.append(at(ast.Constant(value=piece, kind=None), specifier))
                elif not isinstance(piece, bytes):
                    inner += self._interpolation(piece)
            spec = at(ast.JoinedStr(values=inner), specifier)
        value = self.expr(expression)
        made: list[ast.expr] = []
        equals = next((child for child in node.children if child.type == "="), None)
        if equals is not None:
            text = (node.text or b"")[1 : equals.end_byte - node.start_byte].decode("utf-8", "replace")
            rest = (node.text or b"")[equals.end_byte - node.start_byte :]
            text += " " * (len(rest) - len(rest.lstrip()))
            made.append(at(ast.Constant(value=text, kind=None), node))
            letter = letter or ("" if spec is not None else "r")
        made.append(
            at(ast.FormattedValue(value=value, conversion=ord(letter) if letter else -1, format_spec=spec), node)
        )
        return made

    def _expr_attribute(self, node: Node) -> ast.expr:
        return ast.Attribute(
            value=self._field(node, "object"), attr=text_of(node.child_by_field_name("attribute")), ctx=ast.Load()
        )

    def _expr_member_type(self, node: Node) -> ast.expr:
        parts = parts_of(node)
        return ast.Attribute(value=self.expr(parts[0]), attr=text_of(parts[-1]), ctx=ast.Load())

    def _expr_subscript(self, node: Node) -> ast.expr:
        keys = [self.expr(child) for child in node.children_by_field_name("subscript")]
        return self._subscript(self._field(node, "value"), keys, node)

    def _expr_generic_type(self, node: Node) -> ast.expr:
        parts = parts_of(node)
        inner = parts_of(parts[1]) if len(parts) > 1 else []
        return self._subscript(self.expr(parts[0]), [self.expr(child) for child in inner], node)

    def _subscript(self, value: ast.expr, keys: list[ast.expr], node: Node) -> ast.expr:
        ends_in_comma = len(node.children) > 1 and node.children[-2].type == ","
        if len(keys) == 1 and not ends_in_comma:
            key: ast.expr = keys[0]
        else:
            key = at(ast.Tuple(elts=keys, ctx=ast.Load()), node)
        return ast.Subscript(value=value, slice=key, ctx=ast.Load())

    def _expr_union_type(self, node: Node) -> ast.expr:
        parts = parts_of(node)
        return ast.BinOp(left=self.expr(parts[0]), op=ast.BitOr(), right=self.expr(parts[-1]))

    def _expr_slice(self, node: Node) -> ast.expr:
        bounds: list[ast.expr | None] = [None, None, None]
        index = 0
        for child in node.children:
            if child.type == ":":
                index = min(index + 1, 2)
            elif child.is_named and child.type not in SKIPPED:
                bounds[index] = self.expr(child)
        return ast.Slice(lower=bounds[0], upper=bounds[1], step=bounds[2])

    def _expr_call(self, node: Node) -> ast.expr:
        arguments = node.child_by_field_name("arguments")
        if arguments is not None and arguments.type == "generator_expression":
            return ast.Call(func=self._field(node, "function"), args=[self.expr(arguments)], keywords=[])
        args, keywords = self._arguments(arguments)
        return ast.Call(func=self._field(node, "function"), args=args, keywords=keywords)

    def _arguments(self, node: Node | None) -> tuple[list[ast.expr], list[ast.keyword]]:
        args: list[ast.expr] = []
        keywords: list[ast.keyword] = []
        for child in [] if node is None else node.named_children:
            if child.type == "keyword_argument":
                name = text_of(child.child_by_field_name("name"))
                keywords.append(at(ast.keyword(arg=name, value=self._field(child, "value")), child))
            elif child.type == "dictionary_splat":
                keywords.append(at(ast.keyword(arg=None, value=self.expr(child.named_children[0])), child))
            elif child.type not in SKIPPED:
                args.append(self.expr(child))
        return args, keywords

    def _expr_list_splat(self, node: Node) -> ast.expr:
        return ast.Starred(value=self.expr(node.named_children[0]), ctx=ast.Load())

    _expr_list_splat_pattern = _expr_splat_type = _expr_list_splat

    def _expr_binary_operator(self, node: Node) -> ast.expr:
        # A long sum leans to the left: taken apart without recursion.
        rights: list[tuple[Node, Node]] = []
        left: Node | None = node
        while left is not None and left.type == "binary_operator":
            rights.append((left, left.child_by_field_name("right") or left))
            left = left.child_by_field_name("left")
        made: ast.expr = unknown(node) if left is None else self.expr(left)
        for whole, right in reversed(rights):
            operator = text_of(whole.child_by_field_name("operator"))
            made = at(ast.BinOp(left=made, op=BINARY.get(operator, ast.Add)(), right=self.expr(right)), whole)
        return made

    def _expr_unary_operator(self, node: Node) -> ast.expr:
        operator = text_of(node.child_by_field_name("operator"))
        return ast.UnaryOp(op=_UNARY.get(operator, ast.USub)(), operand=self._field(node, "argument"))

    def _expr_not_operator(self, node: Node) -> ast.expr:
        return ast.UnaryOp(op=ast.Not(), operand=self._field(node, "argument"))

    def _expr_boolean_operator(self, node: Node) -> ast.expr:
        operator = text_of(node.child_by_field_name("operator"))
        left = node.child_by_field_name("left")
        values = [self._field(node, "left"), self._field(node, "right")]
        first = values[0]
        kind: type[ast.boolop] = ast.And if operator == "and" else ast.Or
        if (
            left is not None
            and left.type == "boolean_operator"
            and isinstance(first, ast.BoolOp)
            and isinstance(first.op, kind)
        ):
            values = [*first.values, values[1]]
        return ast.BoolOp(op=kind(), values=values)

    def _expr_comparison_operator(self, node: Node) -> ast.expr:
        parts = parts_of(node)
        operators = [
            _COMPARE.get(" ".join(text_of(child).split()), ast.Eq)()
            for child in node.children_by_field_name("operators")
        ]
        comparators = [self.expr(part) for part in parts[1:]]
        count = min(len(operators), len(comparators))
        return ast.Compare(left=self.expr(parts[0]), ops=operators[:count], comparators=comparators[:count])

    def _expr_conditional_expression(self, node: Node) -> ast.expr:
        parts = [*parts_of(node), node, node, node][:3]
        body, test, orelse = (self.expr(part) if part != node else ast.Name(id="?", ctx=ast.Load()) for part in parts)
        return ast.IfExp(test=test, body=body, orelse=orelse)

    def _expr_lambda(self, node: Node) -> ast.expr:
        return ast.Lambda(args=self._parameters(node.child_by_field_name("parameters")), body=self._field(node, "body"))

    def _expr_named_expression(self, node: Node) -> ast.expr:
        target: Any = stored(self._field(node, "name"))
        return ast.NamedExpr(target=target, value=self._field(node, "value"))

    def _expr_await(self, node: Node) -> ast.expr:
        return ast.Await(value=self._optional(node) or ast.Name(id="?", ctx=ast.Load()))

    def _expr_yield(self, node: Node) -> ast.expr:
        value = self._optional(node)
        if any(child.type == "from" for child in node.children):
            return ast.YieldFrom(value=value or ast.Name(id="?", ctx=ast.Load()))
        return ast.Yield(value=value)

    def _expr_tuple(self, node: Node) -> ast.expr:
        return ast.Tuple(elts=[self.expr(part) for part in parts_of(node)], ctx=ast.Load())

    _expr_expression_list = _expr_pattern_list = _expr_tuple_pattern = _expr_tuple

    def _expr_list(self, node: Node) -> ast.expr:
        return ast.List(elts=[self.expr(part) for part in parts_of(node)], ctx=ast.Load())

    _expr_list_pattern = _expr_list

    def _expr_set(self, node: Node) -> ast.expr:
        return ast.Set(elts=[self.expr(part) for part in parts_of(node)])

    def _expr_dictionary(self, node: Node) -> ast.expr:
        keys: list[ast.expr | None] = []
        values: list[ast.expr] = []
        for child in node.named_children:
            if child.type == "pair":
                keys.append(self._field(child, "key"))
                values.append(self._field(child, "value"))
            elif child.type == "dictionary_splat" and child.named_children:
                keys.append(None)
                values.append(self.expr(child.named_children[0]))
        return ast.Dict(keys=keys, values=values)

    def _expr_parenthesized_expression(self, node: Node) -> ast.expr:
        return self._optional(node) or unknown(node)

    def _expr_list_comprehension(self, node: Node) -> ast.expr:
        kind = _COMPREHENSIONS[node.type]
        made: ast.expr = kind(elt=self._field(node, "body"), generators=self._generators(node))
        return made

    _expr_set_comprehension = _expr_generator_expression = _expr_list_comprehension

    def _expr_dictionary_comprehension(self, node: Node) -> ast.expr:
        body = node.child_by_field_name("body") or node
        return ast.DictComp(
            key=self._field(body, "key"), value=self._field(body, "value"), generators=self._generators(node)
        )

    def _generators(self, node: Node) -> list[ast.comprehension]:
        made: list[ast.comprehension] = []
        for child in node.named_children:
            if child.type == "for_in_clause":
                rights = child.children_by_field_name("right")
                source = self.expr(rights[0]) if rights else ast.Name(id="?", ctx=ast.Load())
                target = stored(self._field(child, "left"))
                is_async = int(any(part.type == "async" for part in child.children))
                made.append(ast.comprehension(target=target, iter=source, ifs=[], is_async=is_async))
            elif child.type == "if_clause" and made:
                made[-1].ifs += [self.expr(part) for part in parts_of(child)[:1]]
        return made

    def _parameters(self, node: Node | None) -> ast.arguments:
        made = ast.arguments(
            posonlyargs=[], args=[], vararg=None, kwonlyargs=[], kw_defaults=[], kwarg=None, defaults=[]
        )
        only_keywords = False
        for child in [] if node is None else node.named_children:
            kind, annotation, default = (
                child.type,
                child.child_by_field_name("type"),
                child.child_by_field_name("value"),
            )
            if kind in SKIPPED:
                continue
            if kind == "positional_separator":
                made.posonlyargs, made.args = made.args, []
                continue
            if kind == "keyword_separator":
                only_keywords = True
                continue
            name = child.child_by_field_name("name") or child
            if kind == "typed_parameter":
                name = child.named_children[0]
            stars = {"list_splat_pattern": 1, "dictionary_splat_pattern": 2}.get(name.type, 0)
            if stars and name.named_children:
                name = name.named_children[0]
            arg = at(
                ast.arg(arg=text_of(name), annotation=None if annotation is None else self.expr(annotation)), child
            )
            if stars == 2:
                made.kwarg = arg
            elif stars == 1:
                made.vararg, only_keywords = arg, True
            elif only_keywords:
                made.kwonlyargs.append(arg)
                made.kw_defaults.append(None if default is None else self.expr(default))
            else:
                made.args.append(arg)
                made.defaults += [] if default is None else [self.expr(default)]
        return made


def _merged(values: list[ast.expr]) -> list[ast.expr]:
    """Return the values of a formatted text, neighbouring constants made one."""
    result: list[ast.expr] = []
    for value in values:
        last = result[-1] if result else None
        if isinstance(value, ast.Constant) and isinstance(last, ast.Constant) and isinstance(last.value, str):
            last.value += value.value if isinstance(value.value, str) else ""
        else:
            result.append(value)
    return result
