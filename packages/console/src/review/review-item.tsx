import { Stack, Text, Title } from "@mantine/core";
import type { FeatureDeclaration } from "@relearn/client";
import type { ReviewItemDocument } from "@relearn/contract";
import { useEffect, useRef } from "react";
import { TimeText } from "../parts/time-text.tsx";
import { PayloadView } from "./payload-view.tsx";

interface ReviewItemProps {
  readonly item: ReviewItemDocument;
  readonly features: readonly FeatureDeclaration[];
  readonly agent: string;
}

/** One item to label: its key, when it came, and its payload. It gets the focus when it appears. */
export function ReviewItem({ item, features, agent }: ReviewItemProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    window.scrollTo({ top: 0 });
    heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <Stack component="section" aria-labelledby="item">
      <div>
        <Title id="item" ref={heading} tabIndex={-1} ff="monospace">
          {item.task_key}
        </Title>
        <Text size="xs" c="dimmed">
          Received <TimeText at={item.received_at} />
          {item.reviews_needed > 1 && ` · answer ${item.reviews_done + 1} of ${item.reviews_needed}`}
        </Text>
      </div>
      <Text hiddenFrom="md">{item.why}</Text>
      <PayloadView payload={item.payload} features={features} agent={agent} />
    </Stack>
  );
}
