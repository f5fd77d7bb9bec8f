/** The fixes that the server knows of: kept here, asked for again when it says that they have changed. */

import * as vscode from "vscode";
import { isOffered, request, type Proposal, type WholeProposal } from "./protocol";

/** Asks the server; rejects while none runs. */
export type Ask = <Answer>(method: string, params: object) => Promise<Answer>;

/** The fixes, newest first. */
export interface Fixes extends vscode.Disposable {
  onDidChange: vscode.Event<void>;
  all(): Proposal[];
  /** How many can be taken now. */
  offers(): number;
  /** All about one, with its text and its parts. */
  whole(id: string): Promise<WholeProposal>;
  /** Ask for all again. */
  refresh(): Promise<void>;
  /** Know of none, as no server runs. */
  clear(): void;
}

/** Make the list; it is empty before the first `refresh`. */
export function createFixes(ask: Ask): Fixes {
  const changed = new vscode.EventEmitter<void>();
  const wholes = new Map<string, Promise<WholeProposal>>();
  let proposals: Proposal[] = [];
  let asked = 0;

  function put(next: Proposal[]): void {
    proposals = next;
    wholes.clear();
    void vscode.commands.executeCommand("setContext", "ambient.offers", next.filter(isOffered).length);
    changed.fire();
  }

  return {
    onDidChange: changed.event,
    all: () => proposals,
    offers: () => proposals.filter(isOffered).length,
    whole: (id) => {
      const known = wholes.get(id) ?? ask<WholeProposal>(request.getProposal, { id });
      wholes.set(id, known);
      known.catch(() => wholes.delete(id));
      return known;
    },
    refresh: async () => {
      const number = ++asked;
      try {
        const answer = await ask<{ proposals: Proposal[] }>(request.listProposals, {});
        if (number === asked) {
          put(answer.proposals);
        }
      } catch {
        // The server is going down just now; the next one tells of its fixes itself.
      }
    },
    clear: () => {
      asked++;
      put([]);
    },
    dispose: () => changed.dispose(),
  };
}
