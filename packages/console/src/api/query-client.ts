import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError } from "./call-api.ts";

/** Whatever finds out first that the session has ended has the question asked (`access/gate.tsx`). */
function noticeEnd(error: Error): void {
  if (!(error instanceof ApiError && error.status === 401)) return;
  const session = queryClient.getQueryState(["session"]);
  if (session?.status !== "error" && session?.fetchStatus !== "fetching") {
    void queryClient.invalidateQueries({ queryKey: ["session"] });
  }
}

/** How long after an act of one's own what a list brings counts as its result: by then it is read again. */
const OWN_ACT_MS = 5000;
let lastActAtMs = Number.NEGATIVE_INFINITY;

/** Whether the person in front of this page is changing something, or just has. */
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
