import { Divider, Group, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { PageTitle } from "./page.tsx";

interface HeadProps {
  readonly name: string;
  readonly state: ReactNode;
  /** One sentence with the numbers. */
  readonly why: ReactNode;
  /** The next step, and when it happens. */
  readonly next?: ReactNode;
  readonly actions?: ReactNode;
  /** Reason why an action is disabled, as the service gives it. */
  readonly blocked?: ReactNode;
}

/** Head of a detail page: name, state, reason, next step, actions. Its changes are announced. */
export function Head({ name, state, why, next, actions, blocked }: HeadProps) {
  return (
    <Stack gap="md">
      <Stack aria-live="polite" gap="xs" data-testid="head">
        <Group gap="sm">
          <PageTitle title={name} mono />
          {state}
        </Group>
        <Text size="lg" maw="80ch">
          {why}
        </Text>
        {next !== undefined && <Text c="dimmed">Next: {next}</Text>}
      </Stack>
      {actions !== undefined && <Group>{actions}</Group>}
      {blocked !== undefined && <p>{blocked}</p>}
      <Divider />
    </Stack>
  );
}
