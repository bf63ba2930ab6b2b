import { Checkbox, NativeSelect, useMantineColorScheme } from "@mantine/core";
import { useState } from "react";
import { Page } from "../parts/page.tsx";
import { Section } from "../parts/section.tsx";
import { SettingsTabs } from "../parts/settings-tabs.tsx";
import { ReviewHelp } from "../review/review-help.tsx";
import { reviewPreferences } from "../review/review-preferences.ts";

/** Keyboard shortcuts and color scheme of this browser. */
export function KeyboardPage() {
  const [onePress, setOnePress] = useState(reviewPreferences.onePress);
  const [keysOn, setKeysOn] = useState(reviewPreferences.keys);
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Page title="Settings" part="Keyboard">
      <SettingsTabs />
      <NativeSelect
        label="Color scheme"
        maw={480}
        value={colorScheme}
        onChange={(event) => setColorScheme(event.currentTarget.value as "auto" | "light" | "dark")}
        data={[
          { value: "auto", label: "System" },
          { value: "light", label: "Light" },
          { value: "dark", label: "Dark" },
        ]}
      />
      <Section id="keys" title="Keyboard shortcuts in Review">
        <Checkbox
          label="Label and send with one key press"
          checked={onePress}
          onChange={(event) => {
            setOnePress(event.currentTarget.checked);
            reviewPreferences.setOnePress(event.currentTarget.checked);
          }}
        />
        <Checkbox
          label="Enable keyboard shortcuts"
          checked={keysOn}
          onChange={(event) => {
            setKeysOn(event.currentTarget.checked);
            reviewPreferences.setKeys(event.currentTarget.checked);
          }}
        />
        <ReviewHelp />
      </Section>
    </Page>
  );
}
