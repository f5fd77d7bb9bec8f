/** The proof panel: one page, shown beside the code, that tells what was shown of a fix. */

import { randomBytes } from "node:crypto";
import * as path from "node:path";
import * as vscode from "vscode";
import type { Fixes } from "./fixes";
import type { FindingData, WholeProposal } from "./protocol";
import { proofPage, type Step } from "./proofPage";

/** Shows proofs. */
export interface ProofPanel extends vscode.Disposable {
  show(proposal: WholeProposal): void;
  /** The fix whose proof is in front. */
  current(): WholeProposal | undefined;
}

/** Make the panel; it opens with the first proof, is used again for the next ones, and follows what becomes of the fix. */
export function createProofPanel(fixes: Fixes): ProofPanel {
  let panel: vscode.WebviewPanel | undefined;
  let shown: WholeProposal | undefined;
  const listener = fixes.onDidChange(() => void follow());

  function open(): vscode.WebviewPanel {
    const made = vscode.window.createWebviewPanel("ambient.proof", "Proof", vscode.ViewColumn.Active, {
      enableScripts: false,
      enableFindWidget: true,
      localResourceRoots: [],
      enableCommandUris: [
        "ambient.applyFix",
        "ambient.approve",
        "ambient.dismiss",
        "ambient.openPlace",
        "ambient.previewFix",
      ],
    });
    made.onDidDispose(() => (panel = shown = undefined));
    return made;
  }

  function draw(proposal: WholeProposal): void {
    if (panel) {
      shown = proposal;
      panel.title = `Proof: ${proposal.title}`;
      panel.webview.html = proofPage(proposal, evidence(proposal), randomBytes(16).toString("hex"));
    }
  }

  async function follow(): Promise<void> {
    const id = shown?.id;
    const known = fixes.all().find((proposal) => proposal.id === id);
    if (!known || !id || (known.state === shown?.state && known.label === shown.label)) {
      return;
    }
    const next = await fixes.whole(id).catch(() => undefined); // a server that is going down: it stays as it is
    if (next && shown?.id === id) {
      draw(next);
    }
  }

  return {
    show: (proposal) => {
      panel ??= open();
      draw(proposal);
      panel.reveal();
    },
    current: () => (panel?.active ? shown : undefined),
    dispose: () => {
      listener.dispose();
      panel?.dispose();
    },
  };
}

/** Return the evidence of a fix's findings, as the editor was told of it with the diagnostics. */
function evidence(proposal: WholeProposal): Step[] {
  const own = new Set(proposal.finding_ids);
  const shown = vscode.languages.getDiagnostics().flatMap(([, diagnostics]) => diagnostics);
  return shown
    .filter((item) => own.has((item as { data?: FindingData }).data?.finding_id ?? ""))
    .flatMap((item) => item.relatedInformation ?? [])
    .map(({ message, location: { uri, range } }) => {
      const line = range.start.line + 1;
      return {
        message,
        place: `${path.posix.basename(uri.path)}:${line}`,
        // Not vscode.open: where VS Code works on another machine, its window would look for the file on its own.
        link: `command:ambient.openPlace?${encodeURIComponent(JSON.stringify([uri.toString(), line]))}`,
      };
    });
}
