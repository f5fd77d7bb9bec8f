/** The menu behind the status item: what is going on, and what can be done about it now. */

import * as vscode from "vscode";
import type { Connection } from "./connection";
import type { Fixes } from "./fixes";
import type { StatusItem } from "./status";

/** Show the menu, and do what is chosen. */
export async function showMenu(
  connection: Connection,
  status: StatusItem,
  fixes: Fixes,
  working: boolean,
): Promise<void> {
  const entry = (icon: string, label: string, command: string): vscode.QuickPickItem & { command: string } => ({
    label,
    command,
    iconPath: new vscode.ThemeIcon(icon),
  });
  const offers = fixes.offers();
  const trusted = vscode.workspace.isTrusted;
  const file = vscode.window.activeTextEditor?.document.languageId === "python";
  const alive = [
    ...(offers > 0
      ? [entry("lightbulb", offers === 1 ? "Show the fix" : `Show the ${offers} fixes`, "ambient.proposals.focus")]
      : []),
    ...(working ? [entry("stop-circle", "Cancel what is under way", "ambient.cancelRun")] : []),
    ...(file ? [entry("search", "Review this file", "ambient.reviewFile")] : []),
    entry("git-commit", "Review changes since the last commit", "ambient.reviewChanges"),
    entry("root-folder", "Review the whole folder", "ambient.reviewWorkspace"),
    ...(trusted ? [entry("files", "Do one task in many files…", "ambient.swarm")] : []),
    entry("pulse", "Doctor: what works here", "ambient.doctor"),
  ];
  const items = [
    ...(connection.isRunning() ? alive : [entry("cloud-download", "Install the server…", "ambient.install")]),
    entry("output", "Show logs", "ambient.showLogs"),
    entry("debug-restart", "Restart the server", "ambient.restart"),
    entry("settings-gear", "Settings", "ambient.openSettings"),
  ];
  const chosen = await vscode.window.showQuickPick(items, { title: status.text(), placeHolder: status.sentence() });
  if (chosen) {
    await vscode.commands.executeCommand(chosen.command);
  }
}
