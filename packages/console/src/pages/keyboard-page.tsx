import { NativeSelect, useMantineColorScheme } from "@mantine/core";
import { DataTable } from "../parts/data-table.tsx";
import { Page } from "../parts/page.tsx";
import { SettingsTabs } from "../parts/settings-tabs.tsx";

const keys = [
  ["1 to 9", "Label, and send; choose the label where there is a comment"],
  ["Ctrl or Cmd + Enter", "Send the chosen label with its comment"],
  ["S, then 1 to 5", "Skip, with a reason"],
  ["U", "Undo my last label"],
  ["C", "Comment; Esc leaves it"],
  ["J or arrow down, K or arrow up", "Scroll the payload"],
  ["V", "Verdicts of the last item"],
  ["?", "Help"],
] as const;

/** Keys of the review, and light or dark. */
export function KeyboardPage() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Page title="Settings">
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
        <p className="muted">Dead while typing and in dialogs.</p>
        <DataTable
          caption="Keys in Review"
          rows={keys}
          rowKey={([key]) => key}
          columns={[
            { name: "Key", kind: "nowrap", cell: ([key]) => key },
            { name: "What it does", kind: "wrap", cell: ([, act]) => act },
          ]}
        />
      </section>
    </Page>
  );
}
