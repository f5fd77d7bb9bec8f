// The scenes, one after the other; each leaves the window ready for the next one.

import assert from "node:assert";
import { readdirSync, readFileSync, readlinkSync, existsSync } from "node:fs";

/** A machine with Python and no server: the extension offers the one that it brings. */
async function install({ page, hands }) {
  await hands.status("Ambient: off");
  const toast = page.locator(".notification-toast", { hasText: "server was not found" });
  await toast.getByRole("button", { name: "Install" }).click();
  await page.locator(".monaco-dialog-box").getByRole("button", { name: "Install" }).click();
  await page.locator(".notification-toast", { hasText: "Installing Ambient" }).waitFor();
  await page.locator(".statusbar-item", { hasText: "Ambient: off" }).waitFor({ state: "detached" });
}

/** Until a folder is trusted, nothing of it is run and no model is asked. */
async function distrust({ page, hands, options }) {
  await hands.status("Restricted Mode");
  await hands.open(options.refused.file);
  await page.locator(".squiggly-info, .squiggly-warning, .squiggly-hint").first().waitFor({ state: "attached" });
  assert(!existsSync(options.ran), "the repository's own Python was not run");
  await hands.command("Workspaces: Manage Workspace Trust");
  await page.getByRole("button", { name: "Trust", exact: true }).click();
  await page.keyboard.press("Control+w");
  await hands.status(/Ambient: \d+ fix/);
  assert(existsSync(options.ran), "it is asked once the folder is trusted");
}

/** A finding is underlined, and its fix is in the light bulb's menu. */
async function find({ page, hands, shot, options }) {
  await page.keyboard.press("Control+Shift+M");
  await page.locator(".markers-panel .monaco-list-row", { hasText: "ambient" }).first().waitFor();
  await page.locator(".statusbar-item", { hasText: /Ambient: \d+ fix/ }).waitFor();
  await page.mouse.move(600, 20);
  await shot("squiggle");
  await hands.fixes(options.refused.line, options.refused.action);
  await shot("lightbulb");
}

/** A fix of high risk asks, and is refused: nothing is written. */
async function refuse({ page, hands, shot, options }) {
  const before = read(options, options.refused.file);
  await page.keyboard.press("Enter");
  await page.locator(".panel .edit-checkbox").first().waitFor();
  await hands.sleep(500); // the list is drawn in steps
  await shot("approval");
  await page.getByRole("button", { name: "Discard", exact: true }).first().click();
  await page.locator(".notification-toast", { hasText: "was not applied" }).first().waitFor();
  await hands.command("Notifications: Clear All Notifications");
  await page.keyboard.press("Control+j");
  assert.strictEqual(read(options, options.refused.file), before);
}

/** The view has all fixes; one of them is proven by less time, and taken. */
async function take({ page, hands, shot, options }) {
  await hands.open(options.taken.file);
  await hands.save(options.typed);
  await hands.command("Ambient: Focus on Fixes View");
  await hands.row(options.taken.action).waitFor();
  await widen(page);
  await hands.open(options.chosen.file);
  await hands.save(options.typed);
  await hands.row(options.chosen.action).waitFor();
  await hands.quiet();
  await hands.until(hands.row("line "), () =>
    hands.row(options.chosen.action).locator(".monaco-tl-twistie").click({ timeout: 3_000 }),
  );
  await shot("tree");
  await hands.row(options.taken.action).click();
  await page.locator(".monaco-diff-editor").first().waitFor();
  await page.locator(".editor-actions .codicon-verified").first().click();
  await hands.sleep(1_500); // the page is in frames of its own
  await shot("proof");
  await hands.press(options.taken.action, "Apply");
  await hands.row(options.taken.action).waitFor({ state: "detached" });
  await hands.saveFixed();
  await page.locator(".tab", { hasText: "Proof: " }).first().click();
  const proof = page.frameLocator("iframe.webview").frameLocator("iframe");
  await proof.locator(".label", { hasText: "applied" }).waitFor();
  assert.strictEqual(await proof.getByText("Apply", { exact: true }).count(), 0, "what is done is not offered again");
  await page.keyboard.press("Control+w");
}

/** One of two parts is left out; the other one is proven by itself, and applied. */
async function choose({ page, hands, shot, options }) {
  const part = hands.row(options.chosen.part);
  await hands.quiet();
  await hands.until(part, () =>
    hands.row(options.chosen.action).locator(".monaco-tl-twistie").click({ timeout: 3_000 }),
  );
  await part.locator(".custom-view-tree-node-item-checkbox").click();
  await hands.press(options.chosen.action, "Preview");
  await page.locator(".monaco-diff-editor").first().waitFor();
  await hands.sleep(1_000); // the changed lines are coloured in steps
  await shot("preview");
  await hands.press(options.chosen.action, "Apply");
  await page.locator(".monaco-diff-editor").first().waitFor({ state: "detached" });
  await hands.saveFixed();
  const text = read(options, options.chosen.file);
  assert(text.includes(options.chosen.stays) && !text.includes(options.chosen.goes), text);
}

/** A batch begins after it was said what would be sent; it is cancelled half-way, and goes on later to its report. */
async function batch({ page, hands, shot, options }) {
  await hands.open(options.batch);
  await hands.command("Ambient: Do One Task in Many Files");
  await hands.answer("templates", { text: options.task });
  await hands.answer("The whole project", { choose: "the open file's folder" });
  await page.locator(".quick-input-list .monaco-list-row", { hasText: "Start:" }).waitFor();
  await hands.sleep(500); // it fades in
  await shot("plan");
  await hands.answer("Start:", { choose: options.batch }); // a file of the list: it begins nothing
  await page.locator(".quick-input-list .monaco-list-row.focused", { hasText: "Start:" }).waitFor();
  await hands.answer("Start:");
  const toast = page.locator(".notification-toast", { hasText: options.task }).first();
  await toast.filter({ hasText: /[2-9] of \d+ files/ }).waitFor();
  await shot("batch");
  await toast.getByRole("button", { name: "Cancel" }).click();
  await toast.waitFor({ state: "detached" });
  await page.locator(".notification-toast", { hasText: "Open the Report" }).first().waitFor();
  await hands.command("Notifications: Clear All Notifications");
  await hands.quiet();
}

/** What was cancelled goes on, and ends with a report. */
async function goOn({ page, hands, shot, options }) {
  await hands.command("Ambient: Do One Task in Many Files");
  await hands.answer("Go on", { choose: "Go on" });
  await page.locator(".tab", { hasText: "report.md" }).first().waitFor({ timeout: 60_000 });
  await page.locator(".notification-toast", { hasText: "Review the Changes" }).first().waitFor();
  await hands.sleep(1_500); // the page is in frames of its own
  await shot("report");
  await hands.command("Notifications: Clear All Notifications");
  await hands.row(options.task).click();
  await page.locator(".tab", { hasText: options.task }).first().waitFor();
  await page.locator(".multiDiffEntry").first().waitFor();
  // The list of files has the same actions as the preview of one.
  await page.locator(".editor-actions .codicon-verified").first().click();
  await page.locator(".tab", { hasText: `Proof: ${options.task}` }).first().waitFor();
}

/** The server dies, and is back by itself. */
async function crash({ hands, options }) {
  await hands.status(/Ambient: \d+ fix/);
  process.kill(serverOf(options.folder), "SIGKILL");
  await hands.status("Ambient: starting");
  await hands.status(/Ambient: \d+ fix/);
}

export const scenes = { install, distrust, find, refuse, take, choose, batch, goOn, crash };

function read(options, file) {
  return readFileSync(`${options.folder}/${file}`, "utf8");
}

/** Make the side bar wider, so that its rows can be read. */
async function widen(page) {
  const edge = await page.locator(".part.sidebar").boundingBox();
  await page.mouse.move(edge.x + edge.width, 300);
  await page.mouse.down();
  await page.mouse.move(edge.x + edge.width + 100, 300, { steps: 5 });
  await page.mouse.up();
}

/** The server that works in a folder. */
function serverOf(folder) {
  return readdirSync("/proc").find((pid) => {
    try {
      const [words, where] = [readFileSync(`/proc/${pid}/cmdline`, "utf8"), readlinkSync(`/proc/${pid}/cwd`)];
      return where === folder && words.includes("ambient_lsp\0server");
    } catch {
      return false; // no process, or one that is gone by now
    }
  });
}
