// What a person does in VS Code's window, with the keyboard and the mouse, and how they wait for what they see.

import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const TRIES = 20;
const SOON = { timeout: 3_000 };

/** Return the hands for a page of Playwright's. */
export function handsOf(page) {
  const status = (words) => page.locator(".statusbar-item", { hasText: words }).first().waitFor();
  const quiet = () => page.locator(".statusbar-item", { hasText: "checking" }).first().waitFor({ state: "detached" });
  const row = (words) => page.locator(".pane-body .monaco-list-row", { hasText: words }).first();

  /** Do something until what it is for is seen: what comes too early is lost in a window that still lays out. */
  async function until(seen, act) {
    const tried = () =>
      act()
        .then(() => seen.waitFor(SOON))
        .then(() => true)
        .catch(() => false);
    for (let tries = 0; tries < TRIES; tries++) {
      if (await tried()) {
        return;
      }
    }
    await seen.waitFor(SOON);
  }

  /** Run a command from the palette. */
  async function command(title) {
    const input = page.locator(".quick-input-widget .quick-input-box input");
    await until(input, () => page.keyboard.press("F1"));
    await input.fill(`>${title}`);
    await page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first().waitFor();
    await page.keyboard.press("Enter");
  }

  /** Answer the input that is open: write into it, or choose the row with these words. */
  async function answer(title, { text, choose } = {}) {
    await page.locator(".quick-input-widget", { hasText: title }).first().waitFor();
    if (text !== undefined) {
      await page.locator(".quick-input-widget .quick-input-box input").fill(text);
      await page.locator(".quick-input-list .monaco-list-row", { hasText: text }).first().waitFor();
    }
    if (choose) {
      const rowOfList = page.locator(".quick-input-list .monaco-list-row", { hasText: choose }).first();
      await rowOfList.click();
    } else {
      await page.keyboard.press("Enter");
    }
  }

  /** Open a file by its path, for good. */
  async function open(file) {
    const name = basename(file);
    const tab = page.locator(".tab", { hasText: name }).first();
    await until(tab, async () => {
      await page.keyboard.press("Control+p");
      await page.locator(".quick-input-widget .quick-input-box input").fill(file, SOON);
      await page.locator(".quick-input-list .monaco-list-row", { hasText: name }).first().waitFor(SOON);
      await page.keyboard.press("Enter");
    });
  }

  /** Add a line at the end of the open file, and save it. */
  async function save(line) {
    await page.locator(".editor-instance .monaco-editor .view-line").first().click();
    await page.keyboard.press("Control+End");
    await page.keyboard.type(line);
    await page.keyboard.press("Control+s");
    await page.locator(".tab.dirty").first().waitFor({ state: "detached" });
  }

  /** Save what a fix has changed. */
  async function saveFixed() {
    await page.locator(".tab.dirty").first().waitFor();
    await command("File: Save All Files");
    await page.locator(".tab.dirty").first().waitFor({ state: "detached" });
  }

  /** Put the cursor into a line of the editor, and open the light bulb's menu at it. */
  async function fixes(line, title) {
    const item = page.locator(".action-widget .monaco-list-row", { hasText: title }).first();
    await until(item, async () => {
      await page.keyboard.press("Escape");
      await page.locator(".editor-instance .monaco-editor .view-line", { hasText: line }).first().click(SOON);
      await page.keyboard.press("Home");
      await page.keyboard.press("Control+.");
    });
    return item;
  }

  /** Press the button of a row in the view, which is there while the mouse is over it. */
  async function press(words, action) {
    await row(words).hover();
    await row(words).locator(`.action-label[aria-label^="${action}"]`).click();
  }

  return { answer, command, fixes, open, press, quiet, row, save, saveFixed, sleep, status, until };
}
