/** The one server of the window: started, started again when it has died, and stopped, one thing after the other. */

import * as vscode from "vscode";
import { type LanguageClient, State } from "vscode-languageclient/node";
import type { Bundled } from "./bundled";
import { type Channels, createClient } from "./client";
import { findServer } from "./discovery";
import type { Awaited } from "./progress";
import type { StatusItem } from "./status";

/** What others may do with the server. */
export interface Connection extends vscode.Disposable {
  /** The running server's client, once what is under way is done; rejects with a sentence for the user. */
  client(): Promise<LanguageClient>;
  isRunning(): boolean;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** What the connection needs. `started` is called with each new client before it starts, `stopped` when it is gone. */
export interface Parts {
  channels: Channels;
  status: StatusItem;
  bundled: Bundled;
  awaited: Awaited;
  started(client: LanguageClient): void;
  stopped(): void;
}

/** Milliseconds before each new start of a server that has died. After the last one it stays off. */
const DELAYS = [1_000, 2_000, 5_000, 15_000, 30_000];
/** A server that has lived this long, in milliseconds, starts anew with the first delay. */
const HEALTHY = 300_000;
const STOP_MILLISECONDS = 5_000;

/** Make the connection, and start the server in the background. */
export function connect(parts: Parts): Connection {
  const { status, channels } = parts;
  let client: LanguageClient | undefined;
  let queue: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let deaths = 0;

  function enqueue(work: () => Promise<void>): Promise<void> {
    queue = queue.then(work).catch((error: unknown) => channels.log.error(String(error)));
    return queue;
  }

  async function start(): Promise<void> {
    clearTimeout(timer);
    if (!vscode.workspace.getConfiguration("ambient").get<boolean>("enable", true)) {
      status.off("Ambient is switched off by the setting ambient.enable.");
      return;
    }
    status.starting("Ambient is starting.");
    const program = await findServer(await parts.bundled.interpreter(), (line) => channels.log.info(line));
    if (!program) {
      status.off("Ambient's server is not installed. Click to install it.");
      void tellNotFound();
      return;
    }
    channels.log.info(`Starting ${[program.command, ...program.args].join(" ")} (from ${program.where}).`);
    const since = Date.now();
    const made = createClient(program, channels, parts.awaited, () => died(made, since));
    parts.started(made);
    client = made;
    try {
      await made.start();
      void vscode.commands.executeCommand("setContext", "ambient.running", true);
    } catch (error) {
      channels.log.error(String(error));
      gone();
      status.off("The server could not be started; the log says why.");
      void tellNotStarted(program.command);
    }
  }

  async function stop(): Promise<void> {
    clearTimeout(timer);
    const old = client;
    gone();
    // A server that failed to start cannot be stopped, and says so.
    await old?.dispose(STOP_MILLISECONDS).catch((error: unknown) => channels.log.error(String(error)));
  }

  function gone(): void {
    client = undefined;
    void vscode.commands.executeCommand("setContext", "ambient.running", false);
    parts.stopped();
  }

  /** A server that ended by itself is started again, later each time: one that dies at once must not fill the machine. */
  function died(which: LanguageClient, since: number): void {
    if (which !== client) {
      return;
    }
    const starting = which.state === State.Starting;
    gone();
    if (starting) {
      return; // `start` tells of it
    }
    deaths = Date.now() - since > HEALTHY ? 0 : deaths;
    const delay = DELAYS[deaths++];
    channels.log.error("The server has died.");
    if (delay === undefined) {
      status.off(
        "The server died again and again; the log says why. “Ambient: Restart the Server” tries it once more.",
      );
      void tellDied();
      return;
    }
    status.starting(`The server has died, and is started again in ${delay / 1000} s.`);
    timer = setTimeout(() => void enqueue(start), delay);
  }

  async function tellNotFound(): Promise<void> {
    const [install, settings] = ["Install", "Open Settings"];
    const message = "Ambient's server was not found: not in this workspace's Python environment, nor on PATH.";
    const answer = await vscode.window.showWarningMessage(message, install, settings);
    if (answer === install) {
      await vscode.commands.executeCommand("ambient.install");
    } else if (answer === settings) {
      await vscode.commands.executeCommand("workbench.action.openSettings", "ambient.path");
    }
  }

  async function tellNotStarted(command: string): Promise<void> {
    if (await vscode.window.showErrorMessage(`Ambient could not be started as ${command}.`, "Show Logs")) {
      channels.log.show();
    }
  }

  async function tellDied(): Promise<void> {
    const answer = await vscode.window.showErrorMessage(
      "Ambient's server died again and again.",
      "Restart",
      "Show Logs",
    );
    if (answer === "Restart") {
      await restart();
    } else if (answer) {
      channels.log.show();
    }
  }

  function restart(): Promise<void> {
    deaths = 0;
    return enqueue(() => stop().then(start));
  }

  void enqueue(start);
  return {
    client: async () => {
      await queue;
      if (client?.state !== State.Running) {
        throw new Error(
          "Ambient is not running. “Ambient: Restart the Server” starts it; “Ambient: Show Logs” says more.",
        );
      }
      return client;
    },
    isRunning: () => client?.state === State.Running,
    restart,
    stop: () => enqueue(stop),
    dispose: () => clearTimeout(timer),
  };
}
