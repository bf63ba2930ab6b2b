import { Text } from "@mantine/core";
import type { SettingDocument } from "@relearn/contract";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { settingsQuery } from "../api/documents.ts";
import { Page } from "../parts/page.tsx";
import { Region } from "../parts/region.tsx";
import { usePermission } from "../parts/rights.ts";
import { Section } from "../parts/section.tsx";
import { SettingsTabs } from "../parts/settings-tabs.tsx";
import { InstallationSetting } from "../settings/installation-setting.tsx";
import { policySummary, RolloutPolicyForm } from "../settings/rollout-policy.tsx";

const POLICY = "rollout_policy.";

/** Settings of the installation and rollout policies of its agents. */
export function PolicyPage() {
  const settings = useQuery(settingsQuery);
  const { missing } = usePermission();
  const [saved, setSaved] = useState("");
  const blocked = missing("administer");
  // Saving rebuilds the form, so the focus goes to the summary that opens it.
  const noteSaved = (agent: string) => {
    setSaved(`Saved the rollout policy of ${agent}.`);
    document.getElementById(`policy-${agent}`)?.focus();
  };
  return (
    <Page title="Settings" part="Policy">
      <SettingsTabs />
      {blocked !== null && <p>{blocked}</p>}
      <Region name="Settings" query={settings}>
        {(rows) => (
          <>
            <Section id="installation" title="Installation" gap="lg">
              {rows
                .filter((setting) => !setting.key.startsWith(POLICY))
                .map((setting) => (
                  // Rebuilt if someone else changed it.
                  <InstallationSetting key={formatVersion(setting)} setting={setting} blocked={blocked} />
                ))}
            </Section>
            <Section id="policies" title="Rollout policies">
              <p aria-live="polite">{saved}</p>
              {rows
                .filter((setting) => setting.key.startsWith(POLICY))
                .map((setting) => (
                  <details key={setting.key}>
                    <summary id={`policy-${setting.key.slice(POLICY.length)}`}>
                      <span className="mono">{setting.key.slice(POLICY.length)}</span>{" "}
                      <Text span c="dimmed">
                        {policySummary(setting)}
                      </Text>
                    </summary>
                    <RolloutPolicyForm
                      key={formatVersion(setting)}
                      agent={setting.key.slice(POLICY.length)}
                      setting={setting}
                      fourEyes={rows.find((one) => one.key === "four_eyes")?.value !== false}
                      blocked={blocked}
                      onSaved={noteSaved}
                    />
                  </details>
                ))}
            </Section>
          </>
        )}
      </Region>
    </Page>
  );
}

function formatVersion(setting: SettingDocument): string {
  return `${setting.key} ${setting.updated_at}`;
}
