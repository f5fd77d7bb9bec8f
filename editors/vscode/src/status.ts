/** The status bar item: whether Ambient is at work, what it offers, and whether it can prove anything here. */

import * as vscode from "vscode";
import type { Status } from "./protocol";

/** What the item shows: the server's last word, or why there is none. */
export interface StatusItem extends vscode.Disposable {
  /** Show what the server said, and how many fixes can be taken. */
  show(status: Status, offers: number): void;
  /** Show that no server runs; `reason` is a sentence. */
  off(reason: string): void;
  /** What is shown, without icons. */
  text(): string;
}

/** Make the item; it is shown from the start. */
export function createStatusItem(): StatusItem {
  const item = vscode.window.createStatusBarItem("ambient.status", vscode.StatusBarAlignment.Right, 50);
  item.name = "Ambient";
  item.command = {
    title: "Ambient's commands",
    command: "workbench.action.quickOpen",
    arguments: [">Ambient: "],
  };
  const set = (icon: string, words: string, tooltip: string, warning = false): void => {
    item.text = `$(${icon}) ${words}`;
    item.tooltip = tooltip;
    item.backgroundColor = warning ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
    item.show();
  };
  set("loading~spin", "Ambient", "Ambient is starting.");
  return {
    show: (status, offers) => {
      const [icon, words, tooltip, warning] = wording(status, offers);
      set(icon, words, tooltip, warning);
    },
    off: (reason) => set("circle-slash", "Ambient: off", reason, true),
    text: () => item.text.replace(/^\$\([^)]*\) /, ""),
    dispose: () => item.dispose(),
  };
}

function wording(status: Status, offers: number): [icon: string, words: string, tooltip: string, warning: boolean] {
  const problem = status.folders.find((folder) => folder.problem)?.problem;
  if (problem) {
    return ["warning", "Ambient: problem", problem, true];
  }
  if (status.folders.some((folder) => !folder.ready)) {
    return ["loading~spin", "Ambient", "Ambient is starting.", false];
  }
  if (status.state === "working") {
    return ["sync~spin", "Ambient: checking", `${status.runs.length} review(s) under way.`, false];
  }
  const spent = status.folders.find((folder) => folder.model === "spent");
  const sandbox = status.folders.find((folder) => folder.sandbox)?.sandbox;
  if (offers > 0) {
    const words = offers === 1 ? "1 fix" : `${offers} fixes`;
    const tooltip = `Proven in ${sandbox || "a sandbox"}, ready to be taken.`;
    return spent
      ? ["lightbulb", `Ambient: ${words}, budget spent`, `${tooltip} ${spent.model_message}`, true]
      : ["lightbulb", `Ambient: ${words}`, tooltip, false];
  }
  if (status.folders.length > 0 && !sandbox) {
    const why = "No sandbox is known to work here, so nothing can be proven and no fix is offered. Doctor tells more.";
    return ["shield", "Ambient: no sandbox", why, true];
  }
  if (spent) {
    return ["credit-card", "Ambient: budget spent", `No model is asked any more. ${spent.model_message}`, true];
  }
  const alone = status.folders.find((folder) => folder.model === "unavailable");
  if (alone) {
    return ["check", "Ambient: local only", `Only local analyzers look. ${alone.model_message}`, false];
  }
  return ["check", "Ambient", sandbox ? `Fixes are proven in ${sandbox}.` : "No folder is open.", false];
}
