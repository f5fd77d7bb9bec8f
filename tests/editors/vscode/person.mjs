// A person's day with the extension, from its .vsix: an untrusted folder, fixes of several kinds, a batch, a crash.
// Takes a picture of each thing on the way. Arguments: one JSON object, as day.py makes it.

import { mkdirSync } from "node:fs";
import { handsOf } from "./hands.mjs";
import { scenes } from "./story.mjs";
import { openWindow } from "./window.mjs";

const options = JSON.parse(process.argv[2]);
mkdirSync(options.pictures, { recursive: true });
const window = await openWindow({ ...options, trust: true });
const { page } = window;
page.setDefaultTimeout(90_000);
const hands = handsOf(page);
const shot = (name) => page.screenshot({ path: `${options.pictures}/vscode-${name}.png` });

let at = "start";
try {
  for (const [name, scene] of Object.entries(scenes)) {
    at = name;
    const began = Date.now();
    await scene({ page, hands, shot, options });
    console.log(`${name}: ${((Date.now() - began) / 1000).toFixed(1)} s`);
  }
} catch (error) {
  console.log(`failed in the scene ${at}`);
  await shot("failed");
  throw error;
} finally {
  await window.close();
}
process.exit(0);
