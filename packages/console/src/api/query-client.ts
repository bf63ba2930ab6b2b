import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError } from "./call-api.ts";

/** The first request that finds the session ended opens the sign-in dialog (`access/gate.tsx`). */
function noticeEnd(error: Error): void {
  if (!(error instanceof ApiError && error.status === 401)) return;
  const session = queryClient.getQueryState(["session"]);
  if (session?.status !== "error" && session?.fetchStatus !== "fetching") {
    void queryClient.invalidateQueries({ queryKey: ["session"] });
  }
}

/** Time after the person's own action in which new rows count as its result: by then lists are read again. */
const OWN_ACT_MS = 5000;
let lastActAtMs = Number.NEGATIVE_INFINITY;

/** Returns whether the person is changing something, or has just done so. */
export function actedJustNow(): boolean {
  return queryClient.isMutating() > 0 || performance.now() - lastActAtMs < OWN_ACT_MS;
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noticeEnd }),
  mutationCache: new MutationCache({
    onError: noticeEnd,
    onSettled: () => {
      lastActAtMs = performance.now();
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 2000,
      // Outcomes and signals leave no audit event: what they change shows by this at the latest.
      refetchInterval: 15_000,
      retry: (failures, error) =>
        !(error instanceof ApiError && error.status > 0 && error.status < 500) && failures < 1,
      placeholderData: (previous: unknown) => previous,
    },
  },
});
