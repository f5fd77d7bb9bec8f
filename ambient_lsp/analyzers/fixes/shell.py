"""A command line for the shell becomes a list of arguments, where it is plain how the shell would split it."""

from __future__ import annotations

import libcst as cst

from ambient_lsp.analyzers.fixes.pieces import Piece, code_of, pieces, quoted
from ambient_lsp.analyzers.fixes.site import Change, Site, dotted, keyword, starred, without_argument
from ambient_lsp.model import RiskLevel

_RUNNERS = frozenset(f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "Popen"))
_SPECIAL = frozenset("|&;<>()$`\\*?[]#~{}!\n\r")
_SPECIAL_QUOTED = frozenset("$`\\!")
_BUILTINS = frozenset("cd export source . exit set unset alias eval exec ulimit umask type read wait trap test".split())
_SEVERAL_WORDS = frozenset("args arguments opts options flags cmd command params extra".split())
_REASON = "The command gets the same words, and a value in it is always one word, whatever it holds."


def no_shell(site: Site) -> Change | None:
    """Return the call with a list of arguments and no shell."""
    if starred(site.call) or not site.call.args or site.call.args[0].keyword is not None:
        return None
    first = site.call.args[0]
    argv = _argv(site, first.value)
    if argv is None:
        return None
    unused = (("shlex", ""),)
    if site.name in _RUNNERS:
        shell = keyword(site.call, "shell")
        if shell is None or dotted(shell.value) != "True" or keyword(site.call, "executable") is not None:
            return None
        call = without_argument(site.call, shell)
        args = [call.args[0].with_changes(value=argv), *call.args[1:]]
        new = call.with_changes(args=args)
        return Change("Run the command without a shell", _REASON, RiskLevel.MEDIUM, {site.call: new}, (), unused)
    statement = site.source.parents.get(site.call)
    if site.name == "os.system" and isinstance(statement, cst.Expr) and len(site.call.args) == 1:
        new_call = cst.parse_expression(f"subprocess.run({code_of(argv)}, check=False)")
        return Change(
            "Run the command without a shell",
            _REASON,
            RiskLevel.MEDIUM,
            {site.call: new_call},
            (("subprocess", ""),),
            (("os", ""), *unused),
        )
    return None


def _argv(site: Site, node: cst.BaseExpression) -> cst.BaseExpression | None:
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
    return cst.parse_expression(f"[{', '.join(word for word in rendered if word is not None)}]")


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
    if isinstance(node, cst.Call) and site.resolve(node.func) in ("shlex.quote", "pipes.quote") and len(node.args) == 1:
        return node.args[0].value
    return node


def _is_text(site: Site, node: cst.BaseExpression) -> bool:
    """Whether a value is known to be a string: a parameter that is annotated so."""
    function = site.nearest(cst.FunctionDef)
    if not isinstance(node, cst.Name) or not isinstance(function, cst.FunctionDef):
        return False
    params = (*function.params.posonly_params, *function.params.params, *function.params.kwonly_params)
    return any(
        param.name.value == node.value and param.annotation is not None and dotted(param.annotation.annotation) == "str"
        for param in params
    )
