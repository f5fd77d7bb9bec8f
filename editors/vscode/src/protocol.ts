/** What the server and this extension say to each other; `editors/protocol.md` describes it in words. */

/** Commands of the server. Never equal to an id in the palette: VS Code refuses a command registered twice. */
export const server = {
  applyFix: "ambient.server.applyFix",
  approve: "ambient.server.approve",
  cancel: "ambient.server.cancel",
  dismiss: "ambient.server.dismiss",
  doctor: "ambient.server.doctor",
  reviewChanges: "ambient.server.reviewChanges",
  reviewFile: "ambient.server.reviewFile",
  reviewWorkspace: "ambient.server.reviewWorkspace",
  swarm: "ambient.server.swarm",
} as const;

/** Requests to the server. */
export const request = {
  getProposal: "ambient/getProposal",
  listProposals: "ambient/listProposals",
  listRuns: "ambient/listRuns",
} as const;

/** Notifications from the server. */
export const notification = {
  applied: "ambient/applied",
  status: "ambient/status",
} as const;

/** `ambient/status`. An empty `sandbox` of a ready folder: not known yet, or none works; an empty `model`: not asked yet. */
export interface Status {
  state: "idle" | "working";
  runs: string[];
  folders: {
    uri: string;
    ready: boolean;
    leader: boolean;
    problem: string;
    sandbox: string;
    model: "" | "answers" | "unavailable" | "spent";
    model_message: string;
  }[];
}

/** One entry of `ambient/listProposals`. */
export interface Proposal {
  id: string;
  title: string;
  label: string;
  state: string;
  risk: string;
  proven: boolean;
  why_not: string;
  reasons: string[];
  files: string[];
  finding_ids: string[];
}

/** The answer to `ambient/getProposal`. `before` is null for a new file, `after` for a deleted one. */
export interface WholeProposal extends Proposal {
  texts: { path: string; uri: string; before: string | null; after: string | null }[];
  stale: string;
}

/** One entry of `ambient/listRuns`. */
export interface Run {
  id: string;
  state: string;
  trigger: string;
  paths: string[];
}

/** The answer to `ambient.server.doctor`. */
export interface Doctor {
  version: string;
  python: string;
  client: string;
  encoding: string;
  folders: {
    uri: string;
    problem: string;
    sandbox: { ready: boolean; backend: string; reason: string; next_step: string }[];
  }[];
}

/** `data` of the server's diagnostics. */
export interface FindingData {
  finding_id: string;
  proposal_id?: string;
  state?: string;
}

/** Whether a fix can be taken now. */
export function isOffered(proposal: Proposal): boolean {
  return proposal.state === "offered";
}
