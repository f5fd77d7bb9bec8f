/** The language client: one server for the window, started, restarted and stopped here and nowhere else. */

import * as vscode from "vscode";
import { LanguageClient, State } from "vscode-languageclient/node";
import { findServer, INSTALL } from "./discovery";
import { isOffered, notification, request, type Proposal, type Status } from "./protocol";
import { createStatusItem, type StatusItem } from "./status";

/** The running server's client, or undefined; commands ask here each time, as a restart makes a new one. */
export interface Connection extends vscode.Disposable {
  client(): LanguageClient | undefined;
  /** The server's last `ambient/status`. */
  status(): Status;
  statusItem: StatusItem;
  log: vscode.LogOutputChannel;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const NOTHING: Status = { state: "idle", runs: [], folders: [] };

/** Make the connection; nothing runs before `start`. */
export function createConnection(): Connection {
  const log = vscode.window.createOutputChannel("Ambient", { log: true });
  const trace = vscode.window.createOutputChannel("Ambient Trace", { log: true });
  const statusItem = createStatusItem();
  let client: LanguageClient | undefined;
  let status = NOTHING;
  let offers = 0;

  async function start(): Promise<void> {
    if (!vscode.workspace.getConfiguration("ambient").get<boolean>("enable", true)) {
      statusItem.off("Ambient is switched off by the setting ambient.enable.");
      return;
    }
    const program = await findServer();
    if (!program) {
      statusItem.off(`Ambient is not installed. Install it with: ${INSTALL}`);
      void tellNotFound();
      return;
    }
    log.info(`Starting ${[program.command, ...program.args].join(" ")} (from ${program.where}).`);
    const made = createClient(program.command, program.args, log, trace);
    made.onNotification(notification.status, (next: Status) => {
      status = next;
      void showStatus(made);
    });
    made.onNotification(notification.applied, () => void showStatus(made));
    made.onDidChangeState((change) => {
      if (change.newState === State.Stopped && client === made) {
        statusItem.off("The server has stopped. The log says why; “Ambient: Restart the Server” starts it again.");
      }
    });
    client = made;
    try {
      await made.start();
    } catch (error) {
      log.error(String(error));
      statusItem.off("The server could not be started; the log says why.");
      void tellNotStarted(program.command, log);
    }
  }

  async function stop(): Promise<void> {
    const old = client;
    client = undefined;
    status = NOTHING;
    offers = 0;
    // A server that failed to start cannot be stopped, and says so.
    await old?.dispose(5_000).catch((error: unknown) => log.error(String(error)));
  }

  async function showStatus(asked: LanguageClient): Promise<void> {
    statusItem.show(status, offers);
    const counted = await countOffers(asked);
    if (asked === client) {
      offers = counted;
      statusItem.show(status, offers);
    }
  }

  return {
    client: () => (client?.state === State.Running ? client : undefined),
    status: () => status,
    statusItem,
    log,
    start,
    stop,
    dispose: () => {
      for (const part of [statusItem, log, trace]) {
        part.dispose();
      }
    },
  };
}

function createClient(
  command: string,
  args: string[],
  log: vscode.LogOutputChannel,
  trace: vscode.LogOutputChannel,
): LanguageClient {
  const cwd = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  const run = { command, args: [...args, "server", "--stdio"], options: cwd ? { cwd } : {} };
  return new LanguageClient("ambient", "Ambient", run, {
    documentSelector: [
      { scheme: "file", language: "python" },
      { scheme: "file", pattern: "**/.ambient.yml" },
    ],
    initializationOptions: { trusted: vscode.workspace.isTrusted },
    outputChannel: log,
    traceOutputChannel: trace,
  });
}

async function countOffers(client: LanguageClient): Promise<number> {
  try {
    const answer = await client.sendRequest<{ proposals: Proposal[] }>(request.listProposals, {});
    return answer.proposals.filter(isOffered).length;
  } catch {
    // The server may be going down just now; then the next status tells.
    return 0;
  }
}

async function tellNotFound(): Promise<void> {
  const [copy, settings] = ["Copy Command", "Open Settings"];
  const message = `Ambient is not installed in this workspace's Python environment, nor on PATH. Install it with: ${INSTALL}`;
  const answer = await vscode.window.showWarningMessage(message, copy, settings);
  if (answer === copy) {
    await vscode.env.clipboard.writeText(INSTALL);
  } else if (answer === settings) {
    await vscode.commands.executeCommand("workbench.action.openSettings", "ambient.path");
  }
}

async function tellNotStarted(command: string, log: vscode.LogOutputChannel): Promise<void> {
  const answer = await vscode.window.showErrorMessage(`Ambient could not be started as ${command}.`, "Show Logs");
  if (answer) {
    log.show();
  }
}
