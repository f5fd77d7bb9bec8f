// Runs a suite in VS Code's extension host, and does what only a person can. The exit code is the suite's.
// Arguments: one JSON object, as test_vscode.py makes it.

import { setTimeout as sleep } from "node:timers/promises";
import { openWindow } from "./window.mjs";

const SECONDS = 225;
const options = JSON.parse(process.argv[2]);
const window = await openWindow(options);

// VS Code opens its Refactor Preview for a fix that needs approval, with every box unticked.
let approved = false;
async function approve() {
  const boxes = window.page.locator(".panel .edit-checkbox");
  if ((await boxes.count()) > 0) {
    // Counted anew after each: the list may still be drawn when the first box is there.
    for (let index = 0; index < (await boxes.count()); index++) {
      await boxes.nth(index).check({ timeout: 10_000 });
    }
    if (options.picture) {
      await window.page.screenshot({ path: options.picture });
    }
    approved = true;
    await window.page.getByRole("button", { name: "Apply", exact: true }).first().click({ timeout: 10_000 });
  }
}

async function answer() {
  const review = window.page.getByRole("button", { name: "Review the Changes" }).first();
  if (await review.isVisible()) {
    await review.click({ timeout: 10_000 });
  }
  const input = window.page.locator(".quick-input-widget .quick-input-box input");
  if (await input.isVisible()) {
    await input.press("Enter", { timeout: 10_000 });
  }
}

// One thing after the other, as a person does: two clicks at once would tick a box and untick it.
let present = true;
async function person() {
  while (present) {
    await approve().then(answer).catch((error) => console.log("too early:", String(error).split("\n")[0]));
    await sleep(500);
  }
}
void person();

const late = new Promise((resolve) => setTimeout(() => resolve("none: it took too long"), SECONDS * 1000));
const code = await Promise.race([window.ended, late]);
present = false;
const good = code === 0 && approved === options.asks;
if (!good) {
  console.log(`exit code of the suite: ${code}; approved: ${approved}; screenshot: ${options.screenshot}`);
  await window.page.screenshot({ path: options.screenshot });
}
await window.close();
process.exit(good ? 0 : 1);
