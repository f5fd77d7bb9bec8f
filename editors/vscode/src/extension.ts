/** The Ambient extension: it starts the server, and gives it the palette, the view, the status bar and previews. */

import * as vscode from "vscode";
import { type LanguageClient, ShowMessageNotification } from "vscode-languageclient/node";
import { bundledServer } from "./bundled";
import { callOf } from "./call";
import { registerCommands } from "./commands";
import { connect, type Connection } from "./connection";
import { createFixes, type Fixes } from "./fixes";
import { showMessage } from "./messages";
import { createPages } from "./pages";
import { createParts } from "./parts";
import { createPreview } from "./preview";
import { createAwaited } from "./progress";
import { createProofPanel } from "./proof";
import { DECIDED, notification, server, type Status, type SwarmEnd } from "./protocol";
import { createStatusItem } from "./status";
import { showReport, swarmEnded } from "./swarm";
import { createView } from "./tree";

let connection: Connection | undefined;

/** What tests of this extension may look at; undefined outside of tests. */
export interface Testing {
  statusText(): string;
  isRunning(): boolean;
  fixes: Fixes;
}

const NOTHING: Status = { state: "idle", runs: [], offers: 0, folders: [] };
const WELCOMED = "ambient.welcomed";

/** Called by VS Code when a Python file is opened or one of our commands is run. The server starts behind it. */
export function activate(context: vscode.ExtensionContext): Testing | undefined {
  const log = vscode.window.createOutputChannel("Ambient", { log: true });
  const trace = vscode.window.createOutputChannel("Ambient Trace", { log: true });
  const status = createStatusItem();
  const bundled = bundledServer(context, log);
  const call: ReturnType<typeof callOf> = (command, options) => callOf(made)(command, options);
  const awaited = createAwaited((runId) => call(server.cancel, { run_id: runId }));
  const fixes = createFixes(async (method, params) => (await made.client()).sendRequest(method, params));
  const parts = createParts();
  const preview = createPreview(parts);
  const proof = createProofPanel(fixes);
  const pages = createPages();
  const view = createView(fixes, parts, context.workspaceState);
  let last = NOTHING;

  const listen = (client: LanguageClient): void => {
    client.onNotification(notification.status, (next: Status) => {
      last = next;
      void vscode.commands.executeCommand("setContext", "ambient.working", next.runs.length > 0);
      status.show(next);
      if (next.offers !== fixes.offers()) {
        // What an earlier session left is there with no word about it.
        void fixes.refresh();
      }
    });
    client.onNotification(ShowMessageNotification.type, showMessage);
    client.onNotification(notification.proposals, () => fixes.refresh());
    client.onNotification(notification.swarm, (end: SwarmEnd) => {
      swarmEnded(context.workspaceState, awaited.titleOf(end.run_id) ?? "", end);
      if (end.report) {
        void showReport(end);
      }
    });
  };
  const made = connect({
    channels: { log, trace },
    status,
    bundled,
    awaited,
    started: listen,
    stopped: () => {
      last = NOTHING;
      void vscode.commands.executeCommand("setContext", "ambient.working", false);
      fixes.clear();
    },
  });
  connection = made;
  context.subscriptions.push(
    ...[made, fixes, preview, proof, pages, view, status, log, trace],
    ...registerCommands(
      {
        connection: made,
        bundled,
        status,
        log,
        pages,
        memory: context.workspaceState,
        lastStatus: () => last,
        group: view.group,
      },
      { call, fixes, parts, preview, proof, awaited },
    ),
    fixes.onDidChange(() => {
      parts.keep(new Set(fixes.all().map((proposal) => proposal.id)));
      const decided = fixes.all().filter((proposal) => DECIDED.has(proposal.state));
      void preview.close(new Set(decided.map((proposal) => proposal.id)));
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => made.restart()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("ambient.path") || change.affectsConfiguration("ambient.enable")) {
        void made.restart();
      }
    }),
  );
  welcome(context);
  const testing = context.extensionMode === vscode.ExtensionMode.Test;
  return testing ? { statusText: status.text, isRunning: made.isRunning, fixes } : undefined;
}

/** Called by VS Code when the window closes; the server is asked to end properly. */
export async function deactivate(): Promise<void> {
  await connection?.stop();
}

/** Open the walkthrough at the first start, unless the user wants no page at a start. */
function welcome(context: vscode.ExtensionContext): void {
  const wanted = vscode.workspace.getConfiguration("workbench").get<string>("startupEditor") !== "none";
  if (wanted && !context.globalState.get<boolean>(WELCOMED)) {
    void context.globalState.update(WELCOMED, true);
    void vscode.commands.executeCommand("ambient.openWalkthrough");
  }
}
