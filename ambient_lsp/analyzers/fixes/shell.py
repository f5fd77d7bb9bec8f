"""A command line for the shell becomes a list of arguments, where it is plain how the shell would split it."""

from __future__ import annotations

import re

import libcst as cst

from ambient_lsp.analyzers.fixes.pieces import Piece, code_of, pieces, quoted
from ambient_lsp.analyzers.fixes.scopes import names, only_assignment, scope_of
from ambient_lsp.analyzers.fixes.site import Change, Site, dotted, keyword, literal, starred, without_argument
from ambient_lsp.model import RiskLevel

_RUNNERS = frozenset(f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "Popen"))
_SPECIAL = frozenset("|&;<>()$`\\*?[]#~{}!\n\r")
_SPECIAL_QUOTED = frozenset("$`\\!")
_BUILTINS = frozenset("cd export source . exit set unset alias eval exec ulimit umask type read wait trap test".split())
_SEVERAL_WORDS = frozenset("args arguments opts options flags cmd command params extra".split())
_QUOTES = ("shlex.quote", "pipes.quote")
_FROM_OUTSIDE = re.compile(
    r"((flask\.)?request\.(args|form|values|headers|cookies|query|GET|POST|forms|params)\b|input\(|"
    r"sys\.argv\[|os\.environ\b|self\.get_(query_|body_)?argument\()"
)
_TITLE = "Run the command without a shell"
_REASON = "The command gets the same words, and a value in it is always one word, whatever it holds."


def no_shell(site: Site) -> Change | None:
    """Return the call with a list of arguments and no shell; where a shell is needed, with quoted values."""
    call = site.call
    if starred(call) or not call.args or call.args[0].keyword is not None:
        return None
    return _without_shell(site) or quoted_values(site)


def _without_shell(site: Site) -> Change | None:
    call = site.call
    first = call.args[0]
    text, holder = _text_of(site, first.value)
    if site.name in _RUNNERS and isinstance(text, cst.List):
        return _without_sh(site, text)
    argv = _argv(site, text)
    if argv is None:
        return None
    unused = (("shlex", ""),)
    if site.name in _RUNNERS:
        shell = keyword(call, "shell")
        if shell is None or dotted(shell.value) != "True" or keyword(call, "executable") is not None:
            return None
        new = without_argument(call, shell)
        if holder is not None:
            return Change(_TITLE, _REASON, RiskLevel.MEDIUM, {call: new, holder: argv}, (), unused)
        args = [new.args[0].with_changes(value=argv), *new.args[1:]]
        return Change(_TITLE, _REASON, RiskLevel.MEDIUM, {call: new.with_changes(args=args)}, (), unused)
    if holder is not None:
        return None
    if site.name == "asyncio.create_subprocess_shell" and isinstance(call.func, cst.Attribute):
        func = call.func.with_changes(attr=cst.Name("create_subprocess_exec"))
        comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        words = [cst.Arg(one.value, comma=comma) for one in argv.elements]
        words[-1] = first.with_changes(value=words[-1].value)
        new = call.with_changes(func=func, args=[*words, *call.args[1:]])
        return Change(_TITLE, _REASON, RiskLevel.MEDIUM, {call: new}, (), unused)
    statement = site.source.parents.get(call)
    if site.name == "os.system" and isinstance(statement, cst.Expr) and len(call.args) == 1:
        new_call = cst.parse_expression(f"subprocess.run({code_of(argv)}, check=False)")
        return Change(
            _TITLE,
            _REASON,
            RiskLevel.MEDIUM,
            {call: new_call},
            (("subprocess", ""),),
            (("os", ""), *unused),
        )
    return None


def _without_sh(site: Site, command: cst.List) -> Change | None:
    """Return the words of `["sh", "-c", text]`."""
    given = [one.value for one in command.elements if isinstance(one, cst.Element)]
    if len(given) != 3 or literal(given[0]) not in ("sh", "bash", "/bin/sh", "/bin/bash") or literal(given[1]) != "-c":
        return None
    argv = _argv(site, given[2])
    return Change(_TITLE, _REASON, RiskLevel.MEDIUM, {command: argv}) if argv is not None else None


def quoted_values(site: Site) -> Change | None:
    """Return the command line with each value in `shlex.quote`, where the shell has to stay: pipes, another machine.

    A value within quotes, one that is the program, and one that may be several words are left to a person.
    """
    text, _ = _text_of(site, site.call.args[0].value)
    parts = pieces(text)
    if parts is None or not isinstance(parts[0], str) or " " not in parts[0].lstrip():
        return None
    nodes: dict[cst.CSTNode, cst.CSTNode] = {}
    quote = ""
    for part in parts:
        if isinstance(part, str):
            for char in part:
                quote = "" if char == quote else quote or (char if char in "'\"" else "")
            if "\\" in part or "`" in part or "$" in part:
                return None
        elif isinstance(part, cst.Call) and site.resolve(part.func) in _QUOTES:
            continue
        elif quote or _is_several_words(part) or site.source.parents.get(part) is None:
            return None
        else:
            code = code_of(part) if _is_text(site, part) else f"str({code_of(part)})"
            nodes[part] = cst.parse_expression(f"shlex.quote({code})")
    if not nodes:
        return None
    return Change(
        "Quote the values for the shell",
        "The shell gets the same line for plain values, and any other value is one word in it.",
        RiskLevel.MEDIUM,
        nodes,
        (("shlex", ""),),
    )


def _text_of(site: Site, value: cst.BaseExpression) -> tuple[cst.BaseExpression, cst.BaseExpression | None]:
    """Return a command line, and the value of the variable that it was put into, if it was and only for this."""
    if not isinstance(value, cst.Name):
        return value, None
    assign = only_assignment(site.source, site.call, value.value)
    if assign is None or len(names(scope_of(site.source, site.call), value.value)) != 2:
        return value, None
    return assign.value, assign.value


def _argv(site: Site, node: cst.BaseExpression) -> cst.List | None:
    parts = pieces(node)
    words = _split(parts) if parts is not None else None
    if not words or not all(isinstance(part, str) for part in words[0]):
        return None
    program = "".join(part for part in words[0] if isinstance(part, str))
    if program in _BUILTINS or "=" in program:
        return None
    rendered = [_word(site, word) for word in words]
    if None in rendered:
        return None
    argv = cst.parse_expression(f"[{', '.join(word for word in rendered if word is not None)}]")
    return argv if isinstance(argv, cst.List) else None


def _split(parts: list[Piece]) -> list[list[Piece]] | None:
    """Split into words as `sh` would; None where it would do more than split."""
    words: list[list[Piece]] = []
    current: list[Piece] | None = None
    quote = ""
    for part in parts:
        if not isinstance(part, str):
            current = [*(current or []), part]
            # Without quotes the shell splits the value too. Some values are meant to be several words.
            if not quote and _is_several_words(part):
                return None
            continue
        for char in part:
            if quote:
                if char == quote:
                    quote = ""
                elif quote == '"' and char in _SPECIAL_QUOTED:
                    return None
                else:
                    current = _added(current, char)
            elif char in "'\"":
                quote, current = char, current if current is not None else [""]
            elif char in " \t":
                words += [current] if current is not None else []
                current = None
            elif char in _SPECIAL:
                return None
            else:
                current = _added(current, char)
    if quote:
        return None
    return words + ([current] if current is not None else [])


def _added(current: list[Piece] | None, char: str) -> list[Piece]:
    if current and isinstance(current[-1], str):
        return [*current[:-1], current[-1] + char]
    return [*(current or []), char]


def _is_several_words(node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.Call):
        return dotted(node.func).split(".")[-1] == "join"
    return dotted(node).split(".")[-1].lower() in _SEVERAL_WORDS


def _word(site: Site, word: list[Piece]) -> str | None:
    """Return one argument as code; None where it cannot be written on this Python."""
    parts = [part if isinstance(part, str) else _without_quote(site, part) for part in word]
    parts = [part for part in parts if part != ""] or [""]
    if len(parts) == 1:
        only = parts[0]
        if isinstance(only, str):
            return quoted(only)
        return code_of(only) if _is_text(site, only) else f"str({code_of(only)})"
    inner = ""
    for part in parts:
        code = part.replace("{", "{{").replace("}", "}}") if isinstance(part, str) else f"{{{code_of(part)}}}"
        if set(code) & set('"\\\n'):
            return None
        inner += code
    return f'f"{inner}"'


def _without_quote(site: Site, node: cst.BaseExpression) -> cst.BaseExpression:
    """Take `shlex.quote` off: without a shell the quotes would become part of the word."""
    if isinstance(node, cst.Call) and site.resolve(node.func) in _QUOTES and len(node.args) == 1:
        return node.args[0].value
    return node


def _is_text(site: Site, node: cst.BaseExpression) -> bool:
    """Whether a value is known to be a string: added to one, annotated so, or given by a visitor."""
    above = site.source.parents.get(node)
    if isinstance(above, cst.BinaryOperation) and isinstance(above.operator, cst.Add):
        return True
    if _FROM_OUTSIDE.match(code_of(node)):
        return True
    function = site.nearest(cst.FunctionDef)
    if not isinstance(node, cst.Name) or not isinstance(function, cst.FunctionDef):
        return False
    assign = only_assignment(site.source, site.call, node.value)
    if assign is not None:
        return _FROM_OUTSIDE.match(code_of(assign.value)) is not None
    params = (*function.params.posonly_params, *function.params.params, *function.params.kwonly_params)
    return any(
        param.name.value == node.value and param.annotation is not None and dotted(param.annotation.annotation) == "str"
        for param in params
    )
