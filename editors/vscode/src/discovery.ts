/** Where the server is: a setting, the workspace's Python, or PATH. */

import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import * as path from "node:path";
import * as vscode from "vscode";

/** How to start the server. `where` says in words how it was found. */
export interface Program {
  command: string;
  args: string[];
  where: string;
}

/** What to type where Ambient is missing. */
export const INSTALL = "pip install ambient-lsp";

const PROBE_MILLISECONDS = 20_000;
const windows = process.platform === "win32";

/**
 * Find the server; undefined where there is none.
 *
 * The workspace's own interpreter is a program out of the repository, so it is asked only in trusted workspaces.
 */
export async function findServer(): Promise<Program | undefined> {
  const configured = vscode.workspace.getConfiguration("ambient").get<string>("path", "").trim();
  if (configured) {
    return { command: expandHome(configured), args: [], where: "the setting ambient.path" };
  }
  if (vscode.workspace.isTrusted) {
    for (const python of await interpreters()) {
      // -P keeps the folder that we are in, which is the repository's, out of the module path.
      if (await runs(python, ["-P", "-c", "import ambient_lsp"])) {
        return { command: python, args: ["-P", "-m", "ambient_lsp"], where: "the workspace's Python environment" };
      }
    }
  }
  const found = await onPath(windows ? "ambient.exe" : "ambient");
  return found ? { command: found, args: [], where: "PATH" } : undefined;
}

/** The interpreters of the workspace: the one chosen in the Python extension, and the usual folders. */
async function interpreters(): Promise<string[]> {
  const found: string[] = [];
  const chosen = await chosenInterpreter();
  if (chosen) {
    found.push(chosen);
  }
  const inside = windows ? ["Scripts", "python.exe"] : ["bin", "python"];
  for (const folder of vscode.workspace.workspaceFolders ?? []) {
    for (const environment of [".venv", "venv"]) {
      const python = path.join(folder.uri.fsPath, environment, ...inside);
      if (await executable(python)) {
        found.push(python);
      }
    }
  }
  return found;
}

/** What the Python extension's public interface gives, as far as it is needed here. */
interface PythonExtension {
  environments?: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { path: string };
    resolveEnvironment(environment: unknown): Promise<{ executable: { uri?: vscode.Uri } } | undefined>;
  };
}

async function chosenInterpreter(): Promise<string | undefined> {
  const extension = vscode.extensions.getExtension<PythonExtension>("ms-python.python");
  if (!extension) {
    return undefined;
  }
  const environments = (await extension.activate()).environments;
  const active = environments?.getActiveEnvironmentPath(vscode.workspace.workspaceFolders?.[0]?.uri);
  return active && (await environments?.resolveEnvironment(active))?.executable.uri?.fsPath;
}

async function onPath(name: string): Promise<string | undefined> {
  for (const folder of (process.env["PATH"] ?? "").split(path.delimiter)) {
    // An entry such as "." would run a program of the repository.
    if (path.isAbsolute(folder) && (await executable(path.join(folder, name)))) {
      return path.join(folder, name);
    }
  }
  return undefined;
}

function expandHome(file: string): string {
  const home = process.env["HOME"] ?? process.env["USERPROFILE"];
  return home && /^~[/\\]/.test(file) ? path.join(home, file.slice(2)) : file;
}

function executable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function runs(command: string, args: string[]): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: PROBE_MILLISECONDS }, (error) => resolve(error === null));
  });
}
