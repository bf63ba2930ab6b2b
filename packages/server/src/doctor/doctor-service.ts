import type { CheckResult, DoctorReport } from "@relearn/contract";
import type { AgentService } from "../agents/agent-service.ts";
import type { BundleService } from "../bundles/bundle-service.ts";
import type { Clock } from "../clock.ts";
import type { Database } from "../db/database.ts";
import type { JobService } from "../jobs/job-service.ts";
import type { RolloutService } from "../rollouts/rollout-service.ts";
import type { SettingsService } from "../settings/settings-service.ts";
import { checkInstallation } from "./check-installation.ts";
import type { AgentFacts, InstallationFacts } from "./installation-facts.ts";
import { readAgentFacts, readSchemaVersion } from "./installation-facts-store.ts";

export interface DoctorServiceParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly agents: AgentService;
  readonly settings: SettingsService;
  readonly bundles: BundleService;
  readonly rollouts: RolloutService;
  readonly jobs: JobService;
}

/** Checks the installation for problems. Reads only. */
export class DoctorService {
  readonly #parts: DoctorServiceParts;

  constructor(parts: DoctorServiceParts) {
    this.#parts = parts;
  }

  async examine(): Promise<DoctorReport> {
    const facts = await this.facts();
    const checks = checkInstallation(facts);
    const has = (result: CheckResult["result"]) => checks.some((check) => check.result === result);
    return {
      result: has("problem") ? "problem" : has("warn") ? "warn" : "ok",
      checked_at: facts.now.toISOString(),
      checks,
    };
  }

  async facts(): Promise<InstallationFacts> {
    const { database, clock, agents, settings, jobs } = this.#parts;
    const now = clock.now();
    const facts: AgentFacts[] = [];
    for (const { definition } of await agents.list()) {
      const stored = await readAgentFacts(database.kysely, definition, now);
      facts.push({ ...stored, ...(await this.#releaseFacts(definition.name)) });
    }
    return {
      now,
      database: database.kind,
      schema: await readSchemaVersion(database.kysely),
      four_eyes: await settings.fourEyes(),
      jobs: await jobs.list(),
      agents: facts,
    };
  }

  async #releaseFacts(agent: string): Promise<Pick<AgentFacts, "active_bundle_id" | "backups" | "rollout">> {
    const { rollouts, bundles } = this.#parts;
    const release = await rollouts.release(agent);
    const running = (await rollouts.running(agent))?.rollout;
    return {
      active_bundle_id: release.active_bundle_id,
      backups: (await bundles.backups(agent)).length,
      rollout:
        running === undefined
          ? null
          : {
              state: running.state,
              percent: running.percent,
              first_stage: running.policy.stages[0] ?? 100,
              stage_entered_at: running.stage_entered_at === null ? null : new Date(running.stage_entered_at),
              reason: running.reason?.text ?? null,
            },
    };
  }
}
