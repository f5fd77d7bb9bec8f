// Takes fixes as a user of VS Code would, one after the other: open, type, save, wait for the finding, quick fix, save.
// Runs inside the extension host; an exception is exit code 1.

const assert = require("node:assert");
const { appendFileSync, existsSync, readFileSync } = require("node:fs");
const vscode = require("vscode");
const { code, quickFixes, start, until } = require("./look");

exports.run = async () => {
  for (const scenario of JSON.parse(process.env.AMBIENT_SCENARIOS)) {
    const title = await take(scenario);
    appendFileSync(process.env.AMBIENT_REPORT, `${JSON.stringify({ name: scenario.name, title })}\n`);
  }
};

async function take(scenario) {
  const document = await vscode.workspace.openTextDocument(scenario.file);
  const editor = await vscode.window.showTextDocument(document);
  const ambient = await start();

  await editor.edit((edit) => edit.insert(document.lineAt(document.lineCount - 1).range.end, scenario.typed));
  assert(await document.save(), "saved");

  const finding = await until(`the finding with a proven fix: ${scenario.name}`, () =>
    vscode.languages
      .getDiagnostics(document.uri)
      .find((item) => item.source === "ambient" && code(item) === scenario.rule && item.message.endsWith("(fix proven)")),
  );
  assert.strictEqual(finding.data.state, "offered");
  assert(existsSync(finding.code.target.path), "the code links to the rule's page");
  await until("the status", () => ambient.statusText() === "Ambient: 1 fix");

  const fix = await until("the quick fix", async () =>
    (await quickFixes(document.uri, finding.range)).find(
      (action) => action.title.startsWith(scenario.action) && action.title.includes("proven") && !action.disabled,
    ),
  );
  console.log("taking", fix.title);
  const before = { version: document.version, onDisk: onDisk(scenario.target) };
  if (fix.edit) {
    assert(await vscode.workspace.applyEdit(fix.edit), "applied");
  } else {
    await vscode.commands.executeCommand(fix.command.command, ...fix.command.arguments);
  }
  if (scenario.target === scenario.file) {
    await until("the fix", () => document.version > before.version);
    assert(await document.save(), "saved with the fix");
  } else {
    // VS Code saves it by itself, as it does after a refactoring, and shows it.
    await until("the fix on the disk", () => onDisk(scenario.target) !== before.onDisk);
    await until("the fixed file", () => vscode.window.activeTextEditor?.document.uri.path === scenario.target);
  }
  await until("no more fix in the status", () => !ambient.statusText().includes("fix"));
  return fix.title;
}

/** Return what a file has; nothing where there is none, and while it is only made. */
function onDisk(file) {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
