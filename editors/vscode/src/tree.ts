/** The Ambient view: the fixes in groups, each with its state, proof and cost, and the parts that it has. */

import * as path from "node:path";
import * as vscode from "vscode";
import type { Fixes } from "./fixes";
import type { Parts } from "./parts";
import type { Hunk, Proposal } from "./protocol";
import { costOf, description, icon, partName, partPlace, proofOf, shortTitle, spoken, standing } from "./words";

/** How the fixes can be grouped. */
export const GROUPINGS = ["file", "agent", "risk"] as const;
export type Grouping = (typeof GROUPINGS)[number];

interface Group {
  kind: "group";
  name: string;
  fixes: Proposal[];
  refused: boolean;
}

interface Fix {
  kind: "fix";
  proposal: Proposal;
  /** Whether the row itself has to say which file it is about. */
  named: boolean;
}

interface Part {
  kind: "part";
  proposal: Proposal;
  hunk: Hunk;
  number: number;
  count: number;
}

/** What the view's rows are; commands in the view's menus get one of them. */
export type Node = Group | Fix | Part;

const SEVERAL = "Several files";
const RISKS = ["high", "medium", "low"];
const ID = "ambient.proposals";
const MOST = 5;

/** Whether a command's argument is a row of this view that is about a fix. */
export function isFixNode(value: unknown): value is Fix | Part {
  return typeof value === "object" && value !== null && "kind" in value && "proposal" in value;
}

/** Make the view; it shows what `fixes` has, and ticks what `parts` takes. */
export function createView(
  fixes: Fixes,
  parts: Parts,
  memory: vscode.Memento,
): vscode.Disposable & { group(by: Grouping): void } {
  const changed = new vscode.EventEmitter<Node | undefined>();
  let grouping = memory.get<Grouping>(ID, "file");

  const provider: vscode.TreeDataProvider<Node> = {
    onDidChangeTreeData: changed.event,
    getChildren: async (node) => {
      if (!node) {
        return groups(fixes.all(), grouping);
      }
      if (node.kind === "group") {
        const named = grouping !== "file" || node.refused;
        return node.fixes.map((proposal) => ({ kind: "fix", proposal, named }));
      }
      if (node.kind === "part") {
        return [];
      }
      const { hunks } = await fixes.whole(node.proposal.id);
      return hunks.map((hunk, index) => ({
        kind: "part",
        proposal: node.proposal,
        hunk,
        number: index + 1,
        count: hunks.length,
      }));
    },
    getTreeItem: (node) => {
      if (node.kind === "group") {
        return groupItem(node, grouping);
      }
      return node.kind === "fix" ? fixItem(node) : partItem(node, parts.isTaken(node.proposal.id, node.hunk.id));
    },
  };

  const view = vscode.window.createTreeView(ID, {
    treeDataProvider: provider,
    showCollapseAll: true,
    manageCheckboxStateManually: true,
  });
  const show = (): void => {
    const offers = fixes.offers();
    view.badge =
      offers > 0 ? { value: offers, tooltip: offers === 1 ? "1 proven fix" : `${offers} proven fixes` } : undefined;
    changed.fire(undefined);
  };
  const listeners = [
    fixes.onDidChange(show),
    parts.onDidChange(() => changed.fire(undefined)),
    view.onDidChangeCheckboxState(({ items }) => {
      for (const [node, state] of items) {
        if (node.kind === "part") {
          parts.take(node.proposal.id, node.hunk.id, state === vscode.TreeItemCheckboxState.Checked);
        }
      }
    }),
    view,
    changed,
  ];
  const tell = (): void => void vscode.commands.executeCommand("setContext", "ambient.grouping", grouping);
  tell();
  return {
    group: (by) => {
      grouping = by;
      void memory.update(ID, by);
      tell();
      changed.fire(undefined);
    },
    dispose: () => vscode.Disposable.from(...listeners).dispose(),
  };
}

function groups(proposals: Proposal[], grouping: Grouping): Group[] {
  const found = new Map<string, Group>();
  const refused: Group = { kind: "group", name: "Not offered", fixes: [], refused: true };
  for (const proposal of proposals) {
    const where = standing(proposal);
    if (where === "refused") {
      refused.fixes.push(proposal);
    } else if (where !== "gone") {
      const name = grouping === "file" ? fileGroup(proposal) : proposal[grouping];
      const group = found.get(name) ?? { kind: "group", name, fixes: [], refused: false };
      found.set(name, group);
      group.fixes.push(proposal);
    }
  }
  const rank = (name: string): number => (grouping === "risk" ? RISKS.indexOf(name) : 0);
  const sorted = [...found.values()].sort(
    (one, other) => rank(one.name) - rank(other.name) || one.name.localeCompare(other.name),
  );
  return refused.fixes.length > 0 ? [...sorted, refused] : sorted;
}

function fileGroup({ files }: Proposal): string {
  return files.length === 1 ? (files[0] ?? "") : SEVERAL;
}

function groupItem(group: Group, grouping: Grouping): vscode.TreeItem {
  const { Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
  const file = grouping === "file" && !group.refused && group.name !== SEVERAL ? group.fixes[0]?.uris[0] : undefined;
  const label = file
    ? path.posix.basename(group.name)
    : grouping === "risk" && !group.refused
      ? `${capital(group.name)} risk`
      : group.name;
  const item = new vscode.TreeItem(label, group.refused ? Collapsed : Expanded);
  item.id = `group ${grouping} ${group.refused} ${group.name}`;
  item.contextValue = "group";
  const folder = file ? path.posix.dirname(group.name) : ".";
  item.description = folder === "." ? String(group.fixes.length) : `${folder} · ${group.fixes.length}`;
  item.accessibilityInformation = {
    label: `${label}, ${group.fixes.length === 1 ? "1 fix" : `${group.fixes.length} fixes`}`,
  };
  if (file) {
    item.resourceUri = vscode.Uri.parse(file);
    item.iconPath = vscode.ThemeIcon.File;
  }
  return item;
}

function fixItem({ proposal, named }: Fix): vscode.TreeItem {
  const { Collapsed, None } = vscode.TreeItemCollapsibleState;
  const where = standing(proposal);
  const offered = where === "ready" || where === "asks";
  const item = new vscode.TreeItem(shortTitle(proposal), offered ? Collapsed : None);
  item.id = `fix ${proposal.id}`;
  item.description = description(proposal, named);
  item.iconPath = icon(proposal);
  item.contextValue = `fix ${where}`;
  item.tooltip = [
    proposal.title,
    proposal.why_not || proofOf(proposal),
    `${proposal.agent}, ${proposal.risk} risk`,
    costOf(proposal),
    ...(where === "asks" ? few(proposal.reasons.map((reason) => `It asks because: ${reason}`)) : []),
    ...few(proposal.files),
  ]
    .filter(Boolean)
    .join("\n");
  item.accessibilityInformation = { label: spoken(proposal) };
  item.command = { command: "ambient.previewFix", title: "Preview", arguments: [proposal.id] };
  return item;
}

function partItem({ proposal, hunk, number, count }: Part, taken: boolean): vscode.TreeItem {
  const item = new vscode.TreeItem(partName(hunk));
  item.id = `part ${proposal.id} ${hunk.id}`;
  item.description = proposal.files.length > 1 ? `${hunk.path}, ${partPlace(hunk)}` : partPlace(hunk);
  item.contextValue = "part";
  const lines = (text: string, mark: string): string => text.trimEnd().replace(/^/gm, `${mark} `);
  const [before, after] = [hunk.before && lines(hunk.before, "-"), hunk.after && lines(hunk.after, "+")];
  item.tooltip = [`Part ${number} of ${count}`, before, after].filter(Boolean).join("\n");
  const choice = count > 1 ? (taken ? ", taken" : ", left out") : "";
  item.accessibilityInformation = {
    label: `Part ${number} of ${count}, ${partPlace(hunk)}: ${partName(hunk)}${choice}`,
  };
  item.command = { command: "ambient.previewFix", title: "Preview", arguments: [proposal.id, hunk.id] };
  if (count > 1) {
    item.checkboxState = {
      state: taken ? vscode.TreeItemCheckboxState.Checked : vscode.TreeItemCheckboxState.Unchecked,
      tooltip: taken
        ? "Taken with this fix. Untick to leave it out."
        : "Left out. The rest is proven again before it is applied.",
    };
  }
  return item;
}

/** The first of many lines, so that a tooltip stays smaller than the window. The proof has all of them. */
function few(lines: string[]): string[] {
  const rest = lines.length - MOST;
  return rest > 0 ? [...lines.slice(0, MOST), `and ${rest} more`] : lines;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
