import { Button, Group, Stack } from "@mantine/core";
import type { SampleReport } from "@relearn/contract";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { callApi } from "../api/call-api.ts";
import { queryClient } from "../api/query-client.ts";
import { formatAmount } from "../format/numbers.ts";
import { Problem } from "../parts/problem.tsx";
import { usePermission } from "../parts/rights.ts";

/** Minimum uncertainty of the second button; the sampler's own minimum is higher. */
const LOWER_UNCERTAINTY = 0.3;

/** Buttons that fill an empty queue: with the sampler's choice, or with less uncertain items too. */
export function SampleNow({ agent, onQueued }: { agent: string; onQueued: () => void }) {
  const { missing } = usePermission();
  const blocked = missing("operate");
  const [tried, setTried] = useState<number | undefined>(undefined);
  const sample = useMutation({
    mutationFn: (minUncertainty: number | undefined) => {
      setTried(minUncertainty);
      return callApi<SampleReport>("POST", `/v1/sampler/${encodeURIComponent(agent)}/sample`, {
        // A least uncertainty is the specification's measure; the others value a review by what it changes.
        body:
          minUncertainty === undefined ? {} : { strategy: "specification", min_uncertainty: minUncertainty },
      });
    },
    onSuccess: (report) => {
      void queryClient.invalidateQueries();
      if (report.queued > 0) onQueued();
    },
  });
  return (
    <Stack style={{ marginTop: 12 }}>
      <Group>
        <Button
          variant="filled"
          disabled={blocked !== null}
          loading={sample.isPending && tried === undefined}
          onClick={() => sample.mutate(undefined)}
        >
          Sample now
        </Button>
        <Button
          disabled={blocked !== null}
          loading={sample.isPending && tried !== undefined}
          onClick={() => sample.mutate(LOWER_UNCERTAINTY)}
        >
          Sample from uncertainty {LOWER_UNCERTAINTY}
        </Button>
        {blocked !== null && <span>{blocked}</span>}
      </Group>
      <div aria-live="polite">
        {sample.isError && <Problem what="Not sampled" error={sample.error} />}
        {sample.data !== undefined && (
          <p>
            {formatAmount(sample.data.queued, "item")} added to the queue.{" "}
            {sample.data.queued === 0 && (
              <>
                No unlabeled evaluation result of the last 7 days is uncertain enough. Send evaluation
                results; see <Link to="/judges">Judges</Link>.
              </>
            )}
            {sample.data.cold_start &&
              sample.data.queued > 0 &&
              "Fewer than 20 labels: the items are spread, not ranked."}
          </p>
        )}
      </div>
    </Stack>
  );
}
