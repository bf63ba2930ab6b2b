import { Skeleton, Stack, VisuallyHidden } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { ApiError } from "../api/call-api.ts";
import { SettledContext } from "./live-table.tsx";
import { Page } from "./page.tsx";
import { Problem } from "./problem.tsx";

interface RegionProps<Data> {
  /** Name of the data, as the error shows it: "Bundles". */
  readonly name: string;
  readonly query: UseQueryResult<Data>;
  readonly children: (data: Data) => ReactNode;
}

/** Part of a page with its loading and error state. Old data stay while new data are fetched. */
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
  /** Id from the address; it is the page's title until the data are loaded. */
  readonly id: string;
  /** Link to the list of such things. */
  readonly list: ReactNode;
}

/** Like `Region`, for a page about one thing: it has a heading even if the thing does not exist. */
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

/** Skeleton, shown only if loading takes longer than 300 ms. */
export function Loading({ name }: { name: string }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 300);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div aria-busy="true" style={{ minHeight: 96 }}>
      {shown && (
        <Stack>
          <VisuallyHidden>{name} loading</VisuallyHidden>
          <Skeleton height={16} width="60%" animate={false} />
          <Skeleton height={16} width="80%" animate={false} />
          <Skeleton height={16} width="40%" animate={false} />
        </Stack>
      )}
    </div>
  );
}
