import { Text } from "@mantine/core";
import type { SettingDocument } from "@relearn/contract";
import { TimeText } from "../parts/time-text.tsx";

/** Who set it and when; nothing where the default holds. */
export function SetBy({ setting }: { setting: SettingDocument }) {
  if (setting.is_default || setting.updated_at === null) return null;
  return (
    <Text span size="xs" c="dimmed">
      Set by {setting.updated_by}, <TimeText at={setting.updated_at} />
    </Text>
  );
}
