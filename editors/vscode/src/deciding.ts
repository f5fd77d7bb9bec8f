/** What a person decides about a fix: to look at it, take it or parts of it, approve it, or never see it again. */

import * as vscode from "vscode";
import type { Call } from "./call";
import type { Fixes } from "./fixes";
import { activeUri } from "./folders";
import type { Parts } from "./parts";
import type { Preview } from "./preview";
import type { Awaited } from "./progress";
import type { ProofPanel } from "./proof";
import { type FindingData, isOffered, needsApproval, type Proposal, server, type WholeProposal } from "./protocol";
import { isFixNode } from "./tree";
import { description, filesOf, shortTitle, standing } from "./words";

/** What deciding needs. */
export interface Desk {
  call: Call;
  fixes: Fixes;
  parts: Parts;
  preview: Preview;
  proof: ProofPanel;
  awaited: Awaited;
}

/** Show a fix beside the text as it is; `hunk` is the part to show. */
export async function previewFix({ fixes, preview, proof }: Desk, given: unknown, hunk: unknown): Promise<void> {
  const proposal = await chosenFix(fixes, proof.current(), "Which fix?", () => true, given);
  if (!proposal) {
    return;
  }
  if (proposal.stale) {
    throw new Error(proposal.stale);
  }
  await preview.show(
    proposal,
    isFixNode(given) && given.kind === "part" ? given.hunk.id : typeof hunk === "string" ? hunk : undefined,
  );
  if (!isOffered(proposal)) {
    void tellWhyNot(proof, proposal);
  }
}

/** Say why a fix is not offered; not waited for, as the answer may be none. */
async function tellWhyNot(proof: ProofPanel, proposal: WholeProposal): Promise<void> {
  if (await vscode.window.showInformationMessage(whyNot(proposal), "Show the Proof")) {
    proof.show(proposal);
  }
}

function whyNot(proposal: Proposal): string {
  const state = standing(proposal) === "checking" ? "still being checked" : proposal.state;
  return proposal.why_not || `This fix is ${state}.`;
}

/** Show the proof of a fix. */
export async function showProof({ fixes, preview, proof }: Desk, given: unknown): Promise<void> {
  const proposal = await chosenFix(fixes, preview.current(), "Whose proof?", () => true, given);
  if (proposal) {
    proof.show(proposal);
  }
}

/** Apply a fix, or the parts of it that are taken: then the server proves these again first. */
export async function applyFix(desk: Desk, given: unknown): Promise<void> {
  const { call, fixes, parts, awaited } = desk;
  const proposal = await chosenFix(fixes, inFront(desk), "Which fix do you want to apply?", isOffered, given);
  if (!proposal) {
    return;
  }
  const hunks = parts.chosen(proposal);
  if (!hunks) {
    await call(server.applyFix, { proposal_id: proposal.id });
  } else if (hunks.length === 0) {
    throw new Error("All parts of this fix are left out. Take one at least, or dismiss the fix.");
  } else {
    const { run_id: runId } = await call<{ run_id: string }>(server.applyPart, { proposal_id: proposal.id, hunks });
    const count = `${hunks.length} of ${proposal.hunks.length} parts`;
    awaited.expect(runId, `Proving ${count} of “${proposal.title}”`);
  }
}

/** Take a part of a fix, or leave it out: the given one, or the one at the cursor of the preview. */
export function togglePart({ parts, preview }: Desk, id: unknown, hunk: unknown): void {
  const place = preview.place();
  const [proposalId, hunkId] =
    typeof id === "string" && typeof hunk === "string" ? [id, hunk] : [place?.proposal.id, place?.hunk.id];
  if (proposalId && hunkId) {
    parts.take(proposalId, hunkId, !parts.isTaken(proposalId, hunkId));
  }
}

/** Approve a fix, so that it can be applied without a question. */
export async function approve(desk: Desk, given: unknown): Promise<void> {
  const { call, fixes } = desk;
  const proposal = await chosenFix(fixes, inFront(desk), "Which fix do you approve?", needsApproval, given);
  if (!proposal) {
    return;
  }
  await call(server.approve, { proposal_id: proposal.id });
  void offerToApply(call, proposal);
}

async function offerToApply(call: Call, { id, title }: Proposal): Promise<void> {
  if ((await vscode.window.showInformationMessage(`Approved: ${title}`, "Apply")) === "Apply") {
    await call(server.applyFix, { proposal_id: id });
  }
}

/** Never show a fix again, or the finding at the cursor where none is named; ask why. */
export async function dismiss(desk: Desk, given: unknown): Promise<void> {
  const { call, fixes } = desk;
  const known = idOf(given) ?? inFront(desk)?.id;
  const what = known ? { id: known, title: (await fixes.whole(known)).title } : await findingAtCursor();
  if (!what) {
    return;
  }
  const prompt = "Why? It is remembered, and may be empty.";
  const reason = await vscode.window.showInputBox({ title: `Dismiss: ${what.title}`, prompt });
  if (reason !== undefined) {
    await call(server.dismiss, { id: what.id, reason });
  }
}

async function findingAtCursor(): Promise<{ id: string; title: string } | undefined> {
  const editor = vscode.window.activeTextEditor;
  const line = editor?.selection.active.line ?? -1;
  const here = (editor ? vscode.languages.getDiagnostics(editor.document.uri) : [])
    .filter((item) => item.source === "ambient" && item.range.start.line <= line && line <= item.range.end.line)
    // vscode-languageclient keeps the server's `data` on the diagnostics that it makes.
    .map((item) => ({ label: item.message, data: (item as { data?: FindingData }).data }));
  if (here.length === 0) {
    throw new Error("Ambient has no finding on this line. Put the cursor on one.");
  }
  const chosen = here.length === 1 ? here[0] : await vscode.window.showQuickPick(here, { title: "Which finding?" });
  return chosen?.data && { id: chosen.data.finding_id, title: chosen.label };
}

function idOf(given: unknown): string | undefined {
  if (typeof given === "string") {
    return given;
  }
  return isFixNode(given) ? given.proposal.id : undefined;
}

/** The fix that the user looks at: its preview or its proof is in front. */
function inFront({ preview, proof }: Desk): WholeProposal | undefined {
  return preview.current() ?? proof.current();
}

/** The fix that is meant: the given one, the one in `front`, or the one that the user chooses. */
async function chosenFix(
  fixes: Fixes,
  front: WholeProposal | undefined,
  title: string,
  fits: (proposal: Proposal) => boolean,
  given: unknown,
): Promise<WholeProposal | undefined> {
  const seen = front && (fixes.all().find(({ id }) => id === front.id) ?? front); // it may stand otherwise by now
  if (seen && idOf(given) === undefined && !isOffered(seen) && !fits(seen)) {
    throw new Error(whyNot(seen)); // another one than the one that is looked at is not meant
  }
  const id = idOf(given) ?? (seen && fits(seen) ? seen.id : await pickFix(fixes, title, fits));
  return id ? fixes.whole(id) : undefined;
}

/** Let the user choose a fix, those of the open file first; undefined when nothing was chosen. */
async function pickFix(
  fixes: Fixes,
  title: string,
  fits: (proposal: Proposal) => boolean,
): Promise<string | undefined> {
  await fixes.refresh();
  const open = activeUri()?.toString();
  const here = (proposal: Proposal): number => Number(proposal.uris.some((uri) => uri === open));
  const proposals = fixes
    .all()
    .filter(fits)
    .sort((one, other) => here(other) - here(one));
  if (proposals.length === 0) {
    void vscode.window.showInformationMessage("There is no such fix now. “Ambient: Review This File” looks for some.");
    return undefined;
  }
  const items = proposals.map((proposal) => ({
    label: shortTitle(proposal),
    description: description(proposal),
    detail: filesOf(proposal),
    id: proposal.id,
  }));
  return (await vscode.window.showQuickPick(items, { title, matchOnDescription: true, matchOnDetail: true }))?.id;
}
