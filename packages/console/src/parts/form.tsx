import { Group, Stack } from "@mantine/core";
import type { ComponentProps } from "react";

interface FormProps extends ComponentProps<"form"> {
  /** "column": fields below each other; "row": fields beside each other, such as filters. */
  readonly layout?: "column" | "row";
  readonly gap?: "sm" | "lg";
  /** Narrow enough for a few text fields. */
  readonly narrow?: boolean;
}

/** Form that lays out its fields. */
export function Form({ layout = "column", gap = "sm", narrow = false, children, ...form }: FormProps) {
  return (
    <form {...form} style={{ width: "100%", maxWidth: narrow ? 480 : undefined, ...form.style }}>
      {layout === "row" ? <Group align="flex-end">{children}</Group> : <Stack gap={gap}>{children}</Stack>}
    </form>
  );
}
