/**
 * The documents that cross the wire, for programs that speak HTTP with the service: types alone, nothing of
 * it exists at run time. The console imports this file and no other of the server.
 */
export type * from "@relearn/client";
export type { AgentDefinition } from "./agents/agent-definition.ts";
export type { AppliedAgent } from "./agents/agent-service.ts";
export type { StoredAgent } from "./agents/agent-store.ts";
export type { Approval, ApprovalStatus } from "./approvals/approval.ts";
export type { AppliedApproval } from "./approvals/approval-routes.ts";
export type { AuditEvent, ChainFault } from "./audit/audit-event.ts";
export type { ChainVerification } from "./audit/audit-service.ts";
export type { BundleDiff, ValueChange } from "./bundles/bundle-diff.ts";
export type { BundleWithStatus } from "./bundles/bundle-routes.ts";
export type { BundleVerification, CreatedBundle, RestoredBundle } from "./bundles/bundle-service.ts";
export type { BundleStatus } from "./db/tables.ts";
export type { DeltaInterval, Gate, Verdict } from "./guard/verdict.ts";
export type { ProblemDocument } from "./http/problem.ts";
export type { Right, Role } from "./http/right.ts";
export type { SessionDocument } from "./http/session-routes.ts";
export type { Rollout, RolloutPolicy, RolloutState } from "./rollouts/rollout.ts";
export type { SettingDocument } from "./settings/setting.ts";
