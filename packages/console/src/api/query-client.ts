import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./call-api.ts";

export const queryClient = new QueryClient({
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
