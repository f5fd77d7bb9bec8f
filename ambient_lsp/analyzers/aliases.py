"""What other tools call the things that our rules find: their codes and names, as comments and settings spell them.

Two uses, with two strengths. A comment that silences an alias silences our rule at that place, so an alias may be a
near relative. A finding counts as repeated only where the other tool would have said *the same*: see `repeats`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable

_NONE: frozenset[str] = frozenset()
STYLE = "AMB-STYLE-"


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one rule elsewhere. `noqa` are codes as flake8 and ruff have them; bandit's follow from them."""

    noqa: frozenset[str] = _NONE
    pylint: frozenset[str] = _NONE
    mypy: frozenset[str] = _NONE

    @property
    def bandit(self) -> frozenset[str]:
        """Bandit's ids: ruff kept their numbers (`S608` is `B608`)."""
        return frozenset("B" + code[1:] for code in self.noqa if code[0] == "S" and code[1:].isdigit())


def _names(noqa: str = "", pylint: str = "", mypy: str = "") -> Names:
    return Names(frozenset(noqa.split()), frozenset(pylint.split()), frozenset(mypy.split()))


_BY_RULE = {
    "AMB-SEC-EVAL": _names(pylint="eval-used W0123"),
    "AMB-SEC-EXEC": _names(pylint="exec-used W0122"),
    "AMB-SEC-NO-TIMEOUT": _names(pylint="missing-timeout W3101"),
    "AMB-SEC-SHELL": _names(pylint="subprocess-popen-preexec-fn subprocess-run-check"),
    "AMB-REF-COMPLEX": _names(
        "C901 PLR0912 PLR0911", "too-many-branches R0912 too-complex R1260 too-many-return-statements R0911"
    ),
    "AMB-REF-FLATTEN": _names("C901 PLR0912", "too-many-branches R0912 too-complex R1260"),
    "AMB-REF-LONG": _names("PLR0915", "too-many-statements R0915 too-many-lines C0302"),
    "AMB-REF-PARAMETERS": _names(
        "PLR0913 PLR0917", "too-many-arguments R0913 too-many-positional-arguments R0917 too-many-locals R0914"
    ),
    "AMB-REF-NESTING": _names("PLR1702", "too-many-nested-blocks R1702"),
    "AMB-REF-GOD-CLASS": _names(
        "PLR0904", "too-many-public-methods R0904 too-many-instance-attributes R0902 too-many-ancestors R0901"
    ),
    "AMB-REF-DUPLICATE": _names(pylint="duplicate-code R0801"),
    "AMB-REF-UNREACHABLE": _names(pylint="unreachable W0101", mypy="unreachable"),
    "AMB-REF-UNUSED": _names(pylint="unused-private-member W0238"),
    "AMB-REF-GUARD": _names("RET505 RET506 RET507 RET508", "no-else-return R1705 no-else-raise R1720"),
    "AMB-REF-ELSE": _names("RET505 RET506 RET507 RET508 PLR5501", "no-else-return R1705 no-else-raise R1720"),
    "AMB-REF-MERGE-IFS": _names("SIM102 PLR5501", "else-if-used R5501"),
    "AMB-REF-BOOLEAN": _names("SIM103", "simplifiable-if-statement R1703"),
    "AMB-PERF-LITERAL": _names("PLR6201", "use-set-for-membership R6201"),
    "AMB-PERF-KEYS": _names("SIM118", "consider-iterating-dictionary C0201"),
    "AMB-PERF-SHORT-CIRCUIT": _names("C419", "use-a-generator R1729"),
    "AMB-PERF-SORTED": _names("FURB192"),
    "AMB-PERF-CONCAT": _names(pylint="consider-using-join R1713"),
    "AMB-STYLE-NAMING": _names("N801 N802 N806", "invalid-name C0103"),
    "AMB-STYLE-NAME-TYPO": _names("N801 N802 N806", "invalid-name C0103"),
    "AMB-STYLE-STALE-PARAM": _names("D417 DOC102", "differing-param-doc W9017"),
    "AMB-STYLE-MISSING-PARAM": _names("D417 DOC101", "missing-param-doc W9015"),
    "AMB-STYLE-DUPLICATE-IMPORT": _names("F811 F401", "reimported W0404 unused-import W0611"),
    "AMB-STYLE-STAR-IMPORT": _names("F403 F405 F401", "wildcard-import W0401 unused-wildcard-import W0614"),
    "AMB-STYLE-MIXED-IMPORTS": _names("TID252"),
    "AMB-STYLE-MIXED-ENDINGS": _names(pylint="mixed-line-endings C0327"),
    "AMB-STYLE-TYPO": _names(pylint="wrong-spelling-in-comment C0401 wrong-spelling-in-docstring C0402"),
}

_BY_CWE = {
    "cwe-22": "S202",
    "cwe-78": "S602 S603 S604 S605 S606 S607 S609",
    "cwe-79": "S308 S701 S702 S703 S704",
    "cwe-88": "S602 S604 S605 S609",
    "cwe-89": "S608 S610 S611",
    "cwe-94": "S102 S307 S612",
    "cwe-95": "S102 S307",
    "cwe-259": "S105 S106 S107",
    "cwe-295": "S323 S501 S507",
    "cwe-319": "S312 S321",
    "cwe-326": "S505",
    "cwe-327": "S303 S304 S305 S502 S503 S504",
    "cwe-328": "S303 S324",
    "cwe-330": "S311",
    "cwe-338": "S311",
    "cwe-377": "S108 S306",
    "cwe-400": "S113",
    "cwe-489": "S201",
    "cwe-502": "S301 S302 S506",
    "cwe-605": "S104",
    "cwe-611": "S313 S314 S315 S316 S317 S318 S319 S320",
    "cwe-617": "S101",
    "cwe-732": "S103",
    "cwe-798": "S105 S106 S107",
    "cwe-918": "S310",
}
"""For rules that look where other tools look, and see more: who silenced the pattern has silenced the weakness."""

_PYLINT_OF_RUFF = {
    "F401": "unused-import W0611",
    "F811": "function-redefined E0102 reimported W0404",
    "F841": "unused-variable W0612",
    "F541": "f-string-without-interpolation W1309",
    "E501": "line-too-long C0301",
    "W291": "trailing-whitespace C0303",
    "W293": "trailing-whitespace C0303",
    "W292": "missing-final-newline C0304",
    "I001": "wrong-import-order C0411 ungrouped-imports C0412 wrong-import-position C0413",
    "D100": "missing-module-docstring C0114 missing-docstring",
    "D101": "missing-class-docstring C0115 missing-docstring",
    "D102": "missing-function-docstring C0116 missing-docstring",
    "D103": "missing-function-docstring C0116 missing-docstring",
    "N801": "invalid-name C0103",
    "N802": "invalid-name C0103",
    "N803": "invalid-name C0103",
    "N806": "invalid-name C0103",
}

_SAME = frozenset({"AMB-SEC-EVAL", "AMB-SEC-EXEC", "AMB-SEC-NO-TIMEOUT", "AMB-REF-UNREACHABLE", "AMB-REF-DUPLICATE"})
"""Rules whose pylint names mean just what the rule means, so that a finding of ours would only repeat pylint's."""


@lru_cache(maxsize=1024)
def names_of(rule: str, tags: tuple[str, ...] = ()) -> Names:
    """Return what other tools call a rule; `tags` are the finding's, for rules known by their CWE only."""
    if rule.startswith(STYLE) and rule not in _BY_RULE:
        code = rule.removeprefix(STYLE)
        return Names(frozenset({code}), frozenset(_PYLINT_OF_RUFF.get(code, "").split()), _of_mypy(code))
    own = _BY_RULE.get(rule, Names())
    known = RULES.get(rule)
    noqa = {*own.noqa, *(known.ruff if known is not None else ())}
    for tag in (*tags, *(known.tags if known is not None else ())):
        noqa.update(_BY_CWE.get(tag, "").split())
    return Names(frozenset(noqa), own.pylint, own.mypy)


def repeats(rule: str, origin: str) -> Names:
    """Return the names under which another tool says the same; `origin` is the ruff code that a finding comes from."""
    noqa = frozenset({origin}) if origin else _NONE
    pylint = _BY_RULE[rule].pylint if rule in _SAME else _NONE
    if rule.startswith(STYLE):
        pylint = names_of(rule).pylint
    return Names(noqa, pylint)


def listed(codes: Iterable[str], wanted: frozenset[str]) -> bool:
    """Whether one of `wanted` is among `codes`, or begins with one of them (flake8 takes `S6` for all of `S6xx`)."""
    return any(name == code or (name.startswith(code) and code.isalnum()) for code in codes for name in wanted)


def _of_mypy(code: str) -> frozenset[str]:
    return frozenset({"no-untyped-def"}) if code.startswith("ANN") else _NONE
