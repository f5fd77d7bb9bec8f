"""Everything this package raises on purpose.

AmbientError
├─ ConfigError            a setting is wrong; says which one, in which file and line
├─ WorkspaceError         the folder cannot be used (no such path, bare repository, unreadable)
│  └─ LeaseHeld           another Ambient already works on this folder
├─ ContextError           the repository could not be read as a whole
├─ PatchError             an edit could not be made; nothing was written
│  ├─ UnsafePath          the edit names a path outside the repository or a forbidden one
│  ├─ MalformedDiff       a diff could not be read, or no file could be told for it
│  ├─ AmbiguousPatch      a hunk fits in more than one place; guessing is refused
│  ├─ PatchConflict       a hunk fits nowhere in the file
│  └─ StalePatch          the file changed since the fix was proven
├─ SandboxError           a check could not be run (this is not "the check failed")
│  ├─ SandboxUnavailable  no backend answers, or its image is missing
│  └─ CommandRefused      the command is not on the allow-list
├─ ModelError             a model was asked and there is no usable answer
│  ├─ ModelUnavailable    nothing answers at the configured address, or no configured model is there
│  ├─ ModelRefused        the host refuses the request or the key; asking again will not help
│  ├─ QuotaExhausted      the account has nothing left to spend
│  ├─ ModelOverloaded     the host was busy each time it was asked
│  ├─ ReplyBroken         the answer ended too early, or makes no sense
│  └─ BudgetExhausted     the limits set for this run, day or repository do not allow the call
├─ StoreError             the state in `.ambient/` cannot be read or written
├─ NotFound               no proposal, run or finding has that id
├─ NotAllowed             the gate does not let this happen (needs approval, or blocked)
└─ Untrusted              the folder is not trusted, and this would execute its code
"""

from __future__ import annotations

from typing import Any


class AmbientError(Exception):
    """Base of all errors raised on purpose.

    The text has three parts, in plain words: what happened, what was left untouched, and what to do next.
    """

    def __init__(self, what: str, *, untouched: str = "", next_step: str = "", **details: Any) -> None:
        self.what = what
        self.untouched = untouched
        self.next_step = next_step
        self.details = details
        super().__init__(what)

    def __str__(self) -> str:
        return " ".join(part for part in (self.what, self.untouched, self.next_step) if part)


class ConfigError(AmbientError):
    """A setting is wrong. `details` holds `path` (file) and `line` (1-based) where they are known."""


class WorkspaceError(AmbientError):
    """The folder cannot be worked on."""


class LeaseHeld(WorkspaceError):
    """Another Ambient process already works on this folder; `details["pid"]` says which."""


class ContextError(AmbientError):
    """The repository could not be read."""


class PatchError(AmbientError):
    """An edit could not be made; nothing was written."""


class UnsafePath(PatchError):
    """A path leaves the repository, or is one that no fix may touch."""


class MalformedDiff(PatchError):
    """A diff could not be understood."""


class AmbiguousPatch(PatchError):
    """A hunk fits in more than one place."""


class PatchConflict(PatchError):
    """A hunk fits nowhere."""


class StalePatch(PatchError):
    """The text is not the one that the fix was proven for."""


class SandboxError(AmbientError):
    """A check could not be run."""


class SandboxUnavailable(SandboxError):
    """No sandbox backend is ready."""


class CommandRefused(SandboxError):
    """The command is not on the allow-list."""


class ModelError(AmbientError):
    """A model was asked and there is no usable answer; without one, the local analyzers go on."""


class ModelUnavailable(ModelError):
    """Nothing answers there, or none of the models asked for."""


class ModelRefused(ModelError):
    """The host refuses the request; `details["status"]` is its HTTP status."""


class QuotaExhausted(ModelError):
    """The account has nothing left to spend."""


class ModelOverloaded(ModelError):
    """The host was busy each time; `details["retry_after"]` are seconds, where it says so."""


class ReplyBroken(ModelError):
    """The answer was cut off or could not be understood; `details["text"]` is what came."""


class BudgetExhausted(ModelError):
    """The configured limit does not allow the call; nothing was sent."""


class StoreError(AmbientError):
    """The state folder cannot be read or written."""


class NotFound(AmbientError):
    """Nothing has the given id."""


class NotAllowed(AmbientError):
    """The gate forbids it."""


class Untrusted(AmbientError):
    """The folder is not trusted."""
