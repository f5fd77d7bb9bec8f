"""The program is the same: its syntax tree is equal but for what a style fix may change.

That is: docstrings, comments, layout, quotes, parentheses, the order and grouping of imports that follow each other,
and the imports and variables that the specialist lists as unused (`params["removed_names"]`) and that indeed are. With
`params["renamed"]` (old name -> new name) it is the same program but for these names, and nothing else may change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ambient_lsp.errors import AmbientError
from ambient_lsp.model import VerdictOutcome
from ambient_lsp.verification.proof import findings_gone
from ambient_lsp.verification.proof.base import failed, inconclusive, passed
from ambient_lsp.verification.proof.normal_form import Unparsable, normal_form, same_program
from ambient_lsp.verification.proof.renamed import objection as renamed_objection

if TYPE_CHECKING:
    from collections.abc import Collection

    from ambient_lsp.verification.proof.base import Case, Proof

__all__ = ["normal_form", "prove", "same_program"]


async def prove(case: Case) -> Proof:
    """Compare every touched file before and after, then look whether the findings are gone."""
    removed = frozenset(str(name) for name in _list(case.params.get("removed_names")))
    renamed = {str(old): str(new) for old, new in dict(case.params.get("renamed") or {}).items()}
    for path, after in case.patched.items():
        before = case.bases.get(path)
        if before is None or after is None:
            return failed(f"{path} is added or removed, so the program is not the same")
        if not path.endswith((".py", ".pyi")):
            return inconclusive(f"{path} is not Python, so its meaning cannot be compared")
        try:
            if renamed and (objection := await case.cpu(renamed_objection, before, after, renamed)):
                return failed(f"the rename in {path} is not sure: {objection}")
            same = bool(renamed) or await case.cpu(same_program, before, after, removed)
        except (Unparsable, AmbientError) as error:
            return inconclusive(f"{path} could not be parsed: {error}")
        if not same:
            return failed(f"the patch changes what {path} does, not only its style")
    gone = await findings_gone.prove(case)
    if gone.outcome is not VerdictOutcome.PASSED:
        return gone
    return passed("the syntax tree is the same but for the new names" if renamed else "the syntax tree is unchanged")


def _list(value: Any) -> Collection[Any]:
    return value if isinstance(value, list | tuple | set | frozenset) else ()
