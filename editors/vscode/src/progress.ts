/** Progress of what the user has begun: as a message with a Cancel button, where VS Code would hide it in the status bar. */

import * as vscode from "vscode";
import type {
  ProgressToken,
  WorkDoneProgressBegin,
  WorkDoneProgressEnd,
  WorkDoneProgressReport,
} from "vscode-languageclient/node";

type Told = WorkDoneProgressBegin | WorkDoneProgressReport | WorkDoneProgressEnd;

/** What the user has begun and waits for: its name by its run id. */
export interface Awaited {
  expect(runId: string, title: string): void;
  /** The name of what was begun. */
  titleOf(runId: string): string | undefined;
  /** The language client's middleware, in place of its own progress: the status item tells of the other runs. */
  handle(token: ProgressToken, told: Told): void;
}

/** The server's tokens are this and the run's id. */
const PREFIX = "ambient-";

/** Make it; `cancel` ends a run at the server. */
export function createAwaited(cancel: (runId: string) => Promise<unknown>): Awaited {
  const titles = new Map<string, string>();
  const shown = new Map<string, (told: Told) => void>();

  function open(runId: string, title: string): void {
    void vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title, cancellable: true },
      (progress, cancelled) => {
        let percentage = 0;
        return new Promise<void>((resolve) => {
          cancelled.onCancellationRequested(() => {
            resolve();
            void cancel(runId);
          });
          shown.set(runId, (told) => {
            if (told.kind === "end") {
              resolve();
            } else {
              const increment = Math.max((told.percentage ?? 0) - percentage, 0);
              percentage += increment;
              progress.report({ message: told.message, increment });
            }
          });
        });
      },
    );
  }

  return {
    expect: (runId, title) => titles.set(runId, title),
    titleOf: (runId) => titles.get(runId),
    handle: (token, told) => {
      const runId = String(token).slice(PREFIX.length);
      const title = titles.get(runId);
      if (title === undefined) {
        return;
      }
      if (told.kind === "begin") {
        open(runId, title);
      }
      shown.get(runId)?.(told);
      if (told.kind === "end") {
        shown.delete(runId);
      }
    },
  };
}
