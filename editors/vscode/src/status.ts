/** The status bar item: whether Ambient is at work, what it offers, and whether it can prove anything here. */

import * as vscode from "vscode";
import type { Status } from "./protocol";

/** What the item shows: the server's last word, or why there is none. */
export interface StatusItem extends vscode.Disposable {
  /** Show what the server said. */
  show(status: Status): void;
  /** Show that no server runs; `reason` is a sentence. */
  off(reason: string): void;
  /** Show that the server is being started; `reason` is a sentence. */
  starting(reason: string): void;
  /** What is shown, without icons. */
  text(): string;
  /** What is shown, as a sentence. */
  sentence(): string;
}

interface Words {
  icon: string;
  words: string;
  sentence: string;
  warns?: boolean;
}

/** Make the item; it is shown from the start. */
export function createStatusItem(): StatusItem {
  const item = vscode.window.createStatusBarItem("ambient.status", vscode.StatusBarAlignment.Right, 50);
  let last: Words;
  item.name = "Ambient";
  item.command = "ambient.showMenu";
  const set = (next: Words): void => {
    last = next;
    item.text = `$(${next.icon}) ${next.words}`;
    item.tooltip = next.sentence;
    item.accessibilityInformation = { label: `${next.words}. ${next.sentence}`, role: "button" };
    item.backgroundColor = next.warns ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
    item.show();
  };
  const starting = (sentence: string): void => set({ icon: "loading~spin", words: "Ambient: starting", sentence });
  starting("Ambient is starting.");
  return {
    show: (status) => set(wording(status)),
    off: (sentence) => set({ icon: "circle-slash", words: "Ambient: off", sentence, warns: true }),
    starting,
    text: () => last.words,
    sentence: () => last.sentence,
    dispose: () => item.dispose(),
  };
}

/** Return what to show; the first thing that a user should know of comes first. */
function wording(status: Status): Words {
  const { folders, offers } = status;
  const problem = folders.find((folder) => folder.problem)?.problem;
  if (problem) {
    return { icon: "warning", words: "Ambient: problem", sentence: problem, warns: true };
  }
  if (folders.some((folder) => !folder.ready)) {
    return { icon: "loading~spin", words: "Ambient: starting", sentence: "Ambient is starting." };
  }
  if (status.state === "working") {
    return checking(status);
  }
  const spent = folders.find((folder) => folder.model === "spent");
  const sandbox = folders.find((folder) => folder.sandbox)?.sandbox;
  if (offers > 0) {
    const words = offers === 1 ? "1 fix" : `${offers} fixes`;
    const sentence = `Proven in ${sandbox || "a sandbox"}, ready to be taken.`;
    return spent
      ? {
          icon: "lightbulb",
          words: `Ambient: ${words}, budget spent`,
          sentence: `${sentence} ${spent.model_message}`,
          warns: true,
        }
      : { icon: "lightbulb", words: `Ambient: ${words}`, sentence };
  }
  if (folders.length > 0 && !sandbox) {
    const sentence =
      "No sandbox is known to work here, so nothing can be proven and no fix is offered. Doctor tells more.";
    return { icon: "shield", words: "Ambient: no sandbox", sentence, warns: true };
  }
  if (spent) {
    const sentence = `No model is asked any more. ${spent.model_message}`;
    return { icon: "credit-card", words: "Ambient: budget spent", sentence, warns: true };
  }
  const alone = folders.find((folder) => folder.model === "unavailable");
  if (alone) {
    return {
      icon: "check",
      words: "Ambient: local only",
      sentence: `Only local analyzers look. ${alone.model_message}`,
    };
  }
  return {
    icon: "check",
    words: "Ambient",
    sentence: sandbox ? `Fixes are proven in ${sandbox}.` : "No folder is open.",
  };
}

function checking({ progress, runs }: Status): Words {
  const many = progress && progress.total > 1;
  const sentence = runs.length > 1 ? `${runs.length} reviews are under way.` : "A review is under way.";
  return {
    icon: "sync~spin",
    words: many ? `Ambient: checking ${progress.done} of ${progress.total}` : "Ambient: checking",
    sentence: progress?.message ? `${sentence} The newest: ${progress.message}` : sentence,
  };
}
