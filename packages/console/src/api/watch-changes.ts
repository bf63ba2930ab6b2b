/**
 * What changes while one looks. Each change of state has its audit event, so the newest event's number says
 * whether anything happened: when it has grown, everything that is shown is read again. Events only make
 * stale; the documents are read one way.
 */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { callApi } from "./call-api.ts";
import type { AuditPage } from "./documents.ts";

const POLL_MS = 3000;

export interface Connection {
  readonly live: boolean;
  /** When the service last answered; null before the first answer. */
  readonly lastAnswerAt: Date | null;
}

export function useChanges(): Connection {
  const client = useQueryClient();
  const seen = useRef<number | undefined>(undefined);
  const head = useQuery({
    queryKey: ["changes"],
    queryFn: async ({ signal }) => {
      const page = await callApi<AuditPage>("GET", "/v1/audit", { query: { limit: 1 }, signal });
      return page.events[0]?.sequence ?? 0;
    },
    refetchInterval: POLL_MS,
    retry: false,
    staleTime: 0,
  });
  useEffect(() => {
    if (head.data === undefined) return;
    if (seen.current !== undefined && head.data !== seen.current) {
      void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "changes" });
    }
    seen.current = head.data;
  }, [client, head.data]);
  return {
    live: !head.isError,
    lastAnswerAt: head.dataUpdatedAt === 0 ? null : new Date(head.dataUpdatedAt),
  };
}
