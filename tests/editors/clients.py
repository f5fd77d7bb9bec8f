"""Editors without a plugin of ours, set up as `editors/README.md` says, and the keys that a person presses in each."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from tests.editors import editor
from tests.editors.screen import Terminal

_README = editor.REPOSITORY / "editors/README.md"


def settings(heading: str, language: str, begins: str = "") -> str:
    """Return the settings that the page for users gives below a heading: the block in this language."""
    section = _README.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return next(block for block in blocks if block.startswith(begins))


class Client(ABC):
    """An editor in a terminal. Each method does what its name says, as its user would."""

    name: ClassVar[str]
    edits: ClassVar[bool] = True
    """Whether it lets the server edit files."""
    progress: ClassVar[str] = ""
    """A pattern of what its user sees of a batch, a third of which is done."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal

    @classmethod
    @abstractmethod
    def argv(cls, home: Path, file: Path) -> list[str | Path]:
        """Write the user's settings below `home`, and return what starts the editor with a file."""

    def started(self) -> None:  # noqa: B027 - most ask nothing
        """Answer what it asks when it is started in a project for the first time."""

    @abstractmethod
    def open(self, file: Path) -> None: ...

    @abstractmethod
    def go_to(self, line: int) -> None: ...

    @abstractmethod
    def append(self, text: str) -> None:
        """Write a line at the end of the file, and save."""

    @abstractmethod
    def save(self) -> None: ...

    @abstractmethod
    def take(self, title: str) -> None:
        """Choose the code action whose title begins so, of those at the cursor."""

    @abstractmethod
    def refuse(self) -> None:
        """Answer the question on the screen with "Cancel"."""

    @abstractmethod
    def call(self, command: str, options: Mapping[str, Any]) -> None:
        """Run a command of the server."""

    def revive(self) -> None:  # noqa: B027 - most do it by themselves
        """Do what it takes to have a server again after it died."""

    @abstractmethod
    def leave(self) -> None:
        """End the editor, whatever is not saved."""


class _Emacs(Client):
    package: ClassVar[str]
    actions: ClassVar[str]

    @classmethod
    def argv(cls, home: Path, file: Path) -> list[str | Path]:
        init = home / "init.el"
        # Nothing is compiled beside it: it would start itself, and its program has another name where it was unpacked.
        never = "native-comp-jit-compilation nil native-comp-enable-subr-trampolines nil"
        quiet = f"(setq make-backup-files nil eval-expression-debug-on-error nil {never})\n"
        init.write_text(quiet + cls.init(), encoding="utf-8")
        return [editor.installed("emacs", "bin/emacs"), "-nw", "-Q", "-l", init, file]

    @classmethod
    @abstractmethod
    def init(cls) -> str: ...

    def open(self, file: Path) -> None:
        self._answer(("C-x", "C-f", "C-a", "C-k"), "Find file", str(file))

    def go_to(self, line: int) -> None:
        self._answer(("M-g", "g"), "Goto line", str(line))
        self._run("flymake-goto-next-error")

    def append(self, text: str) -> None:
        self.terminal.keys("M->")
        self.terminal.text(text)
        self.terminal.keys("Enter")
        self.save()

    def save(self) -> None:
        self.terminal.keys("C-x", "C-s")

    def take(self, title: str) -> None:
        self._run(self.actions)
        self._answer((), self.prompt, title)

    prompt: ClassVar[str]

    def refuse(self) -> None:
        self.terminal.text("Cancel")
        self.terminal.keys("Enter")

    def leave(self) -> None:
        self.terminal.keys("C-g")
        self.terminal.shows("Quit")  # this rings the bell too
        self._evaluate("(let ((confirm-kill-processes nil)) (set-buffer-modified-p nil) (kill-emacs))")

    def _run(self, command: str) -> None:
        self._answer(("M-x",), "M-x", command)

    def _evaluate(self, form: str) -> None:
        self._answer(("M-:",), "Eval:", form)

    def _answer(self, keys: tuple[str, ...], prompt: str, text: str) -> None:
        """Press keys, and type only once Emacs asks: it forgets what was typed ahead when anything rings its bell."""
        if keys:
            self.terminal.keys(*keys)
        asked = re.compile(rf"^{re.escape(prompt)}", re.MULTILINE)
        self.terminal.wait(prompt, lambda: asked.search(self.terminal.screen()))
        self.terminal.text(text)
        self.terminal.keys("Enter")
        self.terminal.wait(f"the end of {prompt}", lambda: not asked.search(self.terminal.screen()))


class Eglot(_Emacs):
    """Emacs' own client."""

    name = "Emacs eglot"
    progress = r"\[eglot:shop.*\b(3|4)\d%"
    actions = "eglot-code-actions"
    prompt = "[eglot] Pick an action"

    @classmethod
    def init(cls) -> str:
        return settings("Emacs", "elisp", "(with-eval-after-load 'eglot")

    def refuse(self) -> None:
        self.terminal.keys("C-a", "C-k")  # the first answer is there already
        super().refuse()

    def call(self, command: str, options: Mapping[str, Any]) -> None:
        self._evaluate(
            f'(eglot-execute (eglot-current-server) \'(:command "{command}" :arguments [{_plist(options)}]))'
        )


class LspMode(_Emacs):
    """Emacs' other client."""

    name = "Emacs lsp-mode"
    progress = "2 of 6 files"
    actions = "lsp-execute-code-action"
    prompt = "Select code action"

    @classmethod
    def init(cls) -> str:
        packages = editor.installed("lsp-mode", "usr/share/emacs/site-lisp/elpa-src")
        # What Emacs' own package manager does at its start.
        paths = "".join(f'(push "{path}" load-path)\n' for path in sorted(packages.iterdir()))
        loads = "".join(f'(load "{path}" nil t)\n' for path in sorted(packages.glob("*/*-autoloads.el")))
        return paths + loads + settings("Emacs", "elisp", "(require 'lsp-mode)")

    def started(self) -> None:
        self.terminal.shows("Import project root")
        self.terminal.text("i")

    def call(self, command: str, options: Mapping[str, Any]) -> None:
        self._evaluate(f'(lsp-send-execute-command "{command}" \'[{_plist(options)}])')

    def revive(self) -> None:
        self.terminal.shows("Do you want to restart it")
        self.terminal.text("y")


class Helix(Client):
    """Helix, whose client needs settings only."""

    name = "Helix"
    progress = "2 of 6 files"

    @classmethod
    def argv(cls, home: Path, file: Path) -> list[str | Path]:
        folder = home / "config/helix"
        folder.mkdir(parents=True)
        (folder / "languages.toml").write_text(settings("Helix", "toml", "[language-server"), encoding="utf-8")
        (folder / "config.toml").write_text(settings("Helix", "toml", "[editor.lsp"), encoding="utf-8")
        return [editor.installed("helix", "bin/hx"), file]

    def open(self, file: Path) -> None:
        self._command(f"open {file}")
        title = re.compile(rf" NOR .*\b{re.escape(file.name)} ")
        self.terminal.wait(f"{file.name} to be shown", lambda: title.search(self.terminal.screen()))

    def go_to(self, line: int) -> None:
        self._command(str(line))

    def append(self, text: str) -> None:
        self.terminal.keys("g", "e", "o")
        self.terminal.text(text)
        self.terminal.keys("Escape")
        self.terminal.shows(" NOR ")  # else it and the next key would be one with Alt
        self.save()

    def save(self) -> None:
        self._command("write")

    def take(self, title: str) -> None:
        self.terminal.keys("Space", "a")
        self.terminal.shows(title)
        ours = [line for line in self.terminal.screen().splitlines() if "Ambient: " in line or " · proven: " in line]
        below = next(number for number, line in enumerate(ours) if title in line)
        self.terminal.keys(*["Down"] * below, "Enter")

    def refuse(self) -> None:
        self.terminal.keys("Escape")

    def call(self, command: str, options: Mapping[str, Any]) -> None:
        self._command(f"lsp-workspace-command {command} {json.dumps(options)}")

    def revive(self) -> None:
        self._command("lsp-restart")

    def leave(self) -> None:
        self._command("quit-all!")

    def _command(self, line: str) -> None:
        self.terminal.text(":" + line)
        self.terminal.keys("Enter")


class Vim(Client):
    """Vim with ALE."""

    name = "Vim ALE"
    edits = False

    @classmethod
    def argv(cls, home: Path, file: Path) -> list[str | Path]:
        ale = editor.installed("vim", "usr/share/vim-ale")
        vimrc = home / "vimrc"
        mine = f"set nocompatible hidden\nset runtimepath^={ale}\nfiletype plugin on\n"
        vimrc.write_text(mine + settings("Vim", "vim"), encoding="utf-8")
        return [editor.installed("vim", "bin/vim"), "-u", vimrc, file]

    def open(self, file: Path) -> None:
        self._command(f"edit {file}")
        self.terminal.shows(file.name)

    def go_to(self, line: int) -> None:
        self._command(str(line))

    def append(self, text: str) -> None:
        self.terminal.keys("G", "o")
        self.terminal.text(text)
        self.terminal.keys("Escape")
        self.save()

    def save(self) -> None:
        self._command("write")

    def take(self, title: str) -> None:
        self._command("ALECodeAction")
        number = re.compile(rf"(\d+)\) {re.escape(title)}")
        found = self.terminal.wait(title, lambda: number.search(self.terminal.screen()))
        self.terminal.text(found[1])
        self.terminal.keys("Enter")

    def refuse(self) -> None:
        raise NotImplementedError("ALE asks nothing")

    def call(self, command: str, options: Mapping[str, Any]) -> None:
        params = json.dumps({"command": command, "arguments": [options]})
        self._command(
            f"call ale#lsp_linter#SendRequest(bufnr(''), 'ambient', [0, 'workspace/executeCommand', {params}])"
        )

    def leave(self) -> None:
        self._command("quitall!")

    def _command(self, line: str) -> None:
        self.terminal.text(":" + line)
        self.terminal.keys("Enter")


CLIENTS = (Eglot, LspMode, Helix, Vim)


def _plist(options: Mapping[str, Any]) -> str:
    """Write an object as Emacs Lisp."""

    def value(given: Any) -> str:
        if isinstance(given, list):
            return "[" + " ".join(map(value, given)) + "]"
        return json.dumps(given)

    return "(" + " ".join(f":{name} {value(given)}" for name, given in options.items()) + ")"
