import { Text } from "@mantine/core";
import type { SettingDocument } from "@relearn/contract";
import { TimeText } from "../parts/time-text.tsx";

/** Person who changed a setting, and the time; nothing for a default. */
export function SetBy({ setting }: { setting: SettingDocument }) {
  if (setting.is_default || setting.updated_at === null) return null;
  return (
    <Text span size="xs" c="dimmed">
      Set by {setting.updated_by}, <TimeText at={setting.updated_at} />
    </Text>
  );
}
