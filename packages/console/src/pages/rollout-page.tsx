import { Button, Menu } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type {
  CanaryStatus,
  Gate,
  Receipt,
  Rollout,
  RolloutJournalEntry,
  RolloutWithApproval,
  StoredLook,
  StoredReplay,
} from "../../../server/src/http-contract.ts";
import { callApi } from "../api/call-api.ts";
import {
  armsQuery,
  canaryQuery,
  journalQuery,
  looksQuery,
  receiptsQuery,
  rolloutQuery,
} from "../api/documents.ts";
import { queryClient } from "../api/query-client.ts";
import { formatAmount, formatCount, formatNumber, formatRelative } from "../format/numbers.ts";
import { formatTime } from "../format/times.ts";
import { type Act, ConfirmAct } from "../parts/confirm-act.tsx";
import { DataTable } from "../parts/data-table.tsx";
import { Empty } from "../parts/empty.tsx";
import { Head } from "../parts/head.tsx";
import { Problem } from "../parts/problem.tsx";
import { DetailRegion, Region } from "../parts/region.tsx";
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
import { eValueText, RolloutCharts } from "./rollout-charts.tsx";

const route = getRouteApi("/rollouts/$id");

/** One release: where it stands, why, what it waits for, the evidence, and the acts. */
export function RolloutPage() {
  const { id } = route.useParams();
  const rollout = useQuery(rolloutQuery(id));
  return (
    <DetailRegion name="Rollout" id={id} query={rollout} list={<Link to="/rollouts">All rollouts</Link>}>
      {(loaded) => <RolloutView stored={loaded} />}
    </DetailRegion>
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
        <Stages rollout={rollout} journal={journal.data ?? []} />
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
        {(all) => <Evidence rollout={rollout} looks={all} newest={newest} journal={journal.data ?? []} />}
      </Region>
      <Receipts rolloutId={rollout.rollout_id} />
      <section className="stack" aria-labelledby="journal">
        <h2 id="journal">What moved it</h2>
        <Region name="Journal" query={journal}>
          {(entries) => <Journal entries={entries} />}
        </Region>
      </section>
    </div>
  );
}

interface EvidenceProps {
  readonly rollout: Rollout;
  readonly looks: readonly StoredLook[];
  readonly newest: StoredLook | null;
  readonly journal: readonly RolloutJournalEntry[];
}

function Evidence({ rollout, looks, newest, journal }: EvidenceProps) {
  const { metric } = route.useSearch();
  const navigate = useNavigate({ from: "/rollouts/$id" });
  const arms = useQuery(armsQuery(rollout.rollout_id));
  if (newest === null) {
    return (
      <Empty>
        {isRunning(rollout) ? (
          <>
            No look of the guard yet. It looks every hour; <code>relearn canary check {rollout.agent}</code>{" "}
            looks now.
          </>
        ) : (
          "The guard has not looked at it: it has had no traffic."
        )}
      </Empty>
    );
  }
  const { verdict } = newest;
  const measured = measureNames.filter((name) => verdict.deltas[name] !== undefined);
  const chosen: MeasureName = measured.find((name) => name === metric) ?? "quality";
  return (
    <>
      <section className="stack" aria-labelledby="gates">
        <h2 id="gates">{isRunning(rollout) ? "Gates" : "Gates at its end"}</h2>
        {verdict.gates.length === 0 ? (
          <p className="muted">This state has no gate.</p>
        ) : (
          <Gates gates={verdict.gates} running={isRunning(rollout)} />
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
        <RolloutCharts rollout={rollout} arms={arms.data} looks={looks} journal={journal} measure={chosen} />
      </section>
      <details className="fold">
        <summary>
          <h2>Looks</h2> <span className="muted">{formatAmount(looks.length, "look")} of the guard</span>
        </summary>
        <DataTable
          caption="Looks of the guard, newest first"
          rows={[...looks].reverse().slice(0, 200)}
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
      </details>
    </>
  );
}

function Gates({ gates, running }: { gates: readonly Gate[]; running: boolean }) {
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
              {gate.status === "waiting" && !running ? "not met" : gate.status}
            </StateMark>
          ),
        },
        { name: "Why", kind: "wrap", cell: (gate) => gate.text },
        ...(running
          ? [
              {
                name: "Expected",
                cell: (gate: Gate) =>
                  gate.expected_at === null ? (
                    ""
                  ) : (
                    <>
                      about <TimeText at={gate.expected_at} />
                    </>
                  ),
              },
            ]
          : []),
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

/** The stages with when each was entered; what is to come is open. */
function Stages({ rollout, journal }: { rollout: Rollout; journal: readonly RolloutJournalEntry[] }) {
  const entered = new Map<number, string>();
  for (const entry of journal) {
    const percent = Number(entry.detail["percent"]);
    const stage = rollout.policy.stages.findLastIndex(
      (one) => one <= percent || (percent >= 50 && one === 100 && entry.detail["state"] === "full"),
    );
    if (percent > 0 && stage >= 0 && !entered.has(stage)) entered.set(stage, entry.at);
  }
  return (
    <ol className="steps">
      {rollout.policy.stages.map((percent, index) => {
        const now = rollout.stage === index && isRunning(rollout);
        const at = now ? rollout.stage_entered_at : (entered.get(index) ?? null);
        return (
          <li key={percent} data-now={now} aria-current={now ? "step" : undefined}>
            <strong>{percent} %</strong>
            <span className="meta">{at === null ? "not reached" : `since ${formatTime(at)}`}</span>
          </li>
        );
      })}
    </ol>
  );
}

/** What each decision stood on, and whether it comes out the same when it is taken again. */
function Receipts({ rolloutId }: { rolloutId: string }) {
  const receipts = useQuery(receiptsQuery(rolloutId));
  const replay = useMutation({
    mutationFn: () => callApi<StoredReplay>("POST", `/v1/rollouts/${encodeURIComponent(rolloutId)}/replay`),
  });
  return (
    <section className="stack" aria-labelledby="receipts">
      <div className="row-apart">
        <h2 id="receipts">Receipts</h2>
        <Button loading={replay.isPending} onClick={() => replay.mutate()}>
          Replay
        </Button>
      </div>
      <div aria-live="polite">
        {replay.isError && (
          <Problem what="Not replayed" error={replay.error} onRetry={() => replay.mutate()} />
        )}
        {replay.data !== undefined && <ReplayText replay={replay.data} />}
      </div>
      <Region name="Receipts" query={receipts}>
        {(rows) =>
          rows.length === 0 ? (
            <p className="muted">No decision has been taken yet.</p>
          ) : (
            <DataTable
              caption="Receipts, newest first"
              rows={[...rows].reverse()}
              rowKey={(receipt) => String(receipt.sequence)}
              columns={[
                { name: "Number", kind: "number", cell: (receipt) => `#${receipt.sequence}` },
                { name: "When", cell: (receipt) => <TimeText at={receipt.at} /> },
                { name: "Decision", cell: (receipt) => receipt.action.replaceAll("_", " ") },
                { name: "By", cell: (receipt) => receipt.actor },
                { name: "Traffic, %", kind: "number", cell: (receipt) => receipt.percent },
                { name: "Why", kind: "wrap", cell: (receipt) => receipt.reason },
                { name: "Units, canary / active", kind: "number", cell: unitsOf },
                {
                  name: "Hash",
                  kind: "nowrap",
                  cell: (receipt) => <code title={receipt.hash}>{receipt.hash.slice(0, 12)}</code>,
                },
              ]}
            />
          )
        }
      </Region>
    </section>
  );
}

function unitsOf({ verdict }: Receipt): string {
  return verdict === null
    ? "by a person"
    : `${formatCount(verdict.units.canary)} / ${formatCount(verdict.units.active)}`;
}

function ReplayText({ replay }: { replay: StoredReplay }) {
  const [first] = replay.differences;
  return (
    <p>
      <StateMark token={replay.identical ? "better" : "harm"}>
        {replay.identical ? "Identical" : "Not identical"}
      </StateMark>{" "}
      {formatAmount(replay.looks, "look")} over {formatAmount(replay.units, "unit")} and{" "}
      {formatAmount(replay.transitions, "decision")} taken again from the journal.
      {first !== undefined && ` First difference, in the ${first.in} at ${first.place}: ${first.reason}`}
    </p>
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
          cell: (entry) =>
            entry.detail["state"] === undefined
              ? "proposed"
              : `${String(entry.detail["state"]).replaceAll("_", " ")}, ${String(entry.detail["percent"])} %`,
        },
        { name: "By", cell: (entry) => actorOf(entry) },
      ]}
    />
  );
}

function actorOf(entry: RolloutJournalEntry): string {
  const event = entry.detail["event"] as { actor?: { name?: string } } | undefined;
  return event?.actor?.name ?? (entry.kind === "look" ? "guard" : "");
}
