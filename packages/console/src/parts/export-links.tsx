import { Button, Group, Text } from "@mantine/core";

interface ExportLinksProps {
  readonly path: string;
  readonly filters: Readonly<Record<string, string | undefined>>;
}

const formats = [
  { format: "jsonl", name: "JSON Lines" },
  { format: "csv", name: "CSV" },
  { format: "spreadsheet", name: "Spreadsheet" },
] as const;

/** Links to files of all rows that match the filters; the service streams them, whatever their size. */
export function ExportLinks({ path, filters }: ExportLinksProps) {
  return (
    <Group component="span">
      <Text span c="dimmed">
        Export
      </Text>
      {formats.map(({ format, name }) => {
        const query = new URLSearchParams({ format });
        for (const [key, value] of Object.entries(filters)) if (value !== undefined) query.set(key, value);
        return (
          <Button key={format} component="a" href={`${path}?${query}`} download aria-label={`Export ${name}`}>
            {name}
          </Button>
        );
      })}
    </Group>
  );
}
