/** The Ambient extension: it starts the server, and gives the palette, the status bar and previews to it. */

import * as vscode from "vscode";
import { createConnection, type Connection } from "./client";
import { registerCommands } from "./commands";
import { createPreview } from "./preview";

let connection: Connection | undefined;

/** What tests of this extension may look at; undefined outside of tests. */
export interface Testing {
  statusText(): string;
  isRunning(): boolean;
}

/** Called by VS Code when a Python file is opened or one of our commands is run. */
export async function activate(context: vscode.ExtensionContext): Promise<Testing | undefined> {
  const made = createConnection();
  const preview = createPreview();
  connection = made;
  const restart = (): Promise<void> => made.stop().then(made.start);
  context.subscriptions.push(
    made,
    preview,
    ...registerCommands(made, preview),
    vscode.workspace.onDidGrantWorkspaceTrust(restart),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("ambient.path") || change.affectsConfiguration("ambient.enable")) {
        void restart();
      }
    }),
  );
  await made.start();
  if (context.extensionMode !== vscode.ExtensionMode.Test) {
    return undefined;
  }
  return { statusText: made.statusItem.text, isRunning: () => made.client() !== undefined };
}

/** Called by VS Code when the window closes; the server is asked to end properly. */
export async function deactivate(): Promise<void> {
  await connection?.stop();
}
