/** A fix beside the text that it changes, in VS Code's own diff editor: its right side has the parts that are taken. */

import * as vscode from "vscode";
import { compose, type Composed, type Parts } from "./parts";
import { type FileText, type Hunk, isOffered, type WholeProposal } from "./protocol";

/** The scheme of the texts on both sides. */
export const SCHEME = "ambient-fix";

/** A place in a preview: a part of a fix. */
export interface Place {
  proposal: WholeProposal;
  hunk: Hunk;
}

/** Shows previews. */
export interface Preview extends vscode.Disposable {
  /** Show what a fix would change: one diff, or the list of all where it touches several files; `hunk` is put in sight. */
  show(proposal: WholeProposal, hunk?: string): Promise<void>;
  /** The fix whose preview is in front. */
  current(): WholeProposal | undefined;
  /** The part at the cursor of the preview in front, or the nearest one. */
  place(): Place | undefined;
  /** Close the previews of these fixes. */
  close(ids: Set<string>): Promise<void>;
}

interface Shown {
  proposal: WholeProposal;
  file: FileText;
}

/** Make the preview. */
export function createPreview(parts: Parts): Preview {
  const shown = new Map<string, Shown>();
  /** The fixes that were shown as a list of files, by the title of its tab: VS Code tells nothing else of such a tab. */
  const lists = new Map<string, WholeProposal>();
  const changed = new vscode.EventEmitter<vscode.Uri>();
  const mark = vscode.window.createTextEditorDecorationType({
    after: { color: new vscode.ThemeColor("editorCodeLens.foreground"), margin: "0 0 0 2em", fontStyle: "italic" },
  });

  const sideOf = (id: string, file: FileText, side: "before" | "after"): vscode.Uri =>
    vscode.Uri.from({ scheme: SCHEME, authority: id, path: `/${file.path}`, query: side });

  const hunksOf = ({ proposal, file }: Shown): Hunk[] => proposal.hunks.filter((hunk) => hunk.path === file.path);

  function composed(one: Shown): Composed {
    const whole = { text: one.file.after ?? "", lines: new Map<string, number>() };
    return compose(one.file, hunksOf(one), (hunk) => parts.isTaken(one.proposal.id, hunk.id)) ?? whole;
  }

  function remember(proposal: WholeProposal, file: FileText): [before: vscode.Uri, after: vscode.Uri] {
    const sides = [sideOf(proposal.id, file, "before"), sideOf(proposal.id, file, "after")] as const;
    for (const side of sides) {
      shown.set(side.toString(), { proposal, file });
      changed.fire(side);
    }
    return [...sides];
  }

  async function show(proposal: WholeProposal, hunkId?: string): Promise<void> {
    const wanted = proposal.hunks.find((hunk) => hunk.id === hunkId);
    const files = wanted ? proposal.texts.filter((file) => file.path === wanted.path) : proposal.texts;
    const sides = files.map((file) => ({ file, sides: remember(proposal, file) }));
    const [first] = sides;
    if (!first || sides.length > 1) {
      const all = sides.map(({ file, sides: [before, after] }) => [vscode.Uri.parse(file.uri), before, after]);
      lists.set(proposal.title, proposal);
      await vscode.commands.executeCommand("vscode.changes", proposal.title, all);
      tell();
      return;
    }
    const line = wanted && composed({ proposal, file: first.file }).lines.get(wanted.id);
    const selection = line === undefined ? undefined : new vscode.Range(line, 0, line, 0);
    await vscode.commands.executeCommand("vscode.diff", ...first.sides, proposal.title, { preview: true, selection });
    decorate();
  }

  /** The fix that a tab shows, be it one diff or a list of them. */
  function shownIn(tab: vscode.Tab | undefined): WholeProposal | undefined {
    if (tab?.input instanceof vscode.TabInputTextDiff) {
      return shown.get(tab.input.modified.toString())?.proposal;
    }
    // The label has the number of files behind the title, in VS Code's own language.
    const titles = [...lists.keys()].filter((title) => tab?.label.startsWith(title));
    return lists.get(titles.sort((one, other) => other.length - one.length)[0] ?? "");
  }

  const current = (): WholeProposal | undefined => shownIn(vscode.window.tabGroups.activeTabGroup.activeTab);

  function place(): Place | undefined {
    const editor = vscode.window.activeTextEditor;
    const one = editor && shown.get(editor.document.uri.toString());
    if (!one) {
      return undefined;
    }
    const own = hunksOf(one);
    const { lines } = composed(one);
    const left = editor.document.uri.query === "before";
    const start = (hunk: Hunk): number => (left ? hunk.first - 1 : (lines.get(hunk.id) ?? 0));
    const cursor = editor.selection.active.line;
    const above = own.filter((hunk) => start(hunk) <= cursor).pop();
    const hunk = above ?? own[0];
    return hunk && { proposal: one.proposal, hunk };
  }

  /** Say at each part whether it is taken, on the right: a narrow window shows that side alone. */
  function decorate(): void {
    for (const editor of vscode.window.visibleTextEditors) {
      const one = shown.get(editor.document.uri.toString());
      if (one && editor.document.uri.query === "after") {
        editor.setDecorations(mark, decorations(one));
      }
    }
  }

  function decorations(one: Shown): vscode.DecorationOptions[] {
    const all = one.proposal.hunks;
    const { lines } = composed(one);
    if (all.length < 2 || lines.size === 0) {
      return [];
    }
    return hunksOf(one).map((hunk) => {
      const line = lines.get(hunk.id) ?? 0;
      const number = `${all.indexOf(hunk) + 1} of ${all.length}`;
      const taken = parts.isTaken(one.proposal.id, hunk.id);
      return {
        range: new vscode.Range(line, 1 << 16, line, 1 << 16),
        hoverMessage: hover(one.proposal.id, hunk.id, taken),
        renderOptions: { after: { contentText: taken ? `✓ ${number}` : `✗ ${number} · left out` } },
      };
    });
  }

  const tell = (): void => {
    const one = current();
    const kind = !one ? "" : !isOffered(one) ? "refused" : one.hunks.length > 1 ? "parts" : "whole";
    void vscode.commands.executeCommand("setContext", "ambient.previewing", kind);
  };
  const listeners = [
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
      onDidChange: changed.event,
      provideTextDocumentContent: (uri) => {
        const one = shown.get(uri.toString());
        if (!one) {
          return "";
        }
        return uri.query === "before" ? (one.file.before ?? "") : composed(one).text;
      },
    }),
    parts.onDidChange((id) => {
      for (const [uri, one] of shown) {
        if (one.proposal.id === id) {
          changed.fire(vscode.Uri.parse(uri));
        }
      }
      decorate();
    }),
    vscode.workspace.onDidChangeTextDocument(({ document }) => document.uri.scheme === SCHEME && decorate()),
    vscode.workspace.onDidCloseTextDocument((document) => shown.delete(document.uri.toString())),
    vscode.window.onDidChangeVisibleTextEditors(decorate),
    vscode.window.tabGroups.onDidChangeTabs(tell),
    vscode.window.tabGroups.onDidChangeTabGroups(tell),
    mark,
    changed,
  ];

  return {
    show,
    place,
    current,
    close: async (ids) => {
      const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
      const own = tabs.filter((tab) => {
        const diff = tab.input instanceof vscode.TabInputTextDiff && tab.input.modified;
        return diff ? diff.scheme === SCHEME && ids.has(diff.authority) : ids.has(shownIn(tab)?.id ?? "");
      });
      if (own.length > 0) {
        await vscode.window.tabGroups.close(own);
      }
    },
    dispose: () => vscode.Disposable.from(...listeners).dispose(),
  };
}

function hover(id: string, hunk: string, taken: boolean): vscode.MarkdownString {
  const argument = encodeURIComponent(JSON.stringify([id, hunk]));
  const words = taken ? "Leave this part out" : "Take this part";
  const text = new vscode.MarkdownString(`[${words}](command:ambient.togglePart?${argument}) (Space)`);
  text.isTrusted = { enabledCommands: ["ambient.togglePart"] };
  return text;
}
