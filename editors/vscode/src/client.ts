/** The language client: how the server is started, and what it is told at first. */

import * as vscode from "vscode";
import { CloseAction, ErrorAction, LanguageClient } from "vscode-languageclient/node";
import type { Program } from "./discovery";
import type { Awaited } from "./progress";

/** Where the client writes. */
export interface Channels {
  log: vscode.LogOutputChannel;
  trace: vscode.LogOutputChannel;
}

/** Make a client for the server. It is started once; when the server is gone, `closed` is called, and a new one is made. */
export function createClient(
  program: Program,
  channels: Channels,
  awaited: Awaited,
  closed: () => void,
): LanguageClient {
  const cwd = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  const run = { command: program.command, args: [...program.args, "server", "--stdio"], options: cwd ? { cwd } : {} };
  return new LanguageClient("ambient", "Ambient", run, {
    documentSelector: [
      { scheme: "file", language: "python" },
      { scheme: "file", pattern: "**/.ambient.yml" },
    ],
    initializationOptions: { trusted: vscode.workspace.isTrusted },
    outputChannel: channels.log,
    traceOutputChannel: channels.trace,
    initializationFailedHandler: () => false,
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: () => {
        closed();
        return { action: CloseAction.DoNotRestart, handled: true };
      },
    },
    middleware: { handleWorkDoneProgress: (token, told) => awaited.handle(token, told) },
  });
}
