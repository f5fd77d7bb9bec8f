// Has one task done in many files, and waits until all of them are changed on the disk.
// Runs inside the extension host; run.mjs presses the buttons: the question at the end, and the review of all files.

const assert = require("node:assert");
const { readFileSync } = require("node:fs");
const vscode = require("vscode");
const { code, start, until } = require("./look");

const scenario = JSON.parse(process.env.AMBIENT_SCENARIO);

exports.run = async () => {
  const document = await vscode.workspace.openTextDocument(scenario.files[0]);
  await vscode.window.showTextDocument(document);
  const ambient = await start();
  await vscode.commands.executeCommand("ambient.swarm", scenario.task, scenario.target);
  await until("a finding in the open file", () =>
    vscode.languages
      .getDiagnostics(document.uri)
      .some((item) => code(item) === "Swarm" && item.message === `${scenario.task} (fix proven)`),
  );
  assert(!scenario.files.some((file) => changed(file)), "nothing was written before the review");
  await until("the batch's end", () => ambient.statusText() === "Ambient: 1 fix");
  await vscode.commands.executeCommand("notifications.showList"); // while tests run, VS Code shows no message by itself
  // The open file is changed in its tab, and the others on the disk: VS Code saves what a refactoring changes.
  await until("the review's end", () => document.getText().includes(scenario.there));
  await document.save();
  await until("all files on the disk", () => scenario.files.every(changed));
};

function changed(file) {
  return readFileSync(file, "utf8").includes(scenario.there);
}
