/** Schemas and types of every document of the HTTP API. Each schema is the only description of its document. */
import "./no-code-in-pages.ts";

export * from "./access.ts";
export * from "./agents.ts";
export * from "./approvals.ts";
export * from "./audit.ts";
export * from "./bundles.ts";
export * from "./document.ts";
export * from "./examples.ts";
export * from "./feeds.ts";
export * from "./guard.ts";
export * from "./jobs.ts";
export * from "./json-fault.ts";
export * from "./judges.ts";
export * from "./notifications.ts";
export * from "./problem.ts";
export * from "./record-fields.ts";
export * from "./review.ts";
export * from "./rollout-policy.ts";
export * from "./rollouts.ts";
export * from "./sampling.ts";
export * from "./settings.ts";
export * from "./signals.ts";
export * from "./status.ts";
export * from "./switchboard.ts";
export * from "./training.ts";
export * from "./values.ts";
