// Saves a file with nobody at the model's address, and then with a host there whose budget is spent at once.
// Runs inside the extension host; an exception is exit code 1.

const assert = require("node:assert");
const { writeFileSync } = require("node:fs");
const path = require("node:path");
const vscode = require("vscode");
const { start, until } = require("./look");

const scenario = JSON.parse(process.env.AMBIENT_SCENARIO);

exports.run = async () => {
  const document = await vscode.workspace.openTextDocument(scenario.file);
  const editor = await vscode.window.showTextDocument(document);
  const ambient = await start();
  const save = async () => {
    await editor.edit((edit) => edit.insert(document.lineAt(document.lineCount - 1).range.end, "# saved\n"));
    assert(await document.save(), "saved");
  };
  await save();
  await until("that nobody answers", () => ambient.statusText() === "Ambient: local only");

  writeFileSync(path.join(path.dirname(scenario.file), ".ambient.yml"), scenario.config);
  await until("the other settings", () => ambient.statusText() === "Ambient");
  for (let times = 0; times < 3; times++) {
    await save();
    await until("the budget", () => ambient.statusText() === "Ambient: budget spent");
  }
};
