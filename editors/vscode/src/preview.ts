/** A fix beside the text that it changes, in VS Code's own diff editor. */

import * as vscode from "vscode";
import type { WholeProposal } from "./protocol";

const SCHEME = "ambient-fix";

/** Opens previews. */
export interface Preview extends vscode.Disposable {
  /** Show what a fix would change: one diff, or the list of all where it touches several files. */
  show(proposal: WholeProposal): Promise<void>;
}

/** Make the preview; its texts are kept until the next one is shown. */
export function createPreview(): Preview {
  const texts = new Map<string, string>();
  const provider = vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
    provideTextDocumentContent: (uri) => texts.get(uri.toString()) ?? "",
  });

  function remember(id: string, side: "before" | "after", path: string, text: string | null): vscode.Uri {
    const uri = vscode.Uri.from({ scheme: SCHEME, authority: id, path: `/${path}`, query: side });
    texts.set(uri.toString(), text ?? "");
    return uri;
  }

  async function show(proposal: WholeProposal): Promise<void> {
    texts.clear();
    const sides = proposal.texts.map(({ path, uri, before, after }) => ({
      file: vscode.Uri.parse(uri),
      before: remember(proposal.id, "before", path, before),
      after: remember(proposal.id, "after", path, after),
    }));
    const [first] = sides;
    if (first && sides.length === 1) {
      await vscode.commands.executeCommand("vscode.diff", first.before, first.after, proposal.label);
    } else {
      const all = sides.map((side) => [side.file, side.before, side.after]);
      await vscode.commands.executeCommand("vscode.changes", proposal.label, all);
    }
  }

  return { show, dispose: () => provider.dispose() };
}
