import { Empty } from "../parts/empty.tsx";
import { Page } from "../parts/page.tsx";
import { SettingsTabs } from "../parts/settings-tabs.tsx";

/** Keys of people and agents. */
export function KeysPage() {
  return (
    <Page title="Settings">
      <SettingsTabs />
      <Empty>
        No keys. Make one before others connect: relearn keys create --role admin, on this machine.
      </Empty>
    </Page>
  );
}
