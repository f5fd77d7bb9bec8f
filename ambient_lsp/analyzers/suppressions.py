"""Comments that ask for silence: those of other tools, and `# ambient: ignore`.

Understood are `noqa` (bare, with codes, for a file), `nosec` (with ids or names), `type: ignore`, `pylint: disable` (of
a line, a block, a file, the next line), `ruff: disable`, `pragma: no cover`, and our own:

    # ambient: ignore               on a line: everything there; alone on a line: for the statement below it
    # ambient: ignore[AMB-SEC-SQL]  only that rule, or all that begin so (`AMB-SEC`)
    # ambient: ignore-next-line[...]
    # ambient: ignore-file[...]

A comment speaks for the whole statement when it stands on its first or its last line. Comments are found with
tree-sitter, so half-typed text has them too, and a string that looks like one is none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from ambient_lsp.analyzers.aliases import listed, names_of
from ambient_lsp.analyzers.base import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

Kind = Literal["noqa", "nosec", "type", "pylint", "coverage", "ambient"]

_MENTIONS = re.compile(rb"#[^\r\n]*?(?:noqa|nosec|type:|pylint:|pragma:|ambient:|ruff:)[^\r\n]*", re.IGNORECASE)
_CODE = re.compile(r"[A-Z]+[0-9]+|AMB-[A-Z0-9-]+")
_NOQA = re.compile(r"#\s*(?P<file>(?:ruff|flake8)\s*[:=]\s*)?noqa(?P<rest>\s*:[^#]*)?(?![\w-])", re.IGNORECASE)
_NOSEC = re.compile(r"#\s*nosec\b(?P<rest>[^#]*)")
_TYPE = re.compile(r"#\s*(?:type|mypy|pyright):\s*ignore(?:\[(?P<codes>[^\]]*)\])?")
_PYLINT = re.compile(r"#\s*pylint:\s*(?P<what>disable-next|disable|enable|skip-file)(?:\s*=\s*(?P<names>[\w\s,-]+))?")
_RUFF = re.compile(r"#\s*ruff:\s*(?P<what>disable|enable)\s*\[(?P<codes>[^\]]*)\]")
_COVERAGE = re.compile(r"#\s*pragma:\s*no\s*(?:cover|branch)\b", re.IGNORECASE)
_AMBIENT = re.compile(r"#\s*ambient:\s*ignore(?P<where>-file|-next-line|-next)?\s*(?:\[(?P<rules>[^\]]*)\])?")
_BANDIT = re.compile(r"\bB\d{3}\b")
_BLOCK_FIELDS = ("body", "consequence", "alternative")
_WHOLE = 1 << 30


@dataclass(frozen=True, slots=True)
class Silence:
    """From line `first` to `last` (counted from 0) somebody wants to hear nothing of `codes`, or of anything if None.

    `code` names are those of the tool whose comment it is; `whole_file` tells that it was said of a file.
    """

    kind: Kind
    first: int
    last: int
    codes: frozenset[str] | None = None
    whole_file: bool = False

    def covers(self, rule: str, tags: tuple[str, ...], line: int) -> bool:
        """Whether a finding of `rule` that begins in `line` is meant."""
        return self.first <= line <= self.last and self._means(rule, tags)

    def _means(self, rule: str, tags: tuple[str, ...]) -> bool:
        if self.kind == "ambient":
            return self.codes is None or any(_is_rule(rule, code) for code in self.codes)
        if self.kind == "coverage":
            return rule.startswith("AMB-TEST-") or "tests" in tags
        names = names_of(rule, tags)
        if self.kind == "noqa":
            if self.codes is None:
                # Of one line, it is about all that a reviewer could say of it; of a file, about what linters check.
                return bool(names.noqa) or not self.whole_file
            return rule in self.codes or listed(self.codes, names.noqa)
        if self.kind == "nosec":
            return bool(names.bandit & self.codes) if self.codes is not None else _is_security(rule, tags)
        if self.kind == "type":
            return bool(names.mypy) if self.codes is None else bool(names.mypy & self.codes)
        return bool(names.pylint) if self.codes is None else bool(names.pylint & self.codes)


@dataclass(frozen=True, slots=True)
class Suppressions:
    """All that a text asks to be silent about."""

    silences: tuple[Silence, ...] = field(default=())

    def silence(self, rule: str, tags: tuple[str, ...], line: int) -> bool:
        """Whether a finding of `rule` that begins in `line` (from 0) is to be left out."""
        return any(one.covers(rule, tags, line) for one in self.silences)


NOTHING = Suppressions()


@lru_cache(maxsize=64)
def read(text: str, path: str) -> Suppressions:
    """Return what the comments of a text ask for. Never raises, whatever the text is."""
    if "#" not in text:
        return NOTHING
    data = text.encode("utf-8", "replace")
    found = list(_MENTIONS.finditer(data))
    if not found:
        return NOTHING
    if not path.endswith((".py", ".pyi")):
        return Suppressions(tuple(_elsewhere(text)))
    root = parse(text).root_node
    comments = []
    for match in found:
        comment = _comment_at(root, match.start(), match.end())
        if comment is not None and comment not in comments:
            comments.append(comment)
    return Suppressions(tuple(_opened_and_closed([item for one in comments for item in _read(root, data, one)])))


@dataclass(frozen=True, slots=True)
class _Opened:
    """A silence that lasts until `enable`, or to the end of its block."""

    silence: Silence
    opens: bool


def _comment_at(root: Node, start: int, end: int) -> Node | None:
    """Return the comment that a match is in. The first `#` may be in a string, and the comment behind it."""
    for offset in (start, end - 1):
        node = root.descendant_for_byte_range(offset, offset + 1)
        if node is not None and node.type == "comment":
            return node
    return None


def _read(root: Node, data: bytes, comment: Node) -> Iterator[Silence | _Opened]:
    words = (comment.text or b"").decode("utf-8", "replace")
    row = comment.start_point[0]
    alone = not data[data.rfind(b"\n", 0, comment.start_byte) + 1 : comment.start_byte].strip()
    first, last = _statement_lines(root, data, comment, row, alone=alone)
    if match := _NOQA.search(words):
        named = _CODE.findall((match["rest"] or "").upper())
        whole = match["file"] is not None
        codes = frozenset(named) or None
        yield Silence("noqa", 0 if whole else first, _WHOLE if whole else last, codes, whole)
    if match := _NOSEC.search(words):
        yield Silence("nosec", first, last, _bandit(match["rest"]))
    if match := _TYPE.search(words):
        # On the first line by itself it is about the whole file, as mypy reads it.
        whole = alone and not data[: comment.start_byte].strip()
        yield Silence("type", 0 if whole else first, _WHOLE if whole else last, _split(match["codes"]), whole)
    if match := _COVERAGE.search(words):
        yield Silence("coverage", first, max(last, _block_end(comment, row)))
    if match := _PYLINT.search(words):
        yield from _pylint(root, data, comment, match["what"], _split(match["names"]), (first, last), alone=alone)
    if match := _RUFF.search(words):
        end = _end_of_block(comment) if match["what"] == "disable" else _WHOLE
        yield _Opened(Silence("noqa", row, end, _split(match["codes"])), match["what"] == "disable")
    if match := _AMBIENT.search(words):
        codes = _split(match["rules"])
        if match["where"] == "-file":
            yield Silence("ambient", 0, _WHOLE, codes, whole_file=True)
        elif match["where"] or alone:
            yield Silence("ambient", row, _next_statement(root, data, row), codes)
        else:
            yield Silence("ambient", first, last, codes)


def _pylint(
    root: Node,
    data: bytes,
    comment: Node,
    what: str,
    names: frozenset[str] | None,
    lines: tuple[int, int],
    *,
    alone: bool,
) -> Iterator[Silence | _Opened]:
    row = comment.start_point[0]
    codes = None if names is None or "all" in names else names
    if what == "skip-file" or (what == "disable" and names is not None and "skip-file" in names):
        yield Silence("pylint", 0, _WHOLE, None, whole_file=True)
    elif names is None:
        return
    elif what == "disable-next":
        yield Silence("pylint", row, _next_statement(root, data, row), codes)
    elif alone:
        end = _end_of_block(comment)
        yield _Opened(Silence("pylint", row, end, codes), opens=what == "disable")
    elif what == "disable":
        yield Silence("pylint", lines[0], max(lines[1], _block_end(comment, row)), codes)


def _opened_and_closed(found: Sequence[Silence | _Opened]) -> Iterator[Silence]:
    """Yield the silences, those that somebody ends with `enable` only up to there."""
    for index, item in enumerate(found):
        if isinstance(item, Silence):
            yield item
        elif item.opens:
            own = item.silence
            ends = (
                other.silence.first
                for other in found[index + 1 :]
                if isinstance(other, _Opened)
                and not other.opens
                and other.silence.kind == own.kind
                and (other.silence.codes is None or (own.codes is not None and own.codes <= other.silence.codes))
            )
            yield Silence(own.kind, own.first, min(own.last, next(ends, own.last)), own.codes)


def _statement_lines(root: Node, data: bytes, comment: Node, row: int, *, alone: bool) -> tuple[int, int]:
    """Return the lines that a comment in `row` speaks for."""
    if alone:
        return row, row
    before = len(data[: comment.start_byte].rstrip()) - 1
    line_start = data.rfind(b"\n", 0, comment.start_byte) + 1
    begin = line_start + len(data[line_start:]) - len(data[line_start:].lstrip())
    for offset in (before, begin):
        first, last = lines_of(root.descendant_for_byte_range(offset, offset + 1))
        if row in (first, last):
            return first, last
    return row, row


def lines_of(node: Node | None) -> tuple[int, int]:
    """Return the first and last line of the statement around a token; of a compound one, those of its header."""
    while node is not None and node.parent is not None:
        if node.type.endswith(("_statement", "_definition", "_clause")) or node.type == "decorator":
            block = _block_of(node)
            if block is None:
                return node.start_point[0], node.end_point[0]
            colon = block.prev_sibling
            while colon is not None and colon.type == "comment":
                colon = colon.prev_sibling
            return node.start_point[0], (colon or block).start_point[0]
        node = node.parent
    return -1, -1


def _block_of(node: Node) -> Node | None:
    for name in _BLOCK_FIELDS:
        block = node.child_by_field_name(name)
        if block is not None and block.type == "block":
            return block
    return next((child for child in node.children if child.type == "block"), None)


def _block_end(comment: Node, row: int) -> int:
    """Return the last line of the block that the comment's line opens; -1 where it opens none."""
    node = comment.parent
    while node is not None:
        block = _block_of(node)
        if block is not None and lines_of(node)[0] <= row <= lines_of(node)[1]:
            return int(node.end_point[0])
        if node.start_point[0] < row and block is not None:
            return -1
        node = node.parent
    return -1


def _end_of_block(comment: Node) -> int:
    """Return the last line of the block that a comment stands in; of the module, no end."""
    node = comment.parent
    while node is not None and node.type != "block":
        node = node.parent
    return _WHOLE if node is None else int(node.end_point[0])


def _next_statement(root: Node, data: bytes, row: int) -> int:
    """Return the last line of what stands below `row`, past blank lines and comments."""
    lines = data.split(b"\n")
    offset = sum(len(line) + 1 for line in lines[: row + 1])
    for number in range(row + 1, len(lines)):
        stripped = lines[number].strip()
        if stripped and not stripped.startswith(b"#"):
            begin = offset + len(lines[number]) - len(lines[number].lstrip())
            first, last = lines_of(root.descendant_for_byte_range(begin, begin + 1))
            return last if first == number else number
        offset += len(lines[number]) + 1
    return row


def _elsewhere(text: str) -> Iterator[Silence]:
    """Yield our own comments in files that are no Python: requirements, TOML, YAML."""
    for number, line in enumerate(text.split("\n")):
        match = _AMBIENT.search(line)
        if match is None:
            continue
        codes = _split(match["rules"])
        if match["where"] == "-file":
            yield Silence("ambient", 0, _WHOLE, codes, whole_file=True)
        else:
            below = bool(match["where"]) or not line[: match.start()].strip()
            yield Silence("ambient", number, number + below, codes)


def _bandit(rest: str) -> frozenset[str] | None:
    """Return the ids that a `nosec` names; None where it names none, which bandit takes for all."""
    ids = set(_BANDIT.findall(rest))
    ids.update(test for name, test in _BANDIT_NAMES.items() if re.search(rf"\b{name}\b", rest))
    return frozenset(ids) or None


_BANDIT_NAMES = {
    "assert_used": "B101", "exec_used": "B102", "set_bad_file_permissions": "B103",
    "hardcoded_bind_all_interfaces": "B104", "hardcoded_password_string": "B105",
    "hardcoded_password_funcarg": "B106", "hardcoded_password_default": "B107", "hardcoded_tmp_directory": "B108",
    "try_except_pass": "B110", "try_except_continue": "B112", "request_without_timeout": "B113",
    "flask_debug_true": "B201", "tarfile_unsafe_members": "B202", "hashlib": "B324",
    "request_with_no_cert_validation": "B501", "ssl_with_bad_version": "B502", "ssl_with_bad_defaults": "B503",
    "ssl_with_no_version": "B504", "weak_cryptographic_key": "B505", "yaml_load": "B506",
    "ssh_no_host_key_verification": "B507", "paramiko_calls": "B601", "subprocess_popen_with_shell_equals_true": "B602",
    "subprocess_without_shell_equals_true": "B603", "any_other_function_with_shell_equals_true": "B604",
    "start_process_with_a_shell": "B605", "start_process_with_no_shell": "B606",
    "start_process_with_partial_path": "B607", "hardcoded_sql_expressions": "B608",
    "linux_commands_wildcard_injection": "B609", "django_extra_used": "B610", "django_rawsql_used": "B611",
    "logging_config_insecure_listen": "B612", "jinja2_autoescape_false": "B701", "use_of_mako_templates": "B702",
    "django_mark_safe": "B703", "markupsafe_markup_xss": "B704",
}  # fmt: skip


def _split(names: str | None) -> frozenset[str] | None:
    if names is None:
        return None
    return frozenset(part for part in re.split(r"[\s,]+", names.strip()) if part)


def _is_rule(rule: str, code: str) -> bool:
    code = code.rstrip("*").rstrip("-")
    return bool(code) and (rule == code or rule.startswith(f"{code}-"))


def _is_security(rule: str, tags: tuple[str, ...]) -> bool:
    return rule.startswith("AMB-SEC-") or "security" in tags
