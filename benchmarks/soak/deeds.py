"""What a user does, one random thing after the other, with a seed: sensible, careless and destructive."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from benchmarks.soak.desk import HALF, MODULE, MODULES, spoiled
from benchmarks.soak.editor import Gone, Refusal

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.soak.desk import Desk
    from benchmarks.soak.editor import Editor
    from benchmarks.soak.model import Host

LIMIT = 300.0
"""Seconds after which a deed counts as stuck."""

WEIGHTS = {
    "save": 20,
    "half": 8,
    "burst": 6,
    "apply": 12,
    "quick_fix": 6,
    "dismiss": 3,
    "approve": 2,
    "cancel": 5,
    "undo": 4,
    "outside": 5,
    "branch": 3,
    "commit": 2,
    "rename": 3,
    "folders": 2,
    "settings": 2,
    "editor_settings": 1,
    "away": 3,
    "swarm": 5,
    "terminal": 3,
    "crash": 2,
    "restart": 1,
    "mend": 10,
    "idle": 4,
}


class Life:
    """Two windows, the terminal, and the deeds. The window on `shop` is never killed; the one on `other` is."""

    def __init__(self, desk: Desk, shop: Editor, other: Editor, host: Host, seed: int) -> None:
        self.desk, self.shop, self.other, self.host = desk, shop, other, host
        self.rng = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.stuck: list[str] = []
        self.kills = 0
        self.swarms: set[asyncio.Task[None]] = set()
        self.swarm_codes: Counter[int] = Counter()

    async def live(self, seconds: float) -> None:
        """Do one thing after the other until the time is over."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        names, weights = list(WEIGHTS), list(WEIGHTS.values())
        while loop.time() < end:
            name = self.rng.choices(names, weights)[0]
            editor = self.rng.choices((self.shop, self.other), (7, 3))[0]
            self.counts[name] += 1
            try:
                async with asyncio.timeout(LIMIT):
                    await getattr(self, name)(editor)
            except Refusal as error:
                self.refusals[str(error).partition(":")[0]] += 1
            except TimeoutError:
                self.stuck.append(f"{name} on {editor.name} at {end - loop.time():.0f} s before the end")
            except Gone:
                self.stuck.append(f"{name}: the server of {editor.name} ended by itself")
                await editor.start()
            await asyncio.sleep(self.rng.choice((0.05, 0.2, 0.5, 1.5)))

    # ---------------------------------------------------------------------------------------------- typing

    def module(self, editor: Editor) -> tuple[Path, int]:
        """Return one of the window's modules."""
        number = self.rng.randrange(MODULES)
        return self.desk.module(editor.roots[0], number), number

    async def show(self, editor: Editor, path: Path, fallback: str = "") -> None:
        """Open a file unless it is open."""
        if path not in editor.texts:
            await editor.open(path, path.read_text() if path.exists() else fallback)

    async def write(self, editor: Editor, path: Path, text: str) -> None:
        """Type a text and save it."""
        await self.show(editor, path)
        await editor.type(path, text)
        await editor.save(path)

    async def save(self, editor: Editor) -> None:
        path, number = self.module(editor)
        await self.write(editor, path, spoiled(MODULE.format(number), self.rng))

    async def mend(self, editor: Editor) -> None:
        path, number = self.module(editor)
        await self.write(editor, path, MODULE.format(number))
        if self.rng.random() < 0.3:
            await editor.close(path)

    async def half(self, editor: Editor) -> None:
        """Half a statement, letter by letter; sometimes it is saved so."""
        path, number = self.module(editor)
        await self.show(editor, path, MODULE.format(number))
        text, words = editor.texts[path], self.rng.choice(HALF)
        for end in range(1, len(words) + 1):
            await editor.type(path, text + words[:end])
            await asyncio.sleep(0.01)
        if self.rng.random() < 0.5:
            await editor.save(path)

    async def burst(self, editor: Editor) -> None:
        path, number = self.module(editor)
        for _ in range(self.rng.randint(3, 8)):
            await self.write(editor, path, spoiled(MODULE.format(number), self.rng))
            await asyncio.sleep(self.rng.choice((0.0, 0.02, 0.2)))

    # ----------------------------------------------------------------------------------------- what is offered

    async def proposals(self, editor: Editor, *states: str) -> list[dict[str, Any]]:
        found = (await editor.request("ambient/listProposals", {}))["proposals"]
        return [one for one in found if one["state"] in states]

    async def apply(self, editor: Editor) -> None:
        """Apply a fix by its command, see what came of it, and save."""
        if not (found := await self.proposals(editor, "offered")):
            return
        chosen = self.rng.choice(found)
        run = (await editor.command("applyFix", proposal_id=chosen["id"]))["run_id"]
        with suppress(TimeoutError):
            await editor.until(lambda: any(one["run_id"] == run for one in editor.applied[-20:]), 40)
        if self.rng.random() < 0.7:
            for name in chosen["files"]:
                path = editor.roots[0] / name
                if path in editor.texts:
                    await editor.save(path)

    async def quick_fix(self, editor: Editor) -> None:
        """Take what the light bulb offers at a finding."""
        path, _ = self.module(editor)
        await self.show(editor, path)
        shown = editor.shown.get(path.as_uri()) or [{"range": {"start": {"line": 0, "character": 0}}}]
        place = self.rng.choice(shown)["range"]["start"]
        actions = await editor.request(
            "textDocument/codeAction",
            {
                "textDocument": {"uri": path.as_uri()},
                "range": {"start": place, "end": place},
                "context": {"diagnostics": []},
            },
        )
        await editor.request("textDocument/hover", {"textDocument": {"uri": path.as_uri()}, "position": place})
        ready = [one for one in actions or () if "disabled" not in one and "command" not in one]
        if ready:
            resolved = await editor.request("codeAction/resolve", self.rng.choice(ready))
            if resolved.get("edit"):
                await editor.take(resolved["edit"])
                await editor.save(path)

    async def dismiss(self, editor: Editor) -> None:
        if found := await self.proposals(editor, "offered", "failed", "inconclusive"):
            await editor.command("dismiss", id=self.rng.choice(found)["id"], reason="no", days=1)

    async def approve(self, editor: Editor) -> None:
        if found := await self.proposals(editor, "offered"):
            await editor.command("approve", proposal_id=self.rng.choice(found)["id"], reason="yes")

    async def cancel(self, editor: Editor) -> None:
        """Start a review of everything or take a run that is under way, and cancel it."""
        if not (runs := editor.status.get("runs")):
            folder = editor.roots[0].as_uri()
            runs = [(await editor.command(self.rng.choice(("review", "reviewChanges")), uri=folder))["run_id"]]
            await asyncio.sleep(self.rng.choice((0.0, 0.1, 1.0)))
        if runs[0]:
            await editor.command("cancel", run_id=self.rng.choice(runs))

    async def undo(self, editor: Editor) -> None:
        """Go back and forth as Ctrl+Z and Ctrl+Y do."""
        path, number = self.module(editor)
        await self.show(editor, path, MODULE.format(number))
        before = editor.texts[path]
        await self.write(editor, path, MODULE.format(number))
        await editor.type(path, before)
        await editor.save(path)

    # ------------------------------------------------------------------------------------- outside the editor

    async def told(self, editor: Editor, *paths: Path, kind: int = 2) -> None:
        """Tell the server what changed on the disk; tabs of changed files are read anew, as editors do."""
        for path in paths:
            if path in editor.texts:
                if path.exists():
                    await editor.type(path, path.read_text())
                else:
                    await editor.close(path)
        changes = [{"uri": path.as_uri(), "type": kind if path.exists() else 3} for path in paths]
        await editor.notify("workspace/didChangeWatchedFiles", {"changes": changes})

    async def outside(self, editor: Editor) -> None:
        path, number = self.module(editor)
        path.write_text(spoiled(MODULE.format(number), self.rng))
        await self.told(editor, path)

    async def branch(self, editor: Editor) -> None:
        root = editor.roots[0]
        target = "branch" if self.desk.git(root, "branch", "--show-current").strip() == "main" else "main"
        await asyncio.to_thread(self.desk.git, root, "checkout", "-q", "--force", target)
        await self.told(editor, *[path for path in editor.texts if path.is_relative_to(root)], root / ".ambient.yml")

    async def commit(self, editor: Editor) -> None:
        await asyncio.to_thread(self.desk.git, editor.roots[0], "commit", "-qam", "work")

    async def rename(self, editor: Editor) -> None:
        """Rename a file and back, or delete it and make it again."""
        path, number = self.module(editor)
        moved = path.with_name(f"moved{number}.py")
        if path in editor.texts:
            await editor.close(path)
        if path.exists():
            if self.rng.random() < 0.6:
                path.rename(moved)
            else:
                path.unlink()
        await self.told(editor, path, moved)
        if moved.exists():
            await self.show(editor, moved)
            await editor.save(moved)
        await asyncio.sleep(self.rng.choice((0.1, 1.0)))
        if moved in editor.texts:
            await editor.close(moved)
        moved.unlink(missing_ok=True)
        path.write_text(MODULE.format(number))
        await self.told(editor, path, moved, kind=1)

    # --------------------------------------------------------------------------------- folders and settings

    async def folders(self, editor: Editor) -> None:
        """Take a folder in, and out again: a plain one, or the one on which the other window works."""
        added = self.rng.choice((self.desk.plain, self.desk.shop if editor is self.other else self.desk.other))
        folder = {"uri": added.as_uri(), "name": added.name}
        change = "workspace/didChangeWorkspaceFolders"
        await editor.notify(change, {"event": {"added": [folder], "removed": []}})
        await asyncio.sleep(self.rng.choice((0.0, 0.3, 3.0)))
        lone = self.desk.plain / "alone.py"
        if added == self.desk.plain:
            await self.show(editor, lone)
            await editor.save(lone)
            await asyncio.sleep(self.rng.choice((0.0, 1.0)))
        await editor.notify(change, {"event": {"added": [], "removed": [folder]}})
        if lone in editor.texts:
            await editor.close(lone)

    async def settings(self, editor: Editor) -> None:
        """Change the settings: the engine of the folder is closed and opened again."""
        root = editor.roots[0]
        more: dict[str, Any] = {
            "swarm": {"rounds": self.rng.choice((1, 2)), "refuter": self.rng.random() < 0.7},
            "agents": {"max_proposals_per_file": self.rng.choice((3, 5))},
        }
        self.desk.settings(root, self.host.url, self.backend(editor), **more)
        await self.told(editor, root / ".ambient.yml")

    def backend(self, editor: Editor) -> str:
        return "docker" if editor is self.other and "DOCKER_HOST" in os.environ else "bubblewrap"

    async def editor_settings(self, editor: Editor) -> None:
        settings = {"ambient": {"fixAll": {"enable": self.rng.random() < 0.5}}}
        await editor.notify("workspace/didChangeConfiguration", {"settings": settings})

    # ---------------------------------------------------------------------------------- host, terminal, crashes

    async def away(self, editor: Editor) -> None:
        await self.host.be_away(self.rng.uniform(1, 8))

    async def swarm(self, editor: Editor) -> None:
        """Start a batch from the terminal, beside the window; sometimes it is killed, and another one goes on."""
        if len(self.swarms) >= 1:
            return
        before = (editor.roots[0] / ".ambient/swarm").exists() and self.rng.random() < 0.4
        how = ("--resume", "last") if before else ("--task", "Add docstrings")
        argv = ["swarm", *how, "--root", str(editor.roots[0]), "--max-workers", "3"]
        if how[0] == "--task":
            argv += ["--target-dir", str(editor.roots[0] / "shop")]
        if self.rng.random() < 0.3:
            argv += ["--apply", "low"]
        after = self.rng.uniform(2, 8) if self.rng.random() < 0.4 else 0.0
        task = asyncio.create_task(self._ambient(*argv, kill_after=after))
        self.swarms.add(task)
        task.add_done_callback(self.swarms.discard)

    async def terminal(self, editor: Editor) -> None:
        """Look at something in the terminal, or apply there, or take back."""
        root = ("--root", str(editor.roots[0]))
        found = [one["id"] for one in await self.proposals(editor, "offered")]
        done = [one["id"] for one in await self.proposals(editor, "applied")]
        choices = [("cost", *root), ("proposals", "list", *root)]
        choices += [("proposals", "apply", self.rng.choice(found), *root)] if found else []
        choices += [("proposals", "undo", self.rng.choice(done), *root)] if done else []
        await self._ambient(*self.rng.choice(choices))
        await self.told(editor, *list(editor.texts))

    async def _ambient(self, *argv: str, kill_after: float = 0.0) -> None:
        with (self.desk.base / "terminal.log").open("ab") as log:
            log.write(f"$ ambient {' '.join(argv)}\n".encode())
            log.flush()
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "ambient_lsp", *argv),
                cwd=self.desk.base,
                env=self.desk.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            try:
                async with asyncio.timeout(kill_after or LIMIT):
                    code = await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
                code = -signal.SIGKILL
                if kill_after:
                    self.kills += 1
                else:
                    self.stuck.append(" ".join(argv))
            except asyncio.CancelledError:
                process.kill()
                await process.wait()
                raise
            log.write(f"-> {code}\n".encode())
        if argv[0] == "swarm":
            self.swarm_codes[code] += 1

    async def crash(self, editor: Editor) -> None:
        """Kill the second server, in the middle of something, and start it again."""
        await self.save(self.other)
        await asyncio.sleep(self.rng.choice((0.0, 0.3, 1.0, 3.0)))
        await self.other.kill()
        self.kills += 1
        await self.other.start()

    async def restart(self, editor: Editor) -> None:
        """End the second server as editors do, in the middle of something, and start it again."""
        await self.save(self.other)
        await asyncio.sleep(self.rng.choice((0.0, 0.5, 2.0)))
        code = await self.other.stop()
        if code:
            self.stuck.append(f"the server ended with {code}")
        await self.other.start()

    async def idle(self, editor: Editor) -> None:
        await asyncio.sleep(self.rng.uniform(1, 6))
