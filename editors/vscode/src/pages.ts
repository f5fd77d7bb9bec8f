/** Pages of Markdown, shown rendered: an unsaved document would show its signs, and ask to be saved when it is closed. */

import * as vscode from "vscode";

const SCHEME = "ambient-page";

/** Shows pages. */
export interface Pages extends vscode.Disposable {
  /** Show a page in place of the last one of this name. */
  show(name: string, markdown: string): Promise<void>;
}

/** Make the pages. */
export function createPages(): Pages {
  const texts = new Map<string, string>();
  const changed = new vscode.EventEmitter<vscode.Uri>();
  const provider = vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
    onDidChange: changed.event,
    provideTextDocumentContent: (uri) => texts.get(uri.path) ?? "",
  });
  return {
    show: async (name, markdown) => {
      const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${name}.md` });
      texts.set(uri.path, markdown);
      changed.fire(uri);
      await vscode.commands.executeCommand("markdown.showPreview", uri);
    },
    dispose: () => vscode.Disposable.from(provider, changed).dispose(),
  };
}
