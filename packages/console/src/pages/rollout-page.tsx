import { Button, Menu } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type {
  CanaryStatus,
  Gate,
  RolloutJournalEntry,
  RolloutWithApproval,
  StoredLook,
} from "../../../server/src/http-contract.ts";
import { callApi } from "../api/call-api.ts";
import { canaryQuery, journalQuery, looksQuery, rolloutQuery } from "../api/documents.ts";
import { queryClient } from "../api/query-client.ts";
import { TimeChart } from "../chart/time-chart.tsx";
import { formatAmount, formatCount, formatNumber, formatRelative } from "../format/numbers.ts";
import { formatTime } from "../format/times.ts";
import { type Act, ConfirmAct } from "../parts/confirm-act.tsx";
import { DataTable } from "../parts/data-table.tsx";
import { Empty } from "../parts/empty.tsx";
import { Head } from "../parts/head.tsx";
import { Problem } from "../parts/problem.tsx";
import { Region } from "../parts/region.tsx";
import { usePermission } from "../parts/rights.ts";
import {
  deltaText,
  fallbackOf,
  isRunning,
  type MeasureName,
  measureNames,
  nextOf,
  whyOf,
} from "../parts/rollout-words.ts";
import { StateMark } from "../parts/state-mark.tsx";
import { rolloutStates } from "../parts/state-words.ts";
import { TimeText } from "../parts/time-text.tsx";

const route = getRouteApi("/rollouts/$id");

/** One release: where it stands, why, what it waits for, the evidence, and the acts. */
export function RolloutPage() {
  const { id } = route.useParams();
  const rollout = useQuery(rolloutQuery(id));
  return (
    <Region name="Rollout" query={rollout}>
      {(loaded) => <RolloutView stored={loaded} />}
    </Region>
  );
}

function RolloutView({ stored }: { stored: RolloutWithApproval }) {
  const { rollout } = stored;
  const status = useQuery(canaryQuery(rollout.agent));
  const looks = useQuery(looksQuery(rollout.rollout_id));
  const journal = useQuery(journalQuery(rollout.rollout_id));
  const newest = looks.data?.at(-1) ?? null;
  const { token, words } = rolloutStates[rollout.state];
  return (
    <div className="stack-wide">
      <Head
        name={rollout.bundle_id}
        state={
          <StateMark token={token}>
            {words}
            {rollout.percent > 0 && ` at ${rollout.percent} %`}
          </StateMark>
        }
        why={whyOf(rollout, newest)}
        next={nextOf(rollout, newest?.verdict)}
        actions={
          isRunning(rollout) && status.data !== undefined ? (
            <RolloutActs stored={stored} status={status.data} look={newest} />
          ) : undefined
        }
      />
      <section className="stack" aria-labelledby="stages">
        <h2 id="stages">Stages</h2>
        <ol className="steps">
          {rollout.policy.stages.map((percent, index) => (
            <li
              key={percent}
              data-now={rollout.stage === index}
              aria-current={rollout.stage === index ? "step" : undefined}
            >
              {percent} %
              {rollout.stage === index && rollout.stage_entered_at !== null && (
                <span className="meta"> since {formatTime(rollout.stage_entered_at)}</span>
              )}
            </li>
          ))}
        </ol>
        <p className="meta">
          For {rollout.agent}, against {rollout.active_bundle_id ?? "the agent's defaults"}. Attempt{" "}
          {rollout.attempt}.{" "}
          <Link to="/approvals/$id" params={{ id: stored.approval_id }}>
            Approval
          </Link>
          {" · "}
          <Link to="/bundles/$id" params={{ id: rollout.bundle_id }}>
            Bundle
          </Link>
        </p>
      </section>
      <Region name="Looks of the guard" query={looks}>
        {(all) => <Evidence looks={all} newest={newest} />}
      </Region>
      <section className="stack" aria-labelledby="journal">
        <h2 id="journal">What moved it</h2>
        <Region name="Journal" query={journal}>
          {(entries) => <Journal entries={entries} />}
        </Region>
      </section>
    </div>
  );
}

function Evidence({ looks, newest }: { looks: readonly StoredLook[]; newest: StoredLook | null }) {
  const { metric } = route.useSearch();
  const navigate = useNavigate({ from: "/rollouts/$id" });
  if (newest === null) {
    return <Empty>No look of the guard yet. It looks every hour; `relearn canary check` looks now.</Empty>;
  }
  const { verdict } = newest;
  const measured = measureNames.filter((name) => verdict.deltas[name] !== undefined);
  const chosen: MeasureName = measured.find((name) => name === metric) ?? "quality";
  const streams = Object.keys(verdict.e_values);
  return (
    <>
      <section className="stack" aria-labelledby="gates">
        <h2 id="gates">Gates</h2>
        {verdict.gates.length === 0 ? (
          <p className="muted">No gate is open in this state.</p>
        ) : (
          <Gates gates={verdict.gates} />
        )}
      </section>
      <section className="stack" aria-labelledby="differences">
        <h2 id="differences">Canary to active</h2>
        <DataTable
          caption="Differences, canary to active"
          rows={measured}
          rowKey={(name) => name}
          columns={[
            { name: "Measure", cell: (name) => name },
            {
              name: "Whole rollout (95 %, at every look)",
              kind: "number",
              cell: (name) => deltaText(verdict.deltas[name]?.rollout, verdict.intervals[name]),
            },
            {
              name: "This stage",
              kind: "number",
              cell: (name) => formatRelative(verdict.deltas[name]?.stage),
            },
            {
              name: "E-value of harm",
              kind: "number",
              cell: (name) => eValueText(verdict.e_values[`harm.${name}`]),
            },
          ]}
        />
        <p className="meta">
          {formatCount(verdict.units.canary)} units canary, {formatCount(verdict.units.active)} active,
          matured and of known arm; in this stage {formatCount(verdict.units.stage_canary)} and{" "}
          {formatCount(verdict.units.stage_active)}. Newest look <TimeText at={newest.at} />.
        </p>
        <nav className="tabs" aria-label="Measure">
          {measured.map((name) => (
            <a
              key={name}
              href={`?metric=${name}`}
              aria-current={name === chosen ? "page" : undefined}
              onClick={(event) => {
                event.preventDefault();
                void navigate({ search: { metric: name }, replace: true });
              }}
            >
              {name}
            </a>
          ))}
        </nav>
        <TimeChart
          title={`Difference of ${chosen}, canary to active`}
          unit="%, band valid at every look"
          times={looks.map((look) => look.at)}
          series={[
            {
              name: "upper",
              colour: "--canary",
              dashed: true,
              bandToNext: true,
              values: looks.map((look) => percentOf(look.verdict.intervals[chosen]?.upper)),
            },
            {
              name: "lower",
              colour: "--canary",
              dashed: true,
              values: looks.map((look) => percentOf(look.verdict.intervals[chosen]?.lower)),
            },
            {
              name: "estimate",
              values: looks.map((look) => percentOf(look.verdict.deltas[chosen]?.rollout)),
            },
          ]}
          lines={differenceLines(chosen)}
          format={(value) => `${value > 0 ? "+" : ""}${formatNumber(Number(value.toFixed(1)))} %`}
          empty={`Not enough looks for a line: ${formatAmount(looks.length, "look")} so far.`}
        />
        <TimeChart
          title="E-values"
          unit="logarithmic; at its line a verdict is proven"
          logarithmic
          times={looks.map((look) => look.at)}
          series={streams
            .filter((name) => !["split", "missing"].includes(name))
            .slice(0, 5)
            .map((name) => ({
              name,
              colour: name.startsWith("harm") ? "--harm" : "--better",
              dashed: name.includes("."),
              values: looks.map((look) => {
                const value = look.verdict.e_values[name];
                return value === undefined ? null : Math.max(0.01, value);
              }),
            }))}
          lines={[{ name: "line", value: verdict.thresholds["harm"] ?? 20 }]}
          format={(value) => formatNumber(Number(value.toPrecision(3)))}
          empty={`Not enough looks for a line: ${formatAmount(looks.length, "look")} so far.`}
        />
      </section>
      <section className="stack" aria-labelledby="looks">
        <h2 id="looks">Looks</h2>
        <DataTable
          caption="Looks of the guard, newest first"
          rows={[...looks].reverse().slice(0, 50)}
          rowKey={(look) => `${look.epoch}-${look.look}`}
          columns={[
            { name: "When", cell: (look) => <TimeText at={look.at} /> },
            { name: "Verdict", cell: (look) => look.verdict.recommendation },
            { name: "Why", kind: "wrap", cell: (look) => look.verdict.reason },
            { name: "New units", kind: "number", cell: (look) => formatCount(look.units) },
            {
              name: "Units, canary/active",
              kind: "number",
              cell: (look) =>
                `${formatCount(look.verdict.units.canary)}/${formatCount(look.verdict.units.active)}`,
            },
          ]}
        />
      </section>
    </>
  );
}

function Gates({ gates }: { gates: readonly Gate[] }) {
  return (
    <DataTable
      caption="Gates of the next stage"
      rows={gates}
      rowKey={(gate) => gate.name}
      columns={[
        { name: "Gate", cell: (gate) => gate.name.replaceAll("_", " ") },
        {
          name: "State",
          cell: (gate) => (
            <StateMark token={gate.status === "met" ? "better" : gate.status === "failed" ? "harm" : "plain"}>
              {gate.status}
            </StateMark>
          ),
        },
        { name: "Why", kind: "wrap", cell: (gate) => gate.text },
        {
          name: "Expected",
          cell: (gate) =>
            gate.expected_at === null ? (
              ""
            ) : (
              <>
                about <TimeText at={gate.expected_at} />
              </>
            ),
        },
      ]}
    />
  );
}

interface RolloutActsProps {
  readonly stored: RolloutWithApproval;
  readonly status: CanaryStatus;
  readonly look: StoredLook | null;
}

function RolloutActs({ stored, status, look }: RolloutActsProps) {
  const { rollout } = stored;
  const { missing } = usePermission();
  const [act, setAct] = useState<Act | null>(null);
  const path = `/v1/agents/${encodeURIComponent(rollout.agent)}`;
  const fallback = fallbackOf(rollout, status.release.last_known_good_bundle_id);
  const verdict = look?.verdict;
  const waiting = verdict?.gates.filter((gate) => gate.status !== "met").length ?? null;
  const nextStage = rollout.policy.stages[(rollout.stage ?? 0) + 1];
  const promote = useMutation({
    mutationFn: (reason: string) =>
      callApi("POST", `${path}/canary/promote`, { body: reason === "" ? {} : { reason } }),
    onSettled: () => queryClient.invalidateQueries(),
  });
  const mayRelease = missing("release");
  const mayRollBack = missing("roll_back");
  const mayResume = missing("approve");
  const stopped = rollout.state === "hold" || rollout.state === "ask";

  const rollBack: Act = {
    title: `Roll back ${rollout.agent}?`,
    text: `All traffic returns to ${fallback}, last known-good. ${rollout.state === "full" ? "" : `Canary ${rollout.bundle_id} (${rollout.percent} %) ends.`}`,
    confirm: `Roll back to ${fallback}`,
    cancel: "Keep canary",
    focus: "confirm",
    reason: "optional",
    run: (reason) => callApi("POST", `${path}/canary/rollback`, { body: reason === "" ? {} : { reason } }),
  };
  const widen: Act = {
    title: `Widen to ${nextStage} % with ${formatAmount(waiting ?? 0, "gate")} waiting?`,
    text: `The ${formatNumber(rollout.policy.alpha * 100)} % error bound no longer holds.`,
    confirm: "Widen anyway",
    cancel: "Wait",
    focus: "cancel",
    reason: "required",
    run: (reason) => callApi("POST", `${path}/canary/promote`, { body: { reason } }),
  };
  const pause: Act = {
    title: `Pause the rollout of ${rollout.bundle_id}?`,
    text: `It stays at ${rollout.percent} % until somebody resumes it; the guard goes on looking.`,
    confirm: "Pause",
    cancel: "Cancel",
    focus: "confirm",
    reason: "required",
    run: (reason) => callApi("POST", `${path}/canary/pause`, { body: { reason } }),
  };
  const resume: Act = {
    title: `Resume the rollout of ${rollout.bundle_id}?`,
    text: `You accept what it says: ${rollout.reason?.text ?? ""}`,
    confirm: "Resume",
    cancel: "Cancel",
    focus: "cancel",
    reason: "required",
    run: (reason) => callApi("POST", `${path}/canary/resume`, { body: { reason } }),
  };
  const kill: Act = {
    title: `Give every unit ${status.release.active_bundle_id ?? "the agent's defaults"} now?`,
    text: "The rollout is rolled back. Unreachable clients keep their last config. Stays on until turned off.",
    confirm: "Turn on kill switch",
    cancel: "Cancel",
    focus: "confirm",
    reason: "required",
    run: (reason) => callApi("PUT", `${path}/kill-switch`, { body: { on: true, reason } }),
  };

  const advisesRollback = verdict?.recommendation === "rollback";
  const promoteAtOnce = waiting === 0 && verdict?.recommendation === "promote";
  return (
    <div className="stack">
      <div className="row">
        {stopped ? (
          <Button
            variant={advisesRollback ? "default" : "filled"}
            disabled={mayResume !== null}
            onClick={() => setAct(resume)}
          >
            Resume
          </Button>
        ) : (
          nextStage !== undefined && (
            <Button
              variant={promoteAtOnce ? "filled" : "default"}
              disabled={mayRelease !== null || (!promoteAtOnce && missing("override") !== null)}
              loading={promote.isPending}
              onClick={() => (promoteAtOnce ? promote.mutate("") : setAct(widen))}
            >
              Promote to {nextStage} %
            </Button>
          )
        )}
        {!stopped && (
          <Button disabled={mayRollBack !== null} onClick={() => setAct(pause)}>
            Pause
          </Button>
        )}
        <Button
          variant={advisesRollback ? "filled" : "default"}
          disabled={mayRollBack !== null}
          onClick={() => setAct(rollBack)}
        >
          Roll back
        </Button>
        <Menu position="bottom-start">
          <Menu.Target>
            <Button variant="subtle">More</Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item disabled={mayRollBack !== null} onClick={() => setAct(kill)}>
              Kill switch
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </div>
      {[mayRelease, mayRollBack]
        .filter((reason) => reason !== null)
        .slice(0, 1)
        .map((reason) => (
          <p key={reason}>{reason}</p>
        ))}
      {promote.isError && <Problem what="Not widened" error={promote.error} />}
      <ConfirmAct
        act={act}
        onClose={() => setAct(null)}
        onDone={() => {
          setAct(null);
          void queryClient.invalidateQueries();
        }}
      />
    </div>
  );
}

function Journal({ entries }: { entries: readonly RolloutJournalEntry[] }) {
  if (entries.length === 0) return <p className="muted">Nothing has moved it since it was proposed.</p>;
  return (
    <DataTable
      caption="Journal, newest first"
      rows={[...entries].reverse()}
      rowKey={(entry) => String(entry.sequence)}
      columns={[
        { name: "Generation", kind: "number", cell: (entry) => entry.sequence },
        { name: "When", cell: (entry) => <TimeText at={entry.at} /> },
        { name: "Event", cell: (entry) => entry.kind.replaceAll("_", " ") },
        {
          name: "Then",
          cell: (entry) => `${String(entry.detail["state"])}, ${String(entry.detail["percent"])} %`,
        },
        { name: "By", cell: (entry) => actorOf(entry) },
      ]}
    />
  );
}

function actorOf(entry: RolloutJournalEntry): string {
  const event = entry.detail["event"] as { actor?: { name?: string } } | undefined;
  return event?.actor?.name ?? "guard";
}

function percentOf(relative: number | null | undefined): number | null {
  return relative === null || relative === undefined ? null : relative * 100;
}

function eValueText(value: number | undefined): string {
  return value === undefined ? "" : formatNumber(Number(value.toPrecision(3)));
}

function differenceLines(measure: MeasureName) {
  const worse = measure === "latency" || measure === "cost";
  return [
    { name: "same", value: 0 },
    worse ? { name: "harm, +10 %", value: 10 } : { name: "harm, -5 %", value: -5 },
    ...(measure === "quality" ? [{ name: "gain, +2 %", value: 2 }] : []),
  ];
}
