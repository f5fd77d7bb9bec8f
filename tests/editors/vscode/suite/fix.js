// Takes a fix as a user of VS Code would: open, type, save, wait for the finding, quick fix, save.
// Runs inside the extension host; an exception is exit code 1.

const assert = require("node:assert");
const vscode = require("vscode");
const { code, quickFixes, until } = require("./look");

const scenario = JSON.parse(process.env.AMBIENT_SCENARIO);

exports.run = async () => {
  const document = await vscode.workspace.openTextDocument(scenario.file);
  const editor = await vscode.window.showTextDocument(document);
  const ambient = await vscode.extensions.getExtension("ambient-lsp.ambient-lsp").activate();
  assert(ambient.isRunning(), "the server runs");

  await editor.edit((edit) => edit.insert(document.lineAt(document.lineCount - 1).range.end, scenario.typed));
  assert(await document.save(), "saved");

  const finding = await until("the finding with a proven fix", () =>
    vscode.languages
      .getDiagnostics(document.uri)
      .find((item) => item.source === "ambient" && code(item) === scenario.rule && item.message.endsWith("(fix proven)")),
  );
  await until("the status", () => ambient.statusText() === "Ambient: 1 fix");

  const fix = await until("the quick fix", async () =>
    (await quickFixes(document.uri, finding.range)).find(
      (action) => action.title.startsWith(scenario.action) && action.title.includes("proven") && !action.disabled,
    ),
  );
  console.log("taking", fix.title);
  const before = document.version;
  if (fix.edit) {
    assert(await vscode.workspace.applyEdit(fix.edit), "applied");
  } else {
    await vscode.commands.executeCommand(fix.command.command, ...fix.command.arguments);
  }
  await until("the fix in the file", () => document.version > before);
  assert(await document.save(), "saved with the fix");
  await until("no more fix in the status", () => !ambient.statusText().includes("fix"));
};
