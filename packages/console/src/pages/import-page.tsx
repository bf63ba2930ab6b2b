import { Stack, Text } from "@mantine/core";
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
import { Section } from "../parts/section.tsx";
import { StateMark } from "../parts/state-mark.tsx";
import { TimeText } from "../parts/time-text.tsx";

const route = getRouteApi("/data/imports/$id");

/** One import: who, when, and its result. Its number is that of the audit event. */
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
    <Stack gap="lg">
      <Head
        name={`Import #${event.sequence}`}
        state={<StateMark token="plain">{what}</StateMark>}
        why={`${counts.map(countPhrase).join(", ")}.`}
        next={<Next one={one} />}
      />
      <Facts
        facts={[
          ["Received", <TimeText key="came" at={event.at} distance />],
          ["Imported by", event.actor],
          [agents.length === 1 ? "Agent" : "Agents", agents.join(", ")],
        ]}
      />
      <Text c="dimmed">
        Rejected rows were refused by the service. Rows that the console or the command line could not read
        were not sent.
      </Text>
      <Section id="event" title="Audit event">
        <AuditTable events={[event]} />
        <p>
          <Link to="/audit" search={{ kind: event.kind, actor: event.actor }}>
            All events of this kind by {event.actor}
          </Link>
        </p>
      </Section>
    </Stack>
  );
}

/** Links from an import to its examples and to its conflicts. */
function Next({ one: { kind, event, counts } }: { one: PastImport }) {
  const search = event.agent === null ? {} : { agent: event.agent };
  if (kind === "signals")
    return (
      <>
        <Link to="/data/sources" search={search}>
          load the feeds
        </Link>
        , which turns them into labeled examples
      </>
    );
  const conflicts = counts.find(([name]) => name === "Conflicts")?.[1] ?? 0;
  return (
    <>
      {conflicts > 0 && (
        <>
          <Link to="/data/conflicts" search={search}>
            resolve the conflicts
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
  if (count === undefined) return `${word} not recorded`;
  return `${formatCount(count)} ${count === 1 ? word.replace(/s$/, "") : word}`;
}
