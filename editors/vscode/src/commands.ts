/** The commands in the palette. Each asks the user for what it needs, and leaves the work to the server. */

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import type { Connection } from "./client";
import { doctorReport } from "./doctor";
import type { Preview } from "./preview";
import { isOffered, request, server } from "./protocol";
import type { Doctor, FindingData, Proposal, Run, WholeProposal } from "./protocol";

type Execute = <Result>(command: string, options?: object) => Promise<Result>;

/** Register all commands. What a command throws is shown by VS Code, in the server's own words. */
export function registerCommands(connection: Connection, preview: Preview): vscode.Disposable[] {
  const commands: Record<string, (...given: unknown[]) => Promise<void>> = {
    "ambient.reviewFile": () => reviewFile(execute(connection)),
    "ambient.reviewChanges": () => review(execute(connection), server.reviewChanges),
    "ambient.reviewWorkspace": () => review(execute(connection), server.reviewWorkspace),
    "ambient.swarm": (task, target) => swarm(execute(connection), task, target),
    "ambient.previewFix": (id) => previewFix(running(connection), execute(connection), preview, id),
    "ambient.approve": (id) => approve(running(connection), execute(connection), id),
    "ambient.dismiss": () => dismiss(execute(connection)),
    "ambient.cancelRun": () => cancelRun(running(connection), execute(connection), connection.status().runs),
    "ambient.restart": () => connection.stop().then(connection.start),
    "ambient.showLogs": async () => connection.log.show(),
    "ambient.doctor": () => doctor(connection),
  };
  return Object.entries(commands).map(([id, run]) => vscode.commands.registerCommand(id, run));
}

function running(connection: Connection): LanguageClient {
  const client = connection.client();
  if (!client) {
    throw new Error("Ambient is not running. “Ambient: Restart the Server” starts it; “Ambient: Show Logs” says more.");
  }
  return client;
}

function execute(connection: Connection): Execute {
  const client = running(connection);
  return (command, options = {}) =>
    client.sendRequest("workspace/executeCommand", { command, arguments: [options] });
}

async function reviewFile(call: Execute): Promise<void> {
  const uri = activeUri();
  if (!uri) {
    throw new Error("No file is open. Open the file to review.");
  }
  await call(server.reviewFile, { uri: uri.toString() });
}

async function review(call: Execute, command: string): Promise<void> {
  const folder = await pickFolder();
  if (folder) {
    const { message } = await call<{ message?: string }>(command, { uri: folder.uri.toString() });
    if (message) {
      void vscode.window.showInformationMessage(message);
    }
  }
}

/** Ask for the task and the folder, unless a keybinding gave them; the server shows the rest. */
async function swarm(call: Execute, givenTask: unknown, givenTarget: unknown): Promise<void> {
  const folder = await pickFolder();
  const title = "Do One Task in Many Files";
  const task =
    typeof givenTask === "string"
      ? givenTask
      : await vscode.window.showInputBox({ title, prompt: "What is to be done in each file?", ignoreFocusOut: true });
  if (!folder || !task?.trim()) {
    return;
  }
  const open = activeUri();
  const path = open && vscode.workspace.getWorkspaceFolder(open) ? vscode.workspace.asRelativePath(open, false) : "";
  const value = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : ".";
  const prompt = "In which folder? A model is sent its files. Nothing is changed before you have reviewed it.";
  const targetDir =
    typeof givenTarget === "string"
      ? givenTarget
      : await vscode.window.showInputBox({ title, prompt, value, ignoreFocusOut: true });
  if (targetDir !== undefined) {
    await call(server.swarm, { uri: folder.uri.toString(), task, targetDir });
  }
}

async function previewFix(client: LanguageClient, call: Execute, preview: Preview, given: unknown): Promise<void> {
  const id = await pickProposal(client, "Which fix?", () => true, given);
  if (!id) {
    return;
  }
  const proposal = await client.sendRequest<WholeProposal>(request.getProposal, { id });
  if (proposal.stale) {
    throw new Error(proposal.stale);
  }
  await preview.show(proposal);
  if (!isOffered(proposal)) {
    void vscode.window.showInformationMessage(proposal.why_not || `This fix is ${proposal.state}.`);
  } else if ((await vscode.window.showInformationMessage(proposal.label, "Apply")) === "Apply") {
    await call(server.applyFix, { proposal_id: id });
  }
}

async function approve(client: LanguageClient, call: Execute, given: unknown): Promise<void> {
  const waits = (proposal: Proposal): boolean => isOffered(proposal) && proposal.reasons.length > 0;
  const id = await pickProposal(client, "Which fix do you approve?", waits, given);
  if (id) {
    await call(server.approve, { proposal_id: id });
    void vscode.window.showInformationMessage("Approved. The fix is in the light bulb's menu.");
  }
}

async function dismiss(call: Execute): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const line = editor?.selection.active.line ?? -1;
  const here = (editor ? vscode.languages.getDiagnostics(editor.document.uri) : [])
    .filter((item) => item.source === "ambient" && item.range.start.line <= line && line <= item.range.end.line)
    // vscode-languageclient keeps the server's `data` on the diagnostics that it makes.
    .map((item) => ({ label: item.message, data: (item as { data?: FindingData }).data }));
  if (here.length === 0) {
    throw new Error("Ambient has no finding on this line. Put the cursor on one.");
  }
  const chosen = here.length === 1 ? here[0] : await vscode.window.showQuickPick(here, { title: "Which finding?" });
  if (!chosen?.data) {
    return;
  }
  const reason = await vscode.window.showInputBox({ title: chosen.label, prompt: "Why? It may be empty." });
  if (reason !== undefined) {
    await call(server.dismiss, { id: chosen.data.finding_id, reason });
  }
}

async function cancelRun(client: LanguageClient, call: Execute, running: string[]): Promise<void> {
  if (running.length === 0) {
    void vscode.window.showInformationMessage("No review is under way.");
    return;
  }
  const { runs } = await client.sendRequest<{ runs: Run[] }>(request.listRuns, {});
  const items = running.map((id) => {
    const run = runs.find((known) => known.id === id);
    return { label: run?.paths.join(", ") || "the whole folder", description: run?.trigger ?? "", id };
  });
  const chosen = items.length === 1 ? items[0] : await vscode.window.showQuickPick(items, { title: "Which review?" });
  if (chosen) {
    await call(server.cancel, { run_id: chosen.id });
  }
}

async function doctor(connection: Connection): Promise<void> {
  const answer = await execute(connection)<Doctor>(server.doctor);
  connection.log.info(doctorReport(answer));
  connection.log.show();
}

/** Let the user choose a proposal, those of the open file first; undefined when nothing was chosen. */
async function pickProposal(
  client: LanguageClient,
  title: string,
  fits: (proposal: Proposal) => boolean,
  given: unknown,
): Promise<string | undefined> {
  if (typeof given === "string") {
    return given;
  }
  const { proposals } = await client.sendRequest<{ proposals: Proposal[] }>(request.listProposals, {});
  const open = activeUri();
  const path = open && vscode.workspace.asRelativePath(open, false);
  const items = proposals
    .filter(fits)
    .map(({ id, label, state, files }) => ({ label, description: state, detail: files.join(", "), id, files }))
    .sort((one, other) => Number(other.files.includes(path ?? "")) - Number(one.files.includes(path ?? "")));
  if (items.length === 0) {
    void vscode.window.showInformationMessage("There is no such fix now. “Ambient: Review This File” looks for some.");
    return undefined;
  }
  return (await vscode.window.showQuickPick(items, { title, matchOnDetail: true }))?.id;
}

async function pickFolder(): Promise<vscode.WorkspaceFolder | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length === 0) {
    throw new Error("No folder is open. Open the project's folder.");
  }
  const open = activeUri();
  const own = open && vscode.workspace.getWorkspaceFolder(open);
  return own ?? (folders.length === 1 ? folders[0] : vscode.window.showWorkspaceFolderPick());
}

function activeUri(): vscode.Uri | undefined {
  return vscode.window.activeTextEditor?.document.uri;
}
