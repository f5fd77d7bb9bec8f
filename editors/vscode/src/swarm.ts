/** One task in many files: asked for in a few steps, and begun only after it was said what would be sent. */

import * as path from "node:path";
import * as vscode from "vscode";
import type { Call } from "./call";
import { pickFolder } from "./folders";
import { server, type SwarmEnd, type SwarmPlan } from "./protocol";

const TITLE = "Do One Task in Many Files";
const HISTORY = "ambient.swarm.tasks";
const UNFINISHED = "ambient.swarm.unfinished";
const REMEMBERED = 20;
const GO_ON = "Go on with the one that was stopped";
const OPEN_REPORT = "Open the Report";
const TEMPLATES = [
  "Add a docstring to every public function and class",
  "Add type annotations to every function",
  "Replace string formatting with f-strings",
  "Replace os.path with pathlib",
  "Give every exception message what happened and what to do next",
];

/** What the server is asked to do. `resume` goes on with an earlier batch, which knows its own task and files. */
interface Order {
  uri: string;
  task: string;
  resume?: "last";
  targetDir?: string[];
  changed?: boolean;
  maxWorkers?: number;
  budget?: number;
}

/** Begin a batch as the user says; its run id, or undefined where they thought better of it. */
export async function orderSwarm(
  call: Call,
  memory: vscode.Memento,
  given: unknown[],
): Promise<{ runId: string; task: string } | undefined> {
  const [first, second] = given;
  if (typeof first === "string" && typeof second === "string") {
    // A keybinding's own words: whoever wrote it has decided.
    const folder = await pickFolder();
    return folder && begin(call, { uri: folder.uri.toString(), task: first, targetDir: [second] });
  }
  const selected = selection(first, second);
  const folder = selected[0] ? vscode.workspace.getWorkspaceFolder(selected[0]) : await pickFolder();
  const unfinished = memory.get<string>(UNFINISHED);
  const task = folder && (await askTask(memory, selected.length > 0 ? undefined : unfinished));
  if (!folder || !task) {
    return undefined;
  }
  if (task === GO_ON) {
    return begin(call, { uri: folder.uri.toString(), task: unfinished ?? "", resume: "last" });
  }
  const where = selected.length > 0 ? { targetDir: selected.map(String) } : await askTarget(folder);
  const order = where && (await confirm(call, { uri: folder.uri.toString(), task, ...where }));
  if (!order) {
    return undefined;
  }
  const known = memory.get<string[]>(HISTORY, []).filter((one) => one !== task);
  await memory.update(HISTORY, [task, ...known].slice(0, REMEMBERED));
  return begin(call, order);
}

async function begin(call: Call, order: Order): Promise<{ runId: string; task: string }> {
  const { run_id: runId } = await call<{ run_id: string }>(server.swarm, order);
  return { runId, task: order.task };
}

/** Remember whether a batch came to its end, so that it can be gone on with. */
export function swarmEnded(memory: vscode.Memento, task: string, end: SwarmEnd): void {
  const unfinished = end.state === "cancelled" || end.state === "stopped";
  void memory.update(UNFINISHED, unfinished ? task : undefined);
}

/** Show the report of a batch; after it was cancelled only when it is wanted. */
export async function showReport(end: SwarmEnd): Promise<void> {
  if (end.state === "cancelled" && !(await vscode.window.showInformationMessage(end.message, OPEN_REPORT))) {
    return;
  }
  await vscode.commands.executeCommand("markdown.showPreview", vscode.Uri.file(end.report));
}

/** What is selected in the Explorer, which hands over the item that was clicked, and all that are selected. */
function selection(clicked: unknown, all: unknown): vscode.Uri[] {
  const uris = Array.isArray(all) && all.length > 0 ? all : [clicked];
  return uris.filter((one): one is vscode.Uri => one instanceof vscode.Uri);
}

/** Let the user write the task, or choose an earlier one or a template. */
function askTask(memory: vscode.Memento, unfinished: string | undefined): Promise<string | undefined> {
  const pick = vscode.window.createQuickPick();
  const separator = (label: string): vscode.QuickPickItem => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const history = memory
    .get<string[]>(HISTORY, [])
    .map((label) => ({ label, iconPath: new vscode.ThemeIcon("history") }));
  const templates = TEMPLATES.map((label) => ({ label, iconPath: new vscode.ThemeIcon("lightbulb") }));
  const goOn = unfinished
    ? [{ label: GO_ON, description: unfinished, iconPath: new vscode.ThemeIcon("debug-continue") }]
    : [];
  const known = [
    ...goOn,
    ...(history.length > 0 ? [separator("earlier"), ...history] : []),
    separator("templates"),
    ...templates,
  ];
  const show = (): void => {
    const written = pick.value.trim();
    const own = {
      label: written,
      description: "what you wrote",
      alwaysShow: true,
      iconPath: new vscode.ThemeIcon("edit"),
    };
    pick.items = written ? [own, ...known] : known;
  };
  pick.title = TITLE;
  pick.placeholder = "What is to be done in each file?";
  pick.ignoreFocusOut = true;
  show();
  return new Promise((resolve) => {
    pick.onDidChangeValue(show);
    pick.onDidAccept(() => {
      // Who types and presses Enter at once is before the list that has the words on top.
      const chosen = pick.activeItems.find((item) => item.kind !== vscode.QuickPickItemKind.Separator);
      resolve(chosen?.label ?? pick.value.trim());
      pick.hide();
    });
    pick.onDidHide(() => {
      resolve(undefined);
      pick.dispose();
    });
    pick.show();
  });
}

/** Let the user choose where: the folder of the open file comes first. */
async function askTarget(folder: vscode.WorkspaceFolder): Promise<Partial<Order> | undefined> {
  const open = vscode.window.activeTextEditor?.document.uri;
  const inside =
    open && vscode.workspace.getWorkspaceFolder(open) === folder
      ? path.posix.dirname(vscode.workspace.asRelativePath(open, false))
      : ".";
  const items = [
    ...(inside === "."
      ? []
      : [{ label: inside, description: "the open file's folder", icon: "folder", where: { targetDir: [inside] } }]),
    { label: "The whole project", description: folder.name, icon: "root-folder", where: { targetDir: ["."] } },
    {
      label: "What has changed since the last commit",
      description: "",
      icon: "git-commit",
      where: { targetDir: ["."], changed: true },
    },
    { label: "Another folder…", description: "", icon: "folder-opened", where: undefined },
  ].map((item) => ({ ...item, iconPath: new vscode.ThemeIcon(item.icon) }));
  const chosen = await vscode.window.showQuickPick(items, {
    title: TITLE,
    placeHolder: "In which files?",
    ignoreFocusOut: true,
  });
  if (!chosen || chosen.where) {
    return chosen?.where;
  }
  const options = {
    canSelectFiles: true,
    canSelectFolders: true,
    canSelectMany: true,
    defaultUri: folder.uri,
    title: TITLE,
  };
  const uris = await vscode.window.showOpenDialog(options);
  return uris && { targetDir: uris.map(String) };
}

/** Say which files a model would be sent, and how many tokens that is; undefined where the user leaves it. */
async function confirm(call: Call, order: Order): Promise<Order | undefined> {
  const location = vscode.ProgressLocation.Window;
  const title = "Ambient: looking which files are meant";
  const plan = await vscode.window.withProgress({ location, title }, () =>
    call<SwarmPlan>(server.swarm, { ...order, dryRun: true }),
  );
  if (plan.files.length === 0) {
    void vscode.window.showInformationMessage("There is no file to work on there.");
    return undefined;
  }
  for (;;) {
    const chosen = await vscode.window.showQuickPick(planItems(plan, order), {
      title: `${TITLE}: ${order.task}`,
      placeHolder: "Nothing has been sent yet, and nothing is changed before you have reviewed it.",
      ignoreFocusOut: true,
    });
    if (!chosen) {
      return undefined;
    }
    if (!chosen.does) {
      continue;
    }
    if (chosen.does === "start") {
      return order;
    }
    const value = await askNumber(chosen.label, chosen.does === "maxWorkers" ? plan.workers : plan.budget);
    order = value === undefined ? order : { ...order, [chosen.does]: value };
  }
}

type PlanItem = vscode.QuickPickItem & { does?: "start" | "maxWorkers" | "budget" };

function planItems(plan: SwarmPlan, order: Order): PlanItem[] {
  const tokens = (count: number): string => `about ${count.toLocaleString("en")} tokens`;
  const files = plan.files.length === 1 ? "1 file" : `${plan.files.length} files`;
  const budget = order.budget || plan.budget;
  return [
    {
      label: `Start: ${files}`,
      description: `${tokens(plan.tokens)} of code`,
      iconPath: new vscode.ThemeIcon("play"),
      does: "start",
    },
    {
      label: "Files at once",
      description: String(order.maxWorkers || plan.workers),
      iconPath: new vscode.ThemeIcon("server-process"),
      does: "maxWorkers",
    },
    {
      label: "Most tokens",
      description: budget ? budget.toLocaleString("en") : "no limit",
      iconPath: new vscode.ThemeIcon("credit-card"),
      does: "budget",
    },
    // They are told, and do nothing: whoever clicks one to see what it is has not begun anything.
    { label: "these files are sent", kind: vscode.QuickPickItemKind.Separator },
    ...plan.files.map((file): PlanItem => ({ label: file.path, description: tokens(file.tokens) })),
  ];
}

async function askNumber(title: string, now: number): Promise<number | undefined> {
  const validateInput = (text: string): string | undefined =>
    /^[1-9]\d*$/.test(text.trim()) ? undefined : "A whole number above 0.";
  const answer = await vscode.window.showInputBox({ title, value: String(now), validateInput, ignoreFocusOut: true });
  return answer === undefined ? undefined : Number(answer);
}
