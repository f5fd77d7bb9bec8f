/** The commands, by their ids. Each asks the user for what it needs, and leaves the work to the server. */

import * as vscode from "vscode";
import type { Bundled } from "./bundled";
import type { Connection } from "./connection";
import { applyFix, approve, type Desk, dismiss, previewFix, showProof, togglePart } from "./deciding";
import { doctorReport } from "./doctor";
import { showMenu } from "./menu";
import type { Pages } from "./pages";
import { request, server, type Doctor, type Run, type Status } from "./protocol";
import { cancelRun, review, reviewFile } from "./reviews";
import type { StatusItem } from "./status";
import { orderSwarm } from "./swarm";
import type { Grouping } from "./tree";

/** What the commands work with, beside the desk where fixes are decided about. */
export interface Office {
  connection: Connection;
  bundled: Bundled;
  status: StatusItem;
  log: vscode.LogOutputChannel;
  pages: Pages;
  memory: vscode.Memento;
  lastStatus(): Status;
  group(by: Grouping): void;
}

/** Register all commands. What a command throws is shown by VS Code, in the server's own words. */
export function registerCommands(office: Office, desk: Desk): vscode.Disposable[] {
  const { connection, status } = office;
  const { call, fixes } = desk;
  const commands: Record<string, (...given: unknown[]) => unknown> = {
    "ambient.reviewFile": () => reviewFile(call),
    "ambient.reviewChanges": () => review(call, server.reviewChanges),
    "ambient.reviewWorkspace": () => review(call, server.reviewWorkspace),
    "ambient.swarm": (...given) => swarm(office, desk, given),
    "ambient.swarmHere": (...given) => swarm(office, desk, given),
    "ambient.previewFix": (fix, hunk) => previewFix(desk, fix, hunk),
    "ambient.showProof": (fix) => showProof(desk, fix),
    "ambient.openPlace": (uri, line) => openPlace(String(uri), Number(line)),
    "ambient.applyFix": (fix) => applyFix(desk, fix),
    "ambient.togglePart": (fix, hunk) => togglePart(desk, fix, hunk),
    "ambient.approve": (fix) => approve(desk, fix),
    "ambient.dismiss": (fix) => dismiss(desk, fix),
    "ambient.cancelRun": () => cancel(office, desk),
    "ambient.refresh": () => fixes.refresh(),
    "ambient.groupByFile": () => office.group("file"),
    "ambient.groupByAgent": () => office.group("agent"),
    "ambient.groupByRisk": () => office.group("risk"),
    "ambient.showMenu": () => showMenu(connection, status, fixes, office.lastStatus().runs.length > 0),
    "ambient.showReport": () => showReport(office, desk),
    "ambient.install": () => install(office),
    "ambient.restart": () => connection.restart(),
    "ambient.showLogs": () => office.log.show(),
    "ambient.doctor": () => doctor(office, desk),
    "ambient.openSettings": () =>
      vscode.commands.executeCommand("workbench.action.openSettings", "@ext:ambient-lsp.ambient-lsp"),
    "ambient.openWalkthrough": () =>
      vscode.commands.executeCommand("workbench.action.openWalkthrough", "ambient-lsp.ambient-lsp#start", false),
  };
  return Object.entries(commands).map(([id, run]) => vscode.commands.registerCommand(id, run));
}

async function swarm({ memory }: Office, { call, awaited }: Desk, given: unknown[]): Promise<void> {
  const begun = await orderSwarm(call, memory, given);
  if (begun) {
    awaited.expect(begun.runId, begun.task);
  }
}

async function cancel({ connection, lastStatus }: Office, { call }: Desk): Promise<void> {
  const client = await connection.client();
  const { runs } = await client.sendRequest<{ runs: Run[] }>(request.listRuns, {});
  await cancelRun(call, lastStatus().runs, runs);
}

async function openPlace(uri: string, line: number): Promise<void> {
  const selection = new vscode.Range(line - 1, 0, line - 1, 0);
  await vscode.window.showTextDocument(vscode.Uri.parse(uri), { selection });
}

async function showReport({ pages }: Office, { call }: Desk): Promise<void> {
  const { markdown } = await call<{ markdown: string }>(server.showReport);
  await pages.show("Report", markdown);
}

async function install({ bundled, connection }: Office): Promise<void> {
  if (await bundled.install()) {
    await connection.restart();
  }
}

async function doctor({ connection, log, pages }: Office, { call }: Desk): Promise<void> {
  let report: string;
  try {
    report = doctorReport(await call<Doctor>(server.doctor));
  } catch (error) {
    if (connection.isRunning()) {
      throw error;
    }
    await offerServer(); // not thrown: VS Code shows nothing of what a button of the walkthrough throws
    return;
  }
  log.info(report);
  await pages.show("Doctor", `# What works here\n\n\`\`\`text\n${report}\n\`\`\`\n`);
  void vscode.commands.executeCommand("setContext", "ambient.examined", true);
}

async function offerServer(): Promise<void> {
  const does: Record<string, string> = {
    Start: "ambient.restart",
    Install: "ambient.install",
    "Show Logs": "ambient.showLogs",
  };
  const message = "Doctor is a part of Ambient's server, and that is not running.";
  const chosen = await vscode.window.showWarningMessage(message, ...Object.keys(does));
  if (chosen) {
    await vscode.commands.executeCommand(does[chosen] ?? "");
  }
}
