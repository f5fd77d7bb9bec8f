/** Which folder and which file the user means. */

import * as vscode from "vscode";

/** The folder of the open file, the only one, or the one that the user chooses. */
export async function pickFolder(): Promise<vscode.WorkspaceFolder | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length === 0) {
    throw new Error("No folder is open. Open the project's folder.");
  }
  const open = activeUri();
  const own = open && vscode.workspace.getWorkspaceFolder(open);
  return own ?? (folders.length === 1 ? folders[0] : vscode.window.showWorkspaceFolderPick());
}

/** The file in the editor in front. */
export function activeUri(): vscode.Uri | undefined {
  return vscode.window.activeTextEditor?.document.uri;
}
