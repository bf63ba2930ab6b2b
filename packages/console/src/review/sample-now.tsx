import { Button } from "@mantine/core";
import type { SampleReport } from "@relearn/contract";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { callApi } from "../api/call-api.ts";
import { queryClient } from "../api/query-client.ts";
import { formatAmount } from "../format/numbers.ts";
import { Problem } from "../parts/problem.tsx";
import { usePermission } from "../parts/rights.ts";

/** From here on the judges disagree, or are unsure, enough to ask a person; the sampler's own least is higher. */
const LOWER_UNCERTAINTY = 0.3;

/** Fills an empty queue in place: with what the sampler would choose, or with less uncertain items too. */
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
    <div className="stack" style={{ marginTop: 12 }}>
      <div className="row">
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
          From uncertainty {LOWER_UNCERTAINTY}
        </Button>
        {blocked !== null && <span>{blocked}</span>}
      </div>
      <div aria-live="polite">
        {sample.isError && <Problem what="Not sampled" error={sample.error} />}
        {sample.data !== undefined && (
          <p>
            {formatAmount(sample.data.queued, "item")} put into the queue.{" "}
            {sample.data.queued === 0 && (
              <>
                No unlabeled evaluation result of the last 7 days is worth a person's time. Send evaluation
                results; <Link to="/judges">Judges</Link> shows whose.
              </>
            )}
            {sample.data.cold_start && sample.data.queued > 0 && "Under 20 labels: spread, not ranked."}
          </p>
        )}
      </div>
    </div>
  );
}
