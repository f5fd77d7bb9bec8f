/** What `Ambient: Doctor` prints. */

import type { Doctor } from "./protocol";

/** Return the server's answer as lines, ready for a bug report. */
export function doctorReport(answer: Doctor): string {
  const lines = [`Ambient ${answer.version} on Python ${answer.python}, ${answer.client}, ${answer.encoding}`];
  for (const folder of answer.folders) {
    lines.push(`${folder.uri}: ${folder.problem || "ready"}`);
    for (const sandbox of folder.sandbox) {
      const words = sandbox.ready ? "works" : `${sandbox.reason} ${sandbox.next_step}`.trim();
      lines.push(`  ${sandbox.backend}: ${words}`);
    }
  }
  return lines.join("\n");
}
