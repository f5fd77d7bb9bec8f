/** Where the server is: a setting, the workspace's Python, PATH, or the one that came with this extension. */

import * as path from "node:path";
import * as vscode from "vscode";
import { executable, INTERPRETER, onPath, runs, windows } from "./programs";

/** How to start the server. `where` says in words how it was found. */
export interface Program {
  command: string;
  args: string[];
  where: string;
}

/**
 * Find the server; undefined where there is none. `say` is told why each place was passed over.
 *
 * The workspace's own interpreter is a program out of the repository, so it is asked only in trusted workspaces.
 * `bundled` is the interpreter of the environment that this extension has made, if it has.
 */
export async function findServer(
  bundled: string | undefined,
  say: (line: string) => void,
): Promise<Program | undefined> {
  const configured = vscode.workspace.getConfiguration("ambient").get<string>("path", "").trim();
  if (configured) {
    return { command: expandHome(configured), args: [], where: "the setting ambient.path" };
  }
  say("The setting ambient.path is empty.");
  if (vscode.workspace.isTrusted) {
    for (const python of await interpreters()) {
      // -P keeps the folder that we are in, which is the repository's, out of the module path.
      if (await runs(python, ["-P", "-c", "import ambient_lsp"])) {
        return { command: python, args: module(), where: "the workspace's Python environment" };
      }
      say(`${python} has no ambient-lsp.`);
    }
  } else {
    say("The workspace is not trusted, so its own Python is not asked.");
  }
  const found = await onPath(windows ? "ambient.exe" : "ambient");
  if (found) {
    return { command: found, args: [], where: "PATH" };
  }
  say("There is no ambient on PATH.");
  if (bundled) {
    return { command: bundled, args: module(), where: "the environment that this extension made" };
  }
  say("This extension has made no environment for the server that it brings.");
  return undefined;
}

function module(): string[] {
  return ["-P", "-m", "ambient_lsp"];
}

/** The interpreters of the workspace: the one chosen in the Python extension, and the usual folders. */
async function interpreters(): Promise<string[]> {
  const found: string[] = [];
  const chosen = await chosenInterpreter();
  if (chosen) {
    found.push(chosen);
  }
  for (const folder of vscode.workspace.workspaceFolders ?? []) {
    for (const environment of [".venv", "venv"]) {
      const python = path.join(folder.uri.fsPath, environment, ...INTERPRETER);
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

function expandHome(file: string): string {
  const home = process.env["HOME"] ?? process.env["USERPROFILE"];
  return home && /^~[/\\]/.test(file) ? path.join(home, file.slice(2)) : file;
}
