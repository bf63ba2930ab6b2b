import { Button, Group } from "@mantine/core";

interface PagerProps {
  /** Number that the rows come before; undefined on the newest page. */
  readonly before: number | undefined;
  /** Number that the next, older page comes before; null on the last page. */
  readonly next: number | null;
  readonly onChange: (before: number | undefined) => void;
}

/** Buttons to the next older page and back to the newest one. */
export function Pager({ before, next, onChange }: PagerProps) {
  if (before === undefined && next === null) return null;
  return (
    <Group>
      {before !== undefined && <Button onClick={() => onChange(undefined)}>Newest</Button>}
      {next !== null && <Button onClick={() => onChange(next)}>Older</Button>}
    </Group>
  );
}
