/** What was shown of a fix, as a page: the checks, the base beside the patched side, what was measured, and why. */

import { DECIDED, isOffered, needsApproval, type WholeProposal } from "./protocol";

/** A step on the way from where a value comes from to where it does harm. `link` opens the place. */
export interface Step {
  message: string;
  place: string;
  link: string;
}

/** How many of a check's tests are told one by one: first what the fix changes, then what does not pass anyway. */
const ROWS = 200;

/** How many reasons are there to be read before the list is opened. */
const OPEN = 5;

/**
 * Return the page. It loads nothing, runs nothing, and every text in it is escaped: texts quote the repository and the
 * model, which are not to be trusted.
 */
export function proofPage(proposal: WholeProposal, path: Step[], nonce: string): string {
  const body = [
    `<h1>${escape(proposal.title)}</h1>`,
    `<p class="label">${escape(facts(proposal))}</p>`,
    links(proposal),
    proposal.why_not && `<p class="no">${escape(proposal.why_not)}</p>`,
    section("Why", paragraphs(proposal.rationale || proposal.description)),
    needsApproval(proposal) && section("Why it asks", foldedList(proposal.reasons)),
    section(path.length > 1 ? "The way from source to sink" : "Where", steps(path)),
    section("Measured", measurements(proposal)),
    section("Checks", checks(proposal)),
    section("What the checks ran in", ran(proposal)),
    section("History", history(proposal)),
  ];
  const csp = `default-src 'none'; style-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${csp}">
<title>${escape(proposal.title)}</title><style nonce="${nonce}">${STYLE}</style></head>
<body><main>${body.filter(Boolean).join("\n")}</main></body></html>`;
}

function facts(proposal: WholeProposal): string {
  const outcome = proposal.proof ? `proof ${proposal.proof.outcome}` : "not proven yet";
  const files = proposal.files.length === 1 ? (proposal.files[0] ?? "") : `${proposal.files.length} files`;
  return [
    proposal.agent,
    `${proposal.risk} risk`,
    proposal.state,
    outcome,
    files,
    proposal.changed_lines === 1 ? "1 changed line" : `${proposal.changed_lines} changed lines`,
  ].join(" · ");
}

function links(proposal: WholeProposal): string {
  const link = (command: string, words: string): string =>
    `<a href="command:${command}?${encodeURIComponent(JSON.stringify([proposal.id]))}">${words}</a>`;
  const all = [
    DECIDED.has(proposal.state) ? "" : link("ambient.previewFix", "Preview"),
    needsApproval(proposal) ? link("ambient.approve", "Approve") : "",
    isOffered(proposal) ? link("ambient.applyFix", "Apply") : "",
    isOffered(proposal) ? link("ambient.dismiss", "Dismiss") : "",
  ];
  return `<p>${all.filter(Boolean).join(" &nbsp; ")}</p>`;
}

function steps(path: Step[]): string {
  const items = path.map(
    (step) => `<li>${escape(step.message)} <a href="${escape(step.link)}">${escape(step.place)}</a></li>`,
  );
  return items.length > 0 ? `<ol>${items.join("")}</ol>` : "";
}

function measurements(proposal: WholeProposal): string {
  const rows = (proposal.proof?.measurements ?? []).map(({ name, before, after, unit }) => {
    const most = Math.max(before, after) || 1;
    const bar = (value: number): string =>
      `<td class="number">${escape(amount(value, unit))}</td><td>${meter(value, most)}</td>`;
    return `<tr><th scope="row">${escape(name)}</th>${bar(before)}${bar(after)}<td>${escape(change(before, after))}</td></tr>`;
  });
  return table(["", "before", "", "with the fix", "", "change"], rows);
}

function change(before: number, after: number): string {
  if (before === 0 || before === after) {
    return before === after ? "the same" : "";
  }
  const percent = Math.trunc((after / before - 1) * 100);
  return `${percent > 0 ? "+" : "−"}${Math.abs(percent)} %`;
}

function checks(proposal: WholeProposal): string {
  const all = proposal.proof?.checks ?? [];
  return all
    .map((check) => {
      const broken = new Set(check.new_failures);
      const first = (name: string): number =>
        broken.has(name) ? 0 : check.base[name] !== check.patched[name] ? 1 : check.base[name] !== "passed" ? 2 : 3;
      const names = [...new Set([...Object.keys(check.base), ...Object.keys(check.patched), ...broken])]
        .sort()
        .sort((one, other) => first(one) - first(other));
      const rows = names.slice(0, ROWS).map((name) => {
        const [base, patched] = [check.base[name], check.patched[name]];
        const bad = broken.has(name) ? ' class="no"' : "";
        return `<tr${bad}><th scope="row"><code>${escape(name)}</code></th>${cell(base)}${cell(patched)}</tr>`;
      });
      const rest = names.length > ROWS ? `<p>and ${names.length - ROWS} more</p>` : "";
      const detail = check.detail ? `<pre>${escape(check.detail)}</pre>` : "";
      const name = `<h3>${escape(check.name)}: ${escape(check.outcome)}</h3>`;
      const command = `<p><code>${escape(check.argv.join(" "))}</code></p>`;
      return [name, command, detail, table(["test", "base", "with the fix"], rows), rest].join("");
    })
    .join("");
}

function cell(outcome: string | undefined): string {
  if (outcome === undefined) {
    return "<td>not there</td>";
  }
  return `<td>${outcome === "passed" ? "✓" : "✗"} ${escape(outcome)}</td>`;
}

function ran(proposal: WholeProposal): string {
  const proof = proposal.proof;
  if (!proof) {
    return "";
  }
  const seconds = `${number(proof.seconds)} s`;
  return list(
    [
      proof.reason,
      `Sandbox: ${[proof.sandbox, proof.image].filter(Boolean).join(", ")}`,
      proof.selection,
      seconds,
    ].filter(Boolean),
  );
}

function history(proposal: WholeProposal): string {
  return list(
    proposal.history.map(({ when, what, who, why }) => {
      const time = new Date(when * 1000).toISOString().replace("T", " ").slice(0, 16);
      return [`${time} UTC: ${what} by ${who}`, why].filter(Boolean).join(", ");
    }),
  );
}

function table(heads: string[], rows: string[]): string {
  const head = heads.map((name) => (name ? `<th scope="col">${name}</th>` : "<td></td>")).join("");
  return rows.length > 0 ? `<table><thead><tr>${head}</tr></thead><tbody>${rows.join("")}</tbody></table>` : "";
}

function meter(value: number, most: number): string {
  return `<meter max="${most}" value="${value}" aria-hidden="true"></meter>`;
}

function section(title: string, content: string): string {
  return content && `<section><h2>${title}</h2>${content}</section>`;
}

function list(items: string[]): string {
  return items.length > 0 ? `<ul>${items.map((item) => `<li>${escape(item)}</li>`).join("")}</ul>` : "";
}

/** A list whose end is folded up where it is long. */
function foldedList(items: string[]): string {
  const rest = list(items.slice(OPEN));
  const folded = `<details><summary>and ${items.length - OPEN} more</summary>${rest}</details>`;
  return list(items.slice(0, OPEN)) + (rest && folded);
}

function paragraphs(text: string): string {
  const parts = text.split(/\n{2,}/).filter((part) => part.trim());
  return parts.map((part) => `<p>${escape(part)}</p>`).join("");
}

function number(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 });
}

function amount(value: number, unit: string): string {
  return unit === "seconds" && value < 1 ? `${number(value * 1000)} ms` : `${number(value)} ${unit}`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);
}

const STYLE = `
main { max-width: 60em; padding-bottom: 2em; line-height: 1.5; }
h1 { font-size: 1.5em; font-weight: 600; margin-bottom: 0; }
h2 { font-size: 1.15em; font-weight: 600; margin-top: 1.6em; border-bottom: 1px solid var(--vscode-panel-border); }
h3 { font-size: 1em; font-weight: 600; margin-bottom: 0; }
.label { color: var(--vscode-descriptionForeground); margin-top: 0.3em; }
.no, .no th { color: var(--vscode-errorForeground); }
table { border-collapse: collapse; }
th, td { text-align: left; font-weight: normal; padding: 0.15em 1.2em 0.15em 0; vertical-align: top; }
thead th { color: var(--vscode-descriptionForeground); }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; padding-right: 0.5em; }
meter { width: 8em; height: 0.9em; }
meter::-webkit-meter-bar { background: var(--vscode-editorWidget-background); border-color: var(--vscode-panel-border); }
meter::-webkit-meter-optimum-value { background: var(--vscode-charts-blue); }
pre { white-space: pre-wrap; background: var(--vscode-textCodeBlock-background); padding: 0.6em; }
td { white-space: nowrap; }
code { font-family: var(--vscode-editor-font-family); overflow-wrap: anywhere; }
`;
