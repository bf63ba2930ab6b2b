import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useId, useState } from "react";
import { saveFile } from "../save-file.ts";

interface ChartFrameProps {
  readonly title: ReactNode;
  /** Unit and window: "labels · last 90 days, n 1,067". */
  readonly about: string;
  /** Text that replaces the picture if data are missing, or null. */
  readonly empty: string | null;
  /** Numbers behind the picture, as a table; null if there are none. */
  readonly numbers: ReactNode;
  readonly csv: { readonly name: string; readonly lines: () => readonly string[] };
  readonly children: ReactNode;
}

/** Frame of every chart: title with unit and window, the numbers as a table or file, a text if data are missing. */
export function ChartFrame({ title, about, empty, numbers, csv, children }: ChartFrameProps) {
  const [asNumbers, setAsNumbers] = useState(false);
  const titleId = useId();
  return (
    <Stack component="figure" gap="xs" m={0} miw={0} aria-labelledby={titleId}>
      <Group justify="space-between" align="flex-start" wrap="nowrap">
        <Title order={3} id={titleId}>
          {title}{" "}
          <Text component="div" size="xs" c="dimmed">
            {about}
          </Text>
        </Title>
        {numbers !== null && (
          <Group gap={4} wrap="nowrap">
            {asNumbers && (
              <Button
                size="compact-xs"
                variant="subtle"
                onClick={() =>
                  saveFile(
                    csv.name,
                    csv.lines().map((line) => `${line}\r\n`),
                    "text/csv",
                  )
                }
              >
                CSV
              </Button>
            )}
            <Button
              size="compact-xs"
              variant="subtle"
              aria-pressed={asNumbers}
              onClick={() => setAsNumbers(!asNumbers)}
            >
              {asNumbers ? "Chart" : "Numbers"}
            </Button>
          </Group>
        )}
      </Group>
      {asNumbers ? numbers : empty === null ? children : <Text c="dimmed">{empty}</Text>}
    </Stack>
  );
}
