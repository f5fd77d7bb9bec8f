/** Starting and ending reviews. */

import * as vscode from "vscode";
import type { Call } from "./call";
import { activeUri, pickFolder } from "./folders";
import { server, type Run } from "./protocol";

/** Review the file in front. */
export async function reviewFile(call: Call): Promise<void> {
  const uri = activeUri();
  if (!uri) {
    throw new Error("No file is open. Open the file to review.");
  }
  await call(server.reviewFile, { uri: uri.toString() });
}

/** Review a folder, or what has changed in it. */
export async function review(call: Call, command: string): Promise<void> {
  const folder = await pickFolder();
  if (folder) {
    const { message } = await call<{ message?: string }>(command, { uri: folder.uri.toString() });
    if (message) {
      void vscode.window.showInformationMessage(message);
    }
  }
}

/** Cancel what is under way; the user chooses where that is more than one thing. */
export async function cancelRun(call: Call, running: string[], runs: Run[]): Promise<void> {
  if (running.length === 0) {
    void vscode.window.showInformationMessage("No review is under way.");
    return;
  }
  const items = running.map((id) => {
    const run = runs.find((known) => known.id === id);
    const label = run ? run.paths.join(", ") || "the whole folder" : "the task in many files";
    return { label, description: run?.trigger ?? "", id };
  });
  const chosen = items.length === 1 ? items[0] : await vscode.window.showQuickPick(items, { title: "Which review?" });
  if (chosen) {
    await call(server.cancel, { run_id: chosen.id });
  }
}
