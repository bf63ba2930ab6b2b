import { Skeleton } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { ApiError } from "../api/call-api.ts";
import { SettledContext } from "./live-table.tsx";
import { Page } from "./page.tsx";
import { Problem } from "./problem.tsx";

interface RegionProps<Data> {
  /** What is shown here, as the error names it: "Bundles". */
  readonly name: string;
  readonly query: UseQueryResult<Data>;
  readonly children: (data: Data) => ReactNode;
}

/** One part of a page with its loading and error state. Old data stay while new ones are fetched. */
export function Region<Data>({ name, query, children }: RegionProps<Data>) {
  if (query.data !== undefined) {
    return (
      <>
        {query.isError && (
          <Problem what={`${name} not refreshed`} error={query.error} onRetry={() => void query.refetch()} />
        )}
        <SettledContext value={!query.isPlaceholderData}>{children(query.data)}</SettledContext>
      </>
    );
  }
  if (query.isError) {
    return <Problem what={`${name} not loaded`} error={query.error} onRetry={() => void query.refetch()} />;
  }
  return <Loading name={name} />;
}

interface DetailRegionProps<Data> extends RegionProps<Data> {
  /** What the address names; it heads the page until the thing itself is there. */
  readonly id: string;
  /** The way to the list that the thing would be in. */
  readonly list: ReactNode;
}

/** As `Region`, for a page about one thing: it has its heading also where the thing is not there. */
export function DetailRegion<Data>({ id, list, ...region }: DetailRegionProps<Data>) {
  if (region.query.data !== undefined) return <Region {...region} />;
  const isMissing = region.query.error instanceof ApiError && region.query.error.status === 404;
  return (
    <Page title={id} part={region.name}>
      <Region {...region} />
      {isMissing && <p>{list}</p>}
    </Page>
  );
}

/** A skeleton, shown only where loading takes long enough to be seen. */
export function Loading({ name }: { name: string }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 300);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div aria-busy="true" style={{ minHeight: 96 }}>
      {shown && (
        <div className="stack">
          <span className="hidden">{name} loading</span>
          <Skeleton height={16} width="60%" animate={false} />
          <Skeleton height={16} width="80%" animate={false} />
          <Skeleton height={16} width="40%" animate={false} />
        </div>
      )}
    </div>
  );
}
