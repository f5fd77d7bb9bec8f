/**
 * The server that comes with this extension: a wheel, and a Python environment of its own that is made from it.
 *
 * What the server needs is compiled for each system and Python, so it cannot be in one extension for all: pip gets it,
 * after the user has agreed.
 */

import { spawn } from "node:child_process";
import { mkdir, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import * as path from "node:path";
import * as vscode from "vscode";
import { executable, INTERPRETER, onPath, runs, windows } from "./programs";

const NAMES = ["python3", "python", "python3.14", "python3.13", "python3.12", "python3.11"];
/** The oldest Python that the server runs on is 3.11. */
const NEW_ENOUGH = "import sys; sys.exit(sys.version_info < (3, 11))";
const DONE = "installed";

/** The bundled server. */
export interface Bundled {
  /** The interpreter of the environment; undefined while none was made for this version. */
  interpreter(): Promise<string | undefined>;
  /** Ask, and make the environment; whether it is there afterwards. */
  install(): Promise<boolean>;
}

/** Return the server that comes with the extension that `context` is of. */
export function bundledServer(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): Bundled {
  const folder = path.join(context.globalStorageUri.fsPath, "server");
  const python = path.join(folder, ...INTERPRETER);

  async function wheel(): Promise<string | undefined> {
    const dist = context.asAbsolutePath("dist");
    const names = await readdir(dist).catch(() => []);
    const name = names.find((one) => one.endsWith(".whl"));
    return name && path.join(dist, name);
  }

  async function interpreter(): Promise<string | undefined> {
    const [own, made] = [await wheel(), await readFile(path.join(folder, DONE), "utf8").catch(() => "")];
    return own && made === path.basename(own) && (await executable(python)) ? python : undefined;
  }

  async function install(): Promise<boolean> {
    const [file, base] = [await wheel(), await newEnough()];
    if (!file || !base) {
      const missing = base
        ? "This extension was built without the server."
        : "Python 3.11 or newer is needed, and was not found on PATH.";
      void vscode.window.showErrorMessage(missing);
      return false;
    }
    const detail =
      `A Python environment is made in ${folder} with ${base}, and pip gets what the server needs: about 35 MB to load, ` +
      "200 MB on the disk. Your projects' environments are not touched.";
    if (
      (await vscode.window.showInformationMessage("Install Ambient's server?", { modal: true, detail }, "Install")) !==
      "Install"
    ) {
      return false;
    }
    const title = "Installing Ambient's server";
    return vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title, cancellable: true },
      async (progress, cancelled) => {
        try {
          await rm(folder, { recursive: true, force: true });
          await mkdir(folder, { recursive: true });
          progress.report({ message: "making an environment" });
          await done(base, ["-m", "venv", folder], folder, log, cancelled);
          const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar=off", file];
          await done(python, pip, folder, log, cancelled, (line) => progress.report({ message: line }));
          await writeFile(path.join(folder, DONE), path.basename(file));
          return true;
        } catch (error) {
          await rm(folder, { recursive: true, force: true });
          if (!cancelled.isCancellationRequested) {
            log.error(String(error));
            void tellFailed(error, log);
          }
          return false;
        }
      },
    );
  }

  return { interpreter, install };
}

async function newEnough(): Promise<string | undefined> {
  for (const name of NAMES) {
    const python = await onPath(windows ? `${name}.exe` : name);
    if (python && (await runs(python, ["-I", "-c", NEW_ENOUGH]))) {
      // Not a link to it: an environment keeps the name that it was made with, and a sandbox does not have every link.
      return realpath(python);
    }
  }
  return undefined;
}

/** Run a program to its end; rejects when it fails or is cancelled. `say` gets each line that tells of a step. */
function done(
  command: string,
  args: string[],
  cwd: string,
  log: vscode.LogOutputChannel,
  cancelled: vscode.CancellationToken,
  say?: (line: string) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    log.info(`${command} ${args.join(" ")}`);
    // Not in the workspace: a module of the repository must not be taken for one of Python's.
    const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let last = "";
    const hear = (chunk: Buffer): void => {
      for (const line of chunk
        .toString()
        .split("\n")
        .filter((one) => one.trim())) {
        log.info(line);
        last = line;
        if (/^(Collecting|Downloading|Installing) ?/.test(line)) {
          say?.(line.slice(0, 60));
        }
      }
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve() : reject(new Error(last || `${command} ended with code ${code}`)),
    );
    cancelled.onCancellationRequested(() => child.kill());
  });
}

async function tellFailed(error: unknown, log: vscode.LogOutputChannel): Promise<void> {
  const message = `Ambient's server could not be installed: ${error instanceof Error ? error.message : String(error)}`;
  if (await vscode.window.showErrorMessage(message, "Show Logs")) {
    log.show();
  }
}
