import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { sessionQuery, settingsQuery, statusQuery } from "../api/documents.ts";
import type { Connection } from "../api/watch-changes.ts";
import { formatClock } from "../format/times.ts";

interface Banner {
  readonly key: string;
  readonly weight?: "hold";
  readonly text: ReactNode;
}

/** Conditions that concern every page, one line each, with a link to the remedy. */
export function Banners({ connection }: { connection: Connection }) {
  const { data: settings } = useQuery(settingsQuery);
  const { data: session } = useQuery(sessionQuery);
  const { data: status } = useQuery(statusQuery);
  const killed = (status?.agents ?? []).filter((one) => one.kill_switch !== null);
  const paused = (status?.jobs ?? []).filter((job) => job.paused !== null);
  const fourEyesOff = settings?.some((setting) => setting.key === "four_eyes" && setting.value === false);
  const pointEstimates =
    settings?.filter(
      (setting) =>
        setting.key.startsWith("rollout_policy.") &&
        (setting.value as { policy?: string } | null)?.policy === "specification",
    ) ?? [];
  const banners: Banner[] = [
    ...(connection.live
      ? []
      : [
          {
            key: "connection",
            weight: "hold" as const,
            text:
              connection.lastAnswerAt === null
                ? "Not connected: the service does not answer. Run `relearn serve` where it stopped."
                : `Not connected since ${formatClock(connection.lastAnswerAt)}; figures are from then. Run \`relearn serve\` where it stopped.`,
          },
        ]),
    ...(fourEyesOff
      ? [
          {
            key: "four-eyes",
            text: (
              <>
                Four-eyes approval is off: people can approve their own bundles.{" "}
                <Link to="/settings/policy">Turn it on</Link>
              </>
            ),
          },
        ]
      : []),
    ...(session?.open
      ? [
          {
            key: "open",
            text: (
              <>
                Open on this machine: no key exists. <Link to="/settings/keys">Create a key</Link>
              </>
            ),
          },
        ]
      : []),
    ...killed.map(({ agent, kill_switch, active_bundle_id }) => ({
      key: `kill-switch-${agent}`,
      weight: "hold" as const,
      text: (
        <>
          Kill switch on for {agent} by {kill_switch?.by ?? "someone"}: every unit gets{" "}
          {active_bundle_id ?? "the agent's defaults"}.{" "}
          <Link to="/rollouts" search={{ agent }}>
            Turn it off
          </Link>
        </>
      ),
    })),
    ...(paused.length === 0
      ? []
      : [
          {
            key: "jobs-paused",
            text: (
              <>
                {paused.length === (status?.jobs.length ?? 0)
                  ? "Jobs"
                  : paused.map(({ job }) => job).join(", ")}{" "}
                paused by {[...new Set(paused.map((job) => job.paused?.paused_by))].join(", ")}.{" "}
                <Link to="/jobs">Resume</Link>
              </>
            ),
          },
        ]),
    ...pointEstimates.map((setting) => ({
      key: setting.key,
      text: (
        <>
          Point-estimate policy of {setting.key.slice("rollout_policy.".length)}: unchanged rollouts are often
          rolled back. <Link to="/settings/policy">Change the policy</Link>
        </>
      ),
    })),
  ];
  return (
    <div role="status" style={{ gridArea: "banners" }}>
      {banners.map((banner) => (
        <Text
          key={banner.key}
          px="md"
          py={4}
          bg={banner.weight === "hold" ? "var(--hold)" : "var(--panel)"}
          c={banner.weight === "hold" ? "var(--hold-on)" : "var(--ink)"}
          style={{ borderBottom: "1px solid var(--line)" }}
        >
          {banner.text}
        </Text>
      ))}
    </div>
  );
}
