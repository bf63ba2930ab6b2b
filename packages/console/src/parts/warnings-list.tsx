import { Stack, Text } from "@mantine/core";
import type { BundleWarning } from "@relearn/client";
import { Notice } from "./notice.tsx";

/** Warnings of a bundle; they precede everything that can be approved. */
export function WarningsList({ warnings }: { warnings: readonly BundleWarning[] }) {
  if (warnings.length === 0) return <Text c="dimmed">No warnings.</Text>;
  return (
    <Stack component="ul" gap="xs" m={0} p={0} style={{ listStyle: "none" }}>
      {warnings.map((warning) => (
        <li key={warning.code + warning.message}>
          <Notice>
            {warning.message}{" "}
            <Text span size="xs" c="dimmed" className="mono">
              {warning.code}
            </Text>
          </Notice>
        </li>
      ))}
    </Stack>
  );
}
