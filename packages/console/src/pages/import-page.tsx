import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { auditEventQuery } from "../api/documents.ts";
import { formatCount } from "../format/numbers.ts";
import { type PastImport, toPastImport } from "../import/past-import.ts";
import { AuditTable } from "../parts/audit-table.tsx";
import { Facts } from "../parts/facts.tsx";
import { Head } from "../parts/head.tsx";
import { Page } from "../parts/page.tsx";
import { DetailRegion } from "../parts/region.tsx";
import { StateMark } from "../parts/state-mark.tsx";
import { TimeText } from "../parts/time-text.tsx";

const route = getRouteApi("/data/imports/$id");

/** One batch that came in: who, when, what became of it. Its number is the audit event's. */
export function ImportPage() {
  const { id } = route.useParams();
  const found = useQuery(auditEventQuery(Number(id)));
  const list = <Link to="/data/imports">All imports</Link>;
  return (
    <DetailRegion name="Import" id={`#${id}`} query={found} list={list}>
      {(event) => {
        const one = event === null ? null : toPastImport(event);
        return one === null ? (
          <Page title={`Import ${id}`}>
            <p>
              There is no import #{id}. {list}
            </p>
          </Page>
        ) : (
          <Import one={one} />
        );
      }}
    </DetailRegion>
  );
}

function Import({ one }: { one: PastImport }) {
  const { event, what, agents, counts } = one;
  return (
    <div className="stack-wide">
      <Head
        name={`Import #${event.sequence}`}
        state={<StateMark token="plain">{what}</StateMark>}
        why={`${counts.map(countPhrase).join(", ")}.`}
        next={<Next one={one} />}
      />
      <Facts
        facts={[
          ["Came", <TimeText key="came" at={event.at} distance />],
          ["By", event.actor],
          [agents.length === 1 ? "Agent" : "Agents", agents.join(", ")],
        ]}
      />
      <p className="muted">
        Rejected are those that the service refused. Rows that the console or a command could not read never
        reached it.
      </p>
      <section className="stack" aria-labelledby="event">
        <h2 id="event">Audit event</h2>
        <AuditTable events={[event]} />
        <p>
          <Link to="/audit" search={{ kind: event.kind, actor: event.actor }}>
            All such events by {event.actor}
          </Link>
        </p>
      </section>
    </div>
  );
}

/** Where one goes from an import: to what it brought, and to what waits because of it. */
function Next({ one: { kind, event, counts } }: { one: PastImport }) {
  const search = event.agent === null ? {} : { agent: event.agent };
  if (kind === "signals")
    return (
      <>
        <Link to="/data/sources" search={search}>
          load the feeds
        </Link>
        , which make labeled examples of them
      </>
    );
  const conflicts = counts.find(([name]) => name === "Conflicts")?.[1] ?? 0;
  return (
    <>
      {conflicts > 0 && (
        <>
          <Link to="/data/conflicts" search={search}>
            settle what conflicts
          </Link>
          ,{" "}
        </>
      )}
      <Link to="/data/examples" search={search}>
        see the examples
      </Link>
    </>
  );
}

/** "1,180 new", "1 conflict". */
function countPhrase([name, count]: PastImport["counts"][number]): string {
  const word = name.toLowerCase();
  if (count === undefined) return `${word} not noted`;
  return `${formatCount(count)} ${count === 1 ? word.replace(/s$/, "") : word}`;
}
