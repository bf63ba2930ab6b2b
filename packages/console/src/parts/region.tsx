import { Skeleton } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
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
        {children(query.data)}
      </>
    );
  }
  if (query.isError) {
    return <Problem what={`${name} not loaded`} error={query.error} onRetry={() => void query.refetch()} />;
  }
  return <Loading name={name} />;
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
