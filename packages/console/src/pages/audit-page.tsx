import { Button, Stack, TextInput } from "@mantine/core";
import type { ChainVerification } from "@relearn/contract";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { callApi } from "../api/call-api.ts";
import { auditQuery } from "../api/documents.ts";
import { formatCount } from "../format/numbers.ts";
import { AuditTable } from "../parts/audit-table.tsx";
import { Empty } from "../parts/empty.tsx";
import { ExportLinks } from "../parts/export-links.tsx";
import { Form } from "../parts/form.tsx";
import { Page } from "../parts/page.tsx";
import { Pager } from "../parts/pager.tsx";
import { Problem } from "../parts/problem.tsx";
import { Region } from "../parts/region.tsx";

const route = getRouteApi("/audit");

/** Audit log, with filters, export and verification of its chain. */
export function AuditPage() {
  const filter = route.useSearch();
  const navigate = useNavigate({ from: "/audit" });
  const [before, setBefore] = useState<number | undefined>(undefined);
  const events = useQuery(auditQuery({ ...filter, before }));
  const verify = useMutation({
    mutationFn: () => callApi<ChainVerification>("GET", "/v1/audit/verification"),
  });
  const filtered = Object.values(filter).some((value) => value !== undefined);
  return (
    <Page
      title="Audit"
      actions={
        <>
          <Button variant="filled" onClick={() => verify.mutate()} loading={verify.isPending}>
            Verify
          </Button>
          <ExportLinks path="/v1/audit/export" filters={filter} />
        </>
      }
    >
      <div aria-live="polite">
        {verify.data !== undefined && <p>{verificationText(verify.data)}</p>}
        {verify.isError && (
          <Problem what="Not verified" error={verify.error} onRetry={() => verify.mutate()} />
        )}
      </div>
      <Form
        layout="row"
        key={JSON.stringify(filter)}
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          const given = (name: string) => String(form.get(name) ?? "").trim() || undefined;
          setBefore(undefined);
          void navigate({
            search: {
              agent: filter.agent,
              actor: given("actor"),
              kind: given("kind"),
              object: given("object"),
            } as never,
          });
        }}
      >
        <TextInput label="Actor" name="actor" defaultValue={filter.actor ?? ""} />
        <TextInput label="Event" name="kind" defaultValue={filter.kind ?? ""} placeholder="rollout.approve" />
        <TextInput label="Object" name="object" defaultValue={filter.object ?? ""} />
        <Button type="submit">Filter</Button>
        {filtered && (
          <Button
            variant="subtle"
            onClick={() => {
              setBefore(undefined);
              void navigate({ search: {} });
            }}
          >
            Clear filters
          </Button>
        )}
      </Form>
      <Region name="Events" query={events}>
        {(page) =>
          page.events.length === 0 ? (
            <Empty>{filtered ? "No events match. Clear the filters." : "No events yet."}</Empty>
          ) : (
            <Stack>
              <AuditTable key={before} events={page.events} />
              <Pager before={before} next={page.next_before} onChange={setBefore} />
            </Stack>
          )
        }
      </Region>
    </Page>
  );
}

function verificationText(verification: ChainVerification): string {
  return verification.intact
    ? `Chain intact to #${formatCount(verification.events)}. Head ${verification.head.slice(0, 12)}.`
    : `Chain broken after #${formatCount(verification.events)}: ${verification.fault.message}`;
}
