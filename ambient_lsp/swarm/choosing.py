"""Which files a batch is about: source code below some folders, or what patterns say."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from ambient_lsp.engine.engine import Engine


async def choose(
    engine: Engine, folders: Sequence[Path], globs: Sequence[str] = (), *, among: Collection[str] | None = None
) -> list[str]:
    """Return the files that are meant, relative to the root, by name.

    `globs` are patterns as in .gitignore; without any, all files whose ending says that they are source code.
    `among` limits them to some paths, such as those that differ from the last commit.
    """
    from ambient_lsp.agents.thinking.prompts import language_of

    repository = await (await engine.services()).repository()
    known = [path for path in await repository.paths() if among is None or path in among]
    wanted = [path for path in known if any((engine.root / path).is_relative_to(folder) for folder in folders)]
    if not globs:
        return [path for path in wanted if language_of(path) != "other"]
    import pathspec

    patterns = pathspec.GitIgnoreSpec.from_lines(globs)
    return [path for path in wanted if patterns.match_file(path)]
