import { Button, Textarea } from "@mantine/core";
import { formatClock } from "../format/times.ts";

/** Another person answered while my lease had run out: my text is handed back. */
export interface LostLease {
  readonly kind: "lost";
  readonly endedAt: string | null;
  readonly text: string;
}

export function LostLeaseNotice({ stage, onNext }: { stage: LostLease; onNext: () => void }) {
  return (
    <div className="problem stack" role="alert">
      <p>
        Your lease ended{stage.endedAt === null ? "" : ` ${formatClock(stage.endedAt)}`} and another reviewer
        has this item. Nothing was sent; your text is below.
      </p>
      {stage.text !== "" && <Textarea label="Your text" value={stage.text} readOnly />}
      <div className="row">
        {stage.text !== "" && (
          <Button onClick={() => void navigator.clipboard?.writeText(stage.text)}>Copy</Button>
        )}
        <Button variant="filled" onClick={onNext}>
          Next
        </Button>
      </div>
    </div>
  );
}
