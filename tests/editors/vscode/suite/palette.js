// Runs every command of the palette once, in a project with a weak hash; then tries the ways to find the server.
// run.mjs presses Enter where an input box opens.

const assert = require("node:assert");
const { chmodSync, mkdirSync, writeFileSync } = require("node:fs");
const path = require("node:path");
const vscode = require("vscode");
const { quickFixes, start, until } = require("./look");

const scenario = JSON.parse(process.env.AMBIENT_SCENARIO);
const run = vscode.commands.executeCommand;

exports.run = async () => {
  const document = await vscode.workspace.openTextDocument(scenario.file);
  await vscode.window.showTextDocument(document);
  const extension = vscode.extensions.getExtension("ambient-lsp.ambient-lsp");
  const ambient = await start();
  await everyCommandIsThere(extension);
  await until("the first fix", () => ambient.statusText() === "Ambient: 1 fix");

  await run("ambient.reviewChanges");
  await run("ambient.reviewFile");
  await run("ambient.reviewWorkspace");
  await until("the end of the reviews", () => ambient.statusText() === "Ambient: 1 fix");
  await run("ambient.cancelRun");
  await run("ambient.doctor");
  await pageIs("Doctor", "bubblewrap: works");
  await run("ambient.showLogs");

  const id = findings(document)[0].data.proposal_id;
  await previewed(id, (await ambient.fixes.whole(id)).hunks[0].id);
  await proven(id);
  await run("ambient.openPlace", document.uri.toString(), 8);
  assert.strictEqual(vscode.window.activeTextEditor.selection.active.line, 7);
  await looked();
  await run("vscode.open", document.uri);
  await run("ambient.approve", id);
  await until("a fix that needs no approval any more", async () =>
    (await quickFixes(document.uri, findings(document)[0].range)).some(
      (action) => action.title.includes("proven") && !action.title.includes("approval"),
    ),
  );

  const editor = await vscode.window.showTextDocument(document);
  editor.selection = new vscode.Selection(findings(document)[0].range.start, findings(document)[0].range.start);
  await run("ambient.dismiss");
  await until("no more finding", () => findings(document).length === 0);
  await run("ambient.restart");
  assert(ambient.isRunning(), "restarted");

  await theServerIsFound(ambient);
};

async function everyCommandIsThere(extension) {
  const commands = await vscode.commands.getCommands(true);
  const missing = extension.packageJSON.contributes.commands
    .map((item) => item.command)
    .filter((id) => !commands.includes(id));
  assert.deepStrictEqual(missing, []);
}

async function previewed(id, hunk) {
  await run("ambient.previewFix", id);
  const input = await until("the diff", () => {
    const open = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    return open instanceof vscode.TabInputTextDiff && open;
  });
  const [before, after] = await Promise.all([input.original, input.modified].map(text));
  assert(before.includes("md5") && after.includes("sha256"), after);
  await run("ambient.togglePart", id, hunk);
  await until("the preview without the part", async () => (await text(input.modified)) === before);
  await assert.rejects(run("ambient.applyFix", id), /left out/);
  await run("ambient.togglePart", id, hunk);
  await until("the preview with the part", async () => (await text(input.modified)) === after);
}

async function proven(id) {
  await run("ambient.showProof", id);
  await until("the proof", () => {
    const open = vscode.window.tabGroups.activeTabGroup.activeTab;
    return open.input instanceof vscode.TabInputWebview && open.label.startsWith("Proof: ");
  });
}

async function looked() {
  for (const grouping of ["Agent", "Risk", "File"]) {
    await run(`ambient.groupBy${grouping}`);
  }
  await run("ambient.refresh");
  await run("ambient.showReport");
  await pageIs("Report", "# Ambient");
  await run("ambient.showMenu");
}

/** A page is in front, rendered, with nothing to save. */
async function pageIs(name, words) {
  const shown = () => vscode.window.tabGroups.activeTabGroup.activeTab;
  await until(name, () => shown().label.includes(name) && shown().input instanceof vscode.TabInputWebview);
  assert(!shown().isDirty);
  assert((await text(vscode.Uri.parse(`ambient-page:/${name}.md`))).includes(words));
}

async function text(uri) {
  return (await vscode.workspace.openTextDocument(uri)).getText();
}

function findings(document) {
  return vscode.languages.getDiagnostics(document.uri).filter((item) => item.source === "ambient");
}

async function theServerIsFound(ambient) {
  const settings = vscode.workspace.getConfiguration("ambient");
  const set = (key, value) => settings.update(key, value, vscode.ConfigurationTarget.Workspace);
  await set("enable", false);
  await until("the switch", () => ambient.statusText() === "Ambient: off" && !ambient.isRunning());

  const folder = path.join(path.dirname(scenario.file), ".venv", "bin");
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "python"), process.env.AMBIENT_PYTHON);
  chmodSync(path.join(folder, "python"), 0o755);
  await set("path", "");
  await set("enable", true);
  await until("the server of the project's environment", () => ambient.isRunning());

  await set("path", "/no/such/ambient");
  await until("the failure", () => ambient.statusText() === "Ambient: off" && !ambient.isRunning());
}
