// One real VS Code: its own server out of the code-server package, and a headless Chromium as the window.

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const SETTINGS = {
  "workbench.startupEditor": "none",
  "telemetry.telemetryLevel": "off",
  "chat.disableAIFeatures": true,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "files.autoSave": "off",
  "git.openRepositoryInParentFolders": "never",
};

/**
 * Open a folder in VS Code with an extension: under development in the folder `extension`, or installed from a `vsix`.
 *
 * `installed` is the folder that install.sh filled, `data` an empty one for VS Code. `tests` may name a module that
 * VS Code runs in the extension host; then `ended` resolves to its exit code. `trust` has VS Code ask whether the folder
 * is trusted. `close` ends everything.
 */
export async function openWindow({
  installed,
  data,
  folder,
  extension,
  vsix,
  tests,
  trust = false,
  settings = {},
  width = 1200,
  height = 640,
}) {
  const modules = `${installed}/vscode/node_modules`;
  // code-server's own command line refuses the smoke test driver, without which the workbench runs no tests.
  const program = `${modules}/code-server/lib/vscode/out/server-main.js`;
  mkdirSync(`${data}/data/Machine`, { recursive: true });
  writeFileSync(`${data}/data/Machine/settings.json`, JSON.stringify({ ...SETTINGS, ...settings }));
  const port = await freePort();
  const common = ["--accept-server-license-terms", "--server-data-dir", data];
  if (vsix) {
    execFileSync(process.execPath, [program, ...common, "--install-extension", vsix], { stdio: "inherit" });
  }
  const server = spawn(
    process.execPath,
    [program, ...common, "--host", "127.0.0.1", "--port", String(port), "--without-connection-token"]
      .concat(["--force-disable-user-env"]) // a login shell's PATH in place of ours
      .concat(trust ? [] : ["--disable-workspace-trust"])
      .concat(vsix ? [] : ["--enable-smoke-test-driver"]),
    { stdio: ["ignore", "inherit", "inherit"] },
  );
  const address = `127.0.0.1:${port}`;
  await answers(`http://${address}/version`);
  const { chromium } = createRequire(`${modules}/`)("playwright-core");
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"].concat([
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ]),
  });
  const page = await browser.newPage({ viewport: { width, height } });
  page.setDefaultTimeout(60_000);
  let end;
  const ended = new Promise((resolve) => (end = resolve));
  await page.exposeFunction("codeAutomationLog", (level, args) => {
    // VS Code's own modules that are compiled at installation: install.sh leaves them out.
    if (!String(args[0]).includes("Could not locate the bindings file")) {
      console.log(`[${level}]`, ...args);
    }
  });
  await page.exposeFunction("codeAutomationExit", (code) => end(code));
  const remote = (path) => `vscode-remote://${address}${path}`;
  const payload = vsix ? [] : [["extensionDevelopmentPath", remote(extension)]];
  if (tests) {
    payload.push(["extensionTestsPath", remote(tests)]);
  }
  const query = new URLSearchParams({ folder, payload: JSON.stringify(payload) });
  await page.goto(`http://${address}/?${query}`, { waitUntil: "domcontentloaded" });
  return {
    page,
    ended,
    close: async () => {
      await browser.close();
      server.kill();
    },
  };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

async function answers(url) {
  for (let tries = 0; tries < 300; tries++) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) {
      return;
    }
    await sleep(200);
  }
  throw new Error("VS Code's server did not start within 60 s.");
}
