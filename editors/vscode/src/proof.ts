/** The proof panel: one page, shown beside the code, that tells what was shown of a fix. */

import { randomBytes } from "node:crypto";
import * as path from "node:path";
import * as vscode from "vscode";
import type { FindingData, WholeProposal } from "./protocol";
import { proofPage, type Step } from "./proofPage";

/** Shows proofs. */
export interface ProofPanel extends vscode.Disposable {
  show(proposal: WholeProposal): void;
}

/** Make the panel; it opens with the first proof and is used again for the next ones. */
export function createProofPanel(): ProofPanel {
  let panel: vscode.WebviewPanel | undefined;

  function open(): vscode.WebviewPanel {
    const made = vscode.window.createWebviewPanel("ambient.proof", "Proof", vscode.ViewColumn.Active, {
      enableScripts: false,
      enableFindWidget: true,
      localResourceRoots: [],
      enableCommandUris: ["ambient.applyFix", "ambient.dismiss", "ambient.previewFix", "ambient.openPlace"],
    });
    made.onDidDispose(() => (panel = undefined));
    return made;
  }

  return {
    show: (proposal) => {
      panel ??= open();
      panel.title = `Proof: ${proposal.title}`;
      panel.webview.html = proofPage(proposal, evidence(proposal), randomBytes(16).toString("hex"));
      panel.reveal();
    },
    dispose: () => panel?.dispose(),
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
