import { useMutation } from "@tanstack/react-query";
import { callApi } from "../api/call-api.ts";
import { queryClient } from "../api/query-client.ts";

/** Mutations that save a setting or reset it to its default. */
export function useSetting(key: string) {
  const address = `/v1/settings/${encodeURIComponent(key)}`;
  const save = useMutation({
    mutationFn: (value: unknown) => callApi("PUT", address, { body: { value } }),
    onSuccess: () => queryClient.invalidateQueries(),
  });
  const reset = useMutation({
    mutationFn: () => callApi("DELETE", address),
    onSuccess: () => queryClient.invalidateQueries(),
  });
  return { save, reset };
}
