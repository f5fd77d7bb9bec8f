/** A fix in a few words, for people who read them and for people who hear them. */

import * as vscode from "vscode";
import { isOffered, needsApproval, type Hunk, type Proposal } from "./protocol";

const CHECKING = new Set(["drafted", "checking"]);
const GONE = new Set(["applied", "partly", "dismissed", "stale", "reverted"]);

/** More files than this are counted, and not named. */
const NAMED = 3;

/** A place at the end of a title, as " (tokens.py:8)". */
const PLACE = / \([^()]+:(\d+)\)$/;

/** Where a fix stands, as far as the view tells them apart. */
export type Standing = "asks" | "ready" | "checking" | "refused" | "gone";

/** Return where a fix stands: it can be taken, with or without an approval, may be soon, cannot be, or is no more. */
export function standing(proposal: Proposal): Standing {
  if (isOffered(proposal)) {
    return needsApproval(proposal) ? "asks" : "ready";
  }
  if (CHECKING.has(proposal.state)) {
    return "checking";
  }
  return GONE.has(proposal.state) ? "gone" : "refused";
}

/** Return the icon of a fix. Its shape tells the state too, not its colour alone. */
export function icon(proposal: Proposal): vscode.ThemeIcon {
  switch (standing(proposal)) {
    case "ready":
      return new vscode.ThemeIcon("pass", new vscode.ThemeColor("testing.iconPassed"));
    case "asks":
      return new vscode.ThemeIcon("shield", new vscode.ThemeColor("list.warningForeground"));
    case "checking":
      return new vscode.ThemeIcon("loading~spin");
    default:
      return new vscode.ThemeIcon("circle-slash", new vscode.ThemeColor("disabledForeground"));
  }
}

/** Return what was shown of a fix, as "1 test passes as before": its label without the title. */
export function proofOf(proposal: Proposal): string {
  const words = proposal.label
    .slice(proposal.title.length)
    .replace(/^ · /, "")
    .replace(/(^| · )needs your approval$/, "");
  return words.replace(/^proven: /, "");
}

/** Return what a fix has cost, as "3,200 tokens, $0.01"; nothing where no model was asked. */
export function costOf(proposal: Proposal): string {
  const { tokens, dollars } = proposal.cost;
  if (!tokens) {
    return "";
  }
  const money = dollars >= 0.005 ? `, $${dollars.toFixed(2)}` : "";
  return `${tokens.toLocaleString("en")} tokens${money}`;
}

/** Return a fix's title without the place at its end, where the place is told beside it. */
export function shortTitle(proposal: Proposal): string {
  return proposal.title.replace(PLACE, "");
}

/** Return the words behind a fix's title; with its file where nothing above it is `named` after that. */
export function description(proposal: Proposal, named = false): string {
  const state = {
    asks: "needs approval",
    ready: "",
    checking: "being checked",
    refused: proposal.state,
    gone: proposal.state,
  };
  const line = PLACE.exec(proposal.title)?.[1];
  const place = named && filesOf(proposal).replace(/[^,]*\//g, "");
  return [place, line && `line ${line}`, state[standing(proposal)], proofOf(proposal), costOf(proposal)]
    .filter(Boolean)
    .join(" · ");
}

/** Return the files of a fix by their names, or how many they are. */
export function filesOf({ files }: Proposal): string {
  return files.length > NAMED ? `${files.length} files` : files.join(", ");
}

/** Return a fix in a sentence, as a screen reader says it. */
export function spoken(proposal: Proposal): string {
  const state = { asks: "proven, needs your approval", ready: "proven", checking: "being checked" };
  const where = standing(proposal);
  const stands =
    where === "refused" || where === "gone" ? `not offered: ${proposal.why_not || proposal.state}` : state[where];
  const parts = [
    proposal.title,
    stands,
    proofOf(proposal),
    `${proposal.risk} risk`,
    costOf(proposal),
    `in ${filesOf(proposal)}`,
  ];
  return parts.filter(Boolean).join(", ");
}

/** Return the first line that a part changes or makes, as its name. */
export function partName(hunk: Hunk): string {
  const line = (text: string): string => text.split("\n").find((one) => one.trim()) ?? "";
  const [after, before] = [line(hunk.after).trim(), line(hunk.before).trim()];
  return after || (before ? `without: ${before}` : "blanks only");
}

/** Return where a part is, as "line 3" or "lines 3 to 5". */
export function partPlace(hunk: Hunk): string {
  if (hunk.last < hunk.first) {
    return hunk.first === 1 ? "at the top" : `after line ${hunk.first - 1}`;
  }
  return hunk.last === hunk.first ? `line ${hunk.first}` : `lines ${hunk.first} to ${hunk.last}`;
}
