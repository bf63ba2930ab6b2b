import { Button, Group, Stack, Textarea } from "@mantine/core";
import { formatClock } from "../format/times.ts";
import { Notice } from "../parts/notice.tsx";

/** State after another person took the item because the lease had ended: the text is handed back. */
export interface LostLease {
  readonly kind: "lost";
  readonly endedAt: string | null;
  readonly text: string;
}

export function LostLeaseNotice({ stage, onNext }: { stage: LostLease; onNext: () => void }) {
  return (
    <Notice kind="failure">
      <Stack>
        <p>
          Your lease ended{stage.endedAt === null ? "" : ` ${formatClock(stage.endedAt)}`} and another
          reviewer has this item. Your answer was not sent; your text is below.
        </p>
        {stage.text !== "" && <Textarea label="Your text" value={stage.text} readOnly />}
        <Group>
          {stage.text !== "" && (
            <Button onClick={() => void navigator.clipboard?.writeText(stage.text)}>Copy</Button>
          )}
          <Button variant="filled" onClick={onNext}>
            Next
          </Button>
        </Group>
      </Stack>
    </Notice>
  );
}
