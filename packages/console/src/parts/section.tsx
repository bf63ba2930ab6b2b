import { Group, Stack, Title } from "@mantine/core";
import type { ReactNode } from "react";

interface SectionProps {
  /** Id of the heading, which the section takes its name from. */
  readonly id: string;
  readonly title: ReactNode;
  readonly actions?: ReactNode;
  readonly gap?: "sm" | "lg";
  readonly children: ReactNode;
}

/** Section of a page with its heading and, at the heading's side, its actions. */
export function Section({ id, title, actions, gap = "sm", children }: SectionProps) {
  const heading = (
    <Title order={2} id={id}>
      {title}
    </Title>
  );
  return (
    <Stack component="section" gap={gap} aria-labelledby={id}>
      {actions === undefined ? (
        heading
      ) : (
        <Group justify="space-between">
          {heading}
          <Group>{actions}</Group>
        </Group>
      )}
      {children}
    </Stack>
  );
}
