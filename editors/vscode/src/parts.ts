/** The parts of a fix that are wanted: all of them until somebody leaves one out. */

import * as vscode from "vscode";
import type { FileText, Hunk, WholeProposal } from "./protocol";

/** Which parts of which fixes are left out. */
export interface Parts {
  /** Told the id of a fix whose choice has changed. */
  onDidChange: vscode.Event<string>;
  isTaken(proposalId: string, hunkId: string): boolean;
  take(proposalId: string, hunkId: string, taken: boolean): void;
  /** The ids of the parts that are wanted, or undefined where that is all of them. */
  chosen(proposal: WholeProposal): string[] | undefined;
  /** Forget all choices but those of these fixes. */
  keep(proposalIds: Set<string>): void;
}

/** Make an empty choice: everything is taken. */
export function createParts(): Parts {
  const leftOut = new Map<string, Set<string>>();
  const changed = new vscode.EventEmitter<string>();
  const isTaken = (id: string, hunk: string): boolean => !leftOut.get(id)?.has(hunk);
  return {
    onDidChange: changed.event,
    isTaken,
    take: (id, hunk, taken) => {
      if (isTaken(id, hunk) === taken) {
        return;
      }
      const out = leftOut.get(id) ?? new Set<string>();
      leftOut.set(id, out);
      if (taken) {
        out.delete(hunk);
      } else {
        out.add(hunk);
      }
      changed.fire(id);
    },
    chosen: (proposal) => {
      const all = proposal.hunks;
      const taken = all.filter((hunk) => isTaken(proposal.id, hunk.id));
      return taken.length === all.length ? undefined : taken.map((hunk) => hunk.id);
    },
    keep: (ids) => {
      for (const id of [...leftOut.keys()].filter((known) => !ids.has(known))) {
        leftOut.delete(id);
      }
    },
  };
}

/** A file as it would be with some of the parts, and where each part is in it: lines count from 0. */
export interface Composed {
  text: string;
  /** The first line of each part, taken or not, by its id. */
  lines: Map<string, number>;
}

/**
 * Put the wanted parts of one file together.
 *
 * Undefined where the file is not the one that the parts were made for: then only the whole fix can be shown.
 */
export function compose(file: FileText, hunks: Hunk[], isTaken: (hunk: Hunk) => boolean): Composed | undefined {
  const before = splitLines(file.before ?? "");
  const own = hunks.filter((hunk) => hunk.path === file.path).sort((one, other) => one.first - other.first);
  const result: string[] = [];
  const lines = new Map<string, number>();
  let next = 0;
  for (const hunk of own) {
    const [first, end] = [hunk.first - 1, hunk.last];
    if (first < next || before.slice(first, end).join("") !== hunk.before) {
      return undefined;
    }
    result.push(...before.slice(next, first));
    lines.set(hunk.id, result.length);
    result.push(...(isTaken(hunk) ? splitLines(hunk.after) : before.slice(first, end)));
    next = end;
  }
  result.push(...before.slice(next));
  return { text: result.join(""), lines };
}

function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}
