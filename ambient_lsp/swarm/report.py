"""The report of a batch: file by file what came of it and what it cost, as Markdown, JSON and HTML."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any

from ambient_lsp.errors import StoreError
from ambient_lsp.text import counted

if TYPE_CHECKING:
    from pathlib import Path

    from ambient_lsp.swarm.batch import BatchResult
    from ambient_lsp.swarm.journal import FileRecord

WORDS = {
    "success": "changed",
    "nothing": "nothing to do",
    "failed": "failed",
    "skipped": "skipped",
    "waiting": "not asked yet",
    "answered": "not finished",
}
_NUMBERS = ("calls", "tokens in", "cached", "tokens out", "cost", "seconds")
_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid #8884; vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.success { color: #1a7f37; } .failed { color: #cf222e; } .skipped, .nothing, .waiting { color: #7d8590; }
code { font-family: ui-monospace, monospace; }
"""


def as_data(result: BatchResult) -> dict[str, Any]:
    """Return the report as plain values."""
    files = [_file(one) for one in result.files]
    return {
        "batch": result.batch.id,
        "task": result.batch.task,
        "stopped": result.stopped,
        "files": files,
        "counts": {state: result.count(state) for state in WORDS if result.count(state)},
        "tokens": {
            name: sum(getattr(one, name) for one in result.files)
            for name in ("prompt", "cached", "completion", "guessed_prompt", "guessed_completion")
        },
        "calls": sum(one.calls for one in result.files),
        "dollars": sum(one.cost for one in result.files) / 1e6,
        "unpriced": result.unpriced,
        "lost": {"calls": result.lost.calls, "tokens": result.lost.tokens, "dollars": result.lost.cost / 1e6},
        "together": result.together.words if result.together else "",
        "proposals": [
            {
                "id": one.id,
                "state": one.state.value,
                "files": list(one.files_touched),
                "needs_approval": one.decision is not None and one.decision.kind.value == "confirm",
                "verdict": one.verdict.reason if one.verdict else "",
                "selection": one.verdict.selection if one.verdict else "",
            }
            for one in (result.together.proposals if result.together else ())
        ],
    }


def _file(one: FileRecord) -> dict[str, Any]:
    return {
        "path": one.path,
        "state": one.state,
        "reason": one.reason,
        "model": one.model,
        "prompt": one.prompt,
        "cached": one.cached,
        "completion": one.completion,
        "guessed_prompt": one.guessed_prompt,
        "guessed_completion": one.guessed_completion,
        "calls": one.calls,
        "dollars": one.cost / 1e6,
        "seconds": round(one.seconds, 2),
    }


def as_markdown(result: BatchResult) -> str:
    """Return the report as a page of Markdown."""
    data = as_data(result)
    lines = [f"# Swarm report {data['batch']}", "", f"Task: {_cell(data['task'])}", "", summary(data), ""]
    if data["stopped"]:
        lines += [f"**Stopped before the end:** {data['stopped']}", ""]
    if len(data["proposals"]) > 1:
        lines.append(f"- All changes together: {data['together']}")
    for one in data["proposals"]:
        lines.append(
            f"- Proposal `{one['id']}` ({counted(len(one['files']), 'file')}) is {one['state']}. {_verdict(one)}"
        )
    lines += [
        "",
        f"| file | result | reason | {' | '.join(_NUMBERS)} |",
        f"|---|---|---|{'--:|' * len(_NUMBERS)}",
    ]
    lines += [
        f"| `{_cell(one['path'])}` | {WORDS[one['state']]} | {_cell(one['reason'])} | {' | '.join(_numbers(one))} |"
        for one in data["files"]
    ]
    return "\n".join(lines) + "\n"


def as_html(result: BatchResult) -> str:
    """Return the report as one page without anything from elsewhere."""
    data = as_data(result)
    rows = "".join(
        f"<tr><td><code>{html.escape(one['path'])}</code></td>"
        f"<td class='{one['state']}'>{WORDS[one['state']]}</td><td>{html.escape(one['reason'])}</td>"
        + "".join(f"<td class='number'>{number}</td>" for number in _numbers(one))
        + "</tr>"
        for one in data["files"]
    )
    stopped = f"<p><strong>Stopped before the end:</strong> {html.escape(data['stopped'])}</p>"
    stopped = stopped if data["stopped"] else ""
    proposals = "".join(
        f"<li>Proposal <code>{one['id']}</code> ({counted(len(one['files']), 'file')}) is {one['state']}."
        f" {html.escape(_verdict(one))}</li>"
        for one in data["proposals"]
    )
    heads = "".join(f"<th scope='col'>{name}</th>" for name in ("file", "result", "reason"))
    heads += "".join(f"<th class='number' scope='col'>{name}</th>" for name in _NUMBERS)
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>Swarm report {data['batch']}</title>"
        f"<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<style>{_STYLE}</style><body><h1>Swarm report {data['batch']}</h1><p>Task: {html.escape(data['task'])}</p>"
        f"<p>{html.escape(summary(data))}</p>{stopped}<ul>{proposals}</ul>"
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></body></html>\n"
    )


def summary(data: dict[str, Any]) -> str:
    """Return the counts and the cost in a sentence."""
    counts = ", ".join(f"{number} {WORDS[state]}" for state, number in data["counts"].items())
    tokens = data["tokens"]
    used = f"{tokens['prompt']:,} tokens in ({tokens['cached']:,} cached), {tokens['completion']:,} out"
    calls = counted(data["calls"], "call")
    dollars = "" if data["unpriced"] and not data["dollars"] else f"${data['dollars']:.4f}, "
    said = [f"{counted(len(data['files']), 'file')}: {counts or 'none'}. {used}, {dollars}{calls}."]
    if unpriced := data["unpriced"]:
        said.append(f"What {unpriced:,} of the calls cost is not known: `kimi.price` in `.ambient.yml` can say it.")
    if guessed := tokens["guessed_prompt"] + tokens["guessed_completion"]:
        said.append(f"{guessed:,} of these tokens are estimated: an answer broke off before the host had counted.")
    if (lost := data["lost"])["calls"]:
        said.append(
            f"{lost['calls']} more calls were under way when the batch was killed; they cost at most"
            f" {lost['tokens']:,} tokens, ${lost['dollars']:.4f}."
        )
    return " ".join(said)


def write(result: BatchResult, root: Path) -> Path:
    """Write all three reports into the state folder of a repository; return the one that people read.

    Raises `StoreError`.
    """
    folder = root / ".ambient" / "swarm" / result.batch.id
    page = folder / "report.md"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.json").write_text(json.dumps(as_data(result), indent=2, ensure_ascii=False) + "\n", "utf-8")
        (folder / "report.html").write_text(as_html(result), "utf-8")
        page.write_text(as_markdown(result), "utf-8")
    except OSError as error:
        raise StoreError(
            f"The report of the batch cannot be written: {error.strerror or error}.",
            untouched="What the batch has come to is kept.",
            next_step=f"Check that the disk is not full; to `resume` {result.batch.id} writes the report again.",
        ) from error
    return page


def _numbers(one: dict[str, Any]) -> list[str]:
    """Return the columns of `_NUMBERS`; tokens are marked where a part of them is our estimate."""
    prompt, completion = (f"{'~' if one[f'guessed_{name}'] else ''}{one[name]:,}" for name in ("prompt", "completion"))
    cost, seconds = f"${one['dollars']:.4f}", f"{one['seconds']:.1f}"
    return [str(one["calls"]), prompt, f"{one['cached']:,}", completion, cost, seconds]


def _verdict(one: dict[str, Any]) -> str:
    return f"{one['verdict']} (Run: {one['selection']}.)" if one["selection"] else str(one["verdict"])


def _cell(text: str) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")
