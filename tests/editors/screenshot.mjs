// Makes docs/images/vscode.png: a real VS Code with a finding, and the light bulb's menu open at its proven fix.
//
//   AMBIENT_EDITORS_DIR=DIR python -m tests.editors.screenshot [PNG]      (it calls this with one JSON object)

import { setTimeout as sleep } from "node:timers/promises";
import { openWindow } from "./vscode/window.mjs";

const options = JSON.parse(process.argv[2]);
const window = await openWindow(options);
const { page } = window;
try {
  await page.locator(".explorer-viewlet .monaco-list-row", { hasText: options.file }).first().dblclick();
  const problem = page.locator(".squiggly-info, .squiggly-warning, .squiggly-hint").first();
  await problem.waitFor({ state: "attached" });
  await page.locator(".statusbar-item", { hasText: /Ambient: \d+ fix/ }).waitFor();
  await page.keyboard.press("Control+Shift+M");
  await page.locator(".markers-panel .monaco-list-row", { hasText: "ambient" }).first().waitFor();
  // The menu sometimes does not open at the first try, while the editor still lays out.
  const menu = page.locator(".action-widget .monaco-list-row", { hasText: "proven" }).first();
  for (let tries = 0; tries < 10 && !(await menu.isVisible()); tries++) {
    await page.keyboard.press("Escape");
    await page.locator(".editor-instance .monaco-editor .view-line", { hasText: options.line }).first().click();
    await page.keyboard.press("Home");
    await page.keyboard.press("Control+.");
    await sleep(1_000);
  }
  await menu.waitFor();
  await page.screenshot({ path: options.screenshot });
} catch (error) {
  await page.screenshot({ path: `${options.screenshot}.failed.png` });
  throw error;
} finally {
  await window.close();
}
process.exit(0);
