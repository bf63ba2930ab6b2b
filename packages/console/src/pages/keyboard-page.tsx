import { Checkbox, NativeSelect, useMantineColorScheme } from "@mantine/core";
import { useState } from "react";
import { Page } from "../parts/page.tsx";
import { SettingsTabs } from "../parts/settings-tabs.tsx";
import { ReviewHelp } from "../review/review-help.tsx";
import { reviewPreferences } from "../review/review-preferences.ts";

/** Keys of the review, and light or dark. */
export function KeyboardPage() {
  const [onePress, setOnePress] = useState(reviewPreferences.onePress);
  const [keysOn, setKeysOn] = useState(reviewPreferences.keys);
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Page title="Settings" part="Keyboard">
      <SettingsTabs />
      <NativeSelect
        label="Colours"
        className="form"
        value={colorScheme}
        onChange={(event) => setColorScheme(event.currentTarget.value as "auto" | "light" | "dark")}
        data={[
          { value: "auto", label: "As the system has it" },
          { value: "light", label: "Light" },
          { value: "dark", label: "Dark" },
        ]}
      />
      <section className="stack" aria-labelledby="keys">
        <h2 id="keys">Keys in Review</h2>
        <Checkbox
          label="A digit labels and sends at once"
          checked={onePress}
          onChange={(event) => {
            setOnePress(event.currentTarget.checked);
            reviewPreferences.setOnePress(event.currentTarget.checked);
          }}
        />
        <Checkbox
          label="Keys are on"
          checked={keysOn}
          onChange={(event) => {
            setKeysOn(event.currentTarget.checked);
            reviewPreferences.setKeys(event.currentTarget.checked);
          }}
        />
        <ReviewHelp />
      </section>
    </Page>
  );
}
