/** Programs on this machine: whether they are there, and what they do. */

import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import * as path from "node:path";

export const windows = process.platform === "win32";

/** Where a Python environment's interpreter is, below its folder. */
export const INTERPRETER = windows ? ["Scripts", "python.exe"] : ["bin", "python"];

const PROBE_MILLISECONDS = 20_000;

/** Return where a program is on PATH. */
export async function onPath(name: string): Promise<string | undefined> {
  for (const folder of (process.env["PATH"] ?? "").split(path.delimiter)) {
    // An entry such as "." would run a program of the repository.
    if (path.isAbsolute(folder) && (await executable(path.join(folder, name)))) {
      return path.join(folder, name);
    }
  }
  return undefined;
}

/** Whether a file is there and may be run. */
export function executable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Whether a program ends well. */
export function runs(command: string, args: string[]): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: PROBE_MILLISECONDS }, (error) => resolve(error === null));
  });
}
