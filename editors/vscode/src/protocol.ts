/** What the server and this extension say to each other; `editors/protocol.md` describes it in words. */

/** Commands of the server. Never equal to an id in the palette: VS Code refuses a command registered twice. */
export const server = {
  applyFix: "ambient.server.applyFix",
  applyPart: "ambient.server.applyPart",
  approve: "ambient.server.approve",
  cancel: "ambient.server.cancel",
  dismiss: "ambient.server.dismiss",
  doctor: "ambient.server.doctor",
  reviewChanges: "ambient.server.reviewChanges",
  reviewFile: "ambient.server.reviewFile",
  reviewWorkspace: "ambient.server.reviewWorkspace",
  showReport: "ambient.server.showReport",
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
  proposals: "ambient/proposals",
  status: "ambient/status",
  swarm: "ambient/swarm",
} as const;

/** `ambient/status`. An empty `sandbox` of a ready folder: not known yet, or none works; an empty `model`: not asked yet. */
export interface Status {
  state: "idle" | "working";
  runs: string[];
  /** How far the newest run is; absent while idle, and while nothing is known yet. */
  progress?: { done: number; total: number; message: string };
  /** Proven fixes that wait to be taken. */
  offers: number;
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
  agent: string;
  state: string;
  risk: string;
  proven: boolean;
  why_not: string;
  reasons: string[];
  files: string[];
  uris: string[];
  changed_lines: number;
  finding_ids: string[];
  folder: string;
  created: number;
  cost: { tokens: number; dollars: number };
}

/** One separate piece of a change. Lines count from 1 in the file before the change; an insertion has `last` = `first` - 1. */
export interface Hunk {
  id: string;
  path: string;
  uri: string;
  first: number;
  last: number;
  before: string;
  after: string;
}

/** One file of a change. `before` is null for a new file, `after` for a deleted one. */
export interface FileText {
  path: string;
  uri: string;
  before: string | null;
  after: string | null;
}

/** What the sandbox showed. */
export interface Proof {
  outcome: string;
  reason: string;
  sandbox: string;
  image: string;
  selection: string;
  seconds: number;
  checks: {
    name: string;
    argv: string[];
    outcome: string;
    base: Record<string, string>;
    patched: Record<string, string>;
    new_failures: string[];
    detail: string;
  }[];
  measurements: { name: string; before: number; after: number; unit: string }[];
}

/** The answer to `ambient/getProposal`. */
export interface WholeProposal extends Proposal {
  description: string;
  rationale: string;
  diff: string;
  proof: Proof | null;
  texts: FileText[];
  hunks: Hunk[];
  history: { when: number; what: string; who: string; why: string }[];
  stale: string;
}

/** `ambient/swarm`. */
export interface SwarmEnd {
  run_id: string;
  state: "done" | "stopped" | "cancelled" | "failed";
  report: string;
  message: string;
}

/** The answer to `ambient.server.swarm` with `dryRun`: what would be sent, had it been meant. */
export interface SwarmPlan {
  files: { path: string; tokens: number }[];
  tokens: number;
  workers: number;
  budget: number;
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

/** States of a fix that somebody has decided about: nobody needs its preview any more. */
export const DECIDED = new Set(["applied", "partly", "dismissed"]);

/** Whether a fix can be taken now. */
export function isOffered(proposal: Proposal): boolean {
  return proposal.state === "offered";
}

/** Whether a person has to agree before a fix is applied. */
export function needsApproval(proposal: Proposal): boolean {
  return isOffered(proposal) && proposal.label.endsWith("needs your approval");
}
