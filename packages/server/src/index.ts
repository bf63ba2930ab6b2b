/**
 * The library: everything the service does, in your own process. This file is the only supported import.
 *
 *     const relearn = await openRelearn({ database: "memory://" });
 *     await relearn.feeds.loadAll();
 *     const bundle = await relearn.bundles.create("inbox_triage", { minExamples: 50 });
 */
import { type CompositionOptions, type Installation, openInstallation } from "./compose.ts";
import { findDatabase, parseDatabaseUrl } from "./config.ts";

export type {
  AgentDefinition,
  Approval,
  BundleDiff,
  CreatedBundle,
  RestoredBundle,
  Rollout,
  RolloutPolicy,
  Verdict,
} from "@relearn/contract";
export interface OpenRelearnOptions extends CompositionOptions {
  /** `memory://`, `file:FOLDER` or `postgres://…`; left out: `RELEARN_DATABASE_URL`, else `./.relearn/data`. */
  readonly database?: string | undefined;
}

/** An open installation; `close()` it, or its folder stays locked until the process ends. */
export type Relearn = Installation;

/**
 * Opens an installation, its schema brought up to date.
 * Throws `data_folder_locked` where another process holds the folder, `database_unavailable` where a server
 * does not answer.
 */
export function openRelearn(options: OpenRelearnOptions = {}): Promise<Relearn> {
  const location =
    options.database === undefined ? findDatabase({}, process.env) : parseDatabaseUrl(options.database);
  return openInstallation(location, options);
}

export type { BundleDocument, DecisionConfig, ModelDocument } from "@relearn/client";
export { builtInAgents } from "./agents/built-in-agents.ts";
export { type Clock, ManualClock, systemClock } from "./clock.ts";
export { type ErrorCode, type ErrorKind, errorKinds, RelearnError } from "./errors.ts";
