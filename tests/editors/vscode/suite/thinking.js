// Saves a file that a model thinks about, writes down everything that is shown of it, and takes the proven fix.
// Runs inside the extension host; an exception is exit code 1.

const assert = require("node:assert");
const { appendFileSync, readFileSync } = require("node:fs");
const vscode = require("vscode");
const { code, quickFixes, start, until } = require("./look");

const scenario = JSON.parse(process.env.AMBIENT_SCENARIO);

exports.run = async () => {
  const document = await vscode.workspace.openTextDocument(scenario.file);
  const editor = await vscode.window.showTextDocument(document);
  const ambient = await start();
  await editor.edit((edit) => edit.insert(document.lineAt(document.lineCount - 1).range.end, scenario.typed));

  const listening = vscode.languages.onDidChangeDiagnostics((changed) => {
    if (changed.uris.some((uri) => uri.toString() === document.uri.toString())) {
      look(document);
    }
  });
  assert(await document.save(), "saved");
  const finding = await until("the proven fix", () =>
    findings(document).find((item) => code(item) === scenario.rule && item.message.endsWith("(fix proven)")),
  );
  assert.strictEqual(finding.data.state, "offered");
  await until("the status", () => ambient.statusText() === "Ambient: 1 fix");
  listening.dispose();
  look(document); // VS Code gathers changes before it tells of them
  assert(!readFileSync(scenario.file, "utf8").includes("sum("), "nothing was written before the fix was taken");

  const fix = await until("the quick fix", async () =>
    (await quickFixes(document.uri, finding.range)).find(
      (action) => action.title.startsWith(scenario.action) && action.title.includes("proven") && !action.disabled,
    ),
  );
  const before = document.version;
  if (fix.edit) {
    assert(await vscode.workspace.applyEdit(fix.edit), "applied");
  } else {
    await vscode.commands.executeCommand(fix.command.command, ...fix.command.arguments);
  }
  await until("the fix", () => document.version > before);
  assert(await document.save(), "saved with the fix");
  await until("no more fix in the status", () => !ambient.statusText().includes("fix"));
  report({ title: fix.title });
};

function findings(document) {
  return vscode.languages.getDiagnostics(document.uri).filter((item) => item.source === "ambient");
}

function look(document) {
  report({ at: Date.now() / 1000, messages: findings(document).map((item) => item.message) });
}

function report(line) {
  appendFileSync(process.env.AMBIENT_REPORT, `${JSON.stringify(line)}\n`);
}
