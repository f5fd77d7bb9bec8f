// What the suites look at, and how they wait for it.

const { setTimeout: sleep } = require("node:timers/promises");
const vscode = require("vscode");

/** Start the extension, and return what it shows to tests once the server runs. */
exports.start = async () => {
  const ambient = await vscode.extensions.getExtension("ambient-lsp.ambient-lsp").activate();
  await exports.until("the server", () => ambient.isRunning());
  return ambient;
};

/** Return a diagnostic's rule. */
exports.code = (diagnostic) => (typeof diagnostic.code === "object" ? diagnostic.code.value : diagnostic.code);

/** Return the quick fixes at a place, with their edits. */
exports.quickFixes = (uri, range) =>
  vscode.commands.executeCommand("vscode.executeCodeActionProvider", uri, range, "quickfix", 10);

/** Call `look` until it returns something, and return that. */
exports.until = async (what, look) => {
  const end = Date.now() + 140_000;
  while (Date.now() < end) {
    const found = await look();
    if (found) {
      return found;
    }
    await sleep(100);
  }
  throw new Error(`timeout: ${what}`);
};
