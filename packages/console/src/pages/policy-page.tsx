import type { SettingDocument } from "@relearn/contract";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { settingsQuery } from "../api/documents.ts";
import { Page } from "../parts/page.tsx";
import { Region } from "../parts/region.tsx";
import { usePermission } from "../parts/rights.ts";
import { SettingsTabs } from "../parts/settings-tabs.tsx";
import { InstallationSetting } from "../settings/installation-setting.tsx";
import { policySummary, RolloutPolicyForm } from "../settings/rollout-policy.tsx";

const POLICY = "rollout_policy.";

/** What the installation has settled: each setting with its default, who set it and when. */
export function PolicyPage() {
  const settings = useQuery(settingsQuery);
  const { missing } = usePermission();
  const [saved, setSaved] = useState("");
  const blocked = missing("administer");
  // The form is made anew by what it saved, so the focus goes to what opens it.
  const noteSaved = (agent: string) => {
    setSaved(`Saved: the rollout policy of ${agent}.`);
    document.getElementById(`policy-${agent}`)?.focus();
  };
  return (
    <Page title="Settings" part="Policy">
      <SettingsTabs />
      {blocked !== null && <p>{blocked}</p>}
      <Region name="Settings" query={settings}>
        {(rows) => (
          <>
            <section className="stack-wide" aria-labelledby="installation">
              <h2 id="installation">The installation</h2>
              {rows
                .filter((setting) => !setting.key.startsWith(POLICY))
                .map((setting) => (
                  // Made anew where somebody else changed it.
                  <InstallationSetting key={versionOf(setting)} setting={setting} blocked={blocked} />
                ))}
            </section>
            <section className="stack" aria-labelledby="policies">
              <h2 id="policies">Rollout policy of each agent</h2>
              <p aria-live="polite">{saved}</p>
              {rows
                .filter((setting) => setting.key.startsWith(POLICY))
                .map((setting) => (
                  <details key={setting.key} className="fold">
                    <summary id={`policy-${setting.key.slice(POLICY.length)}`}>
                      <span className="mono">{setting.key.slice(POLICY.length)}</span>{" "}
                      <span className="muted">{policySummary(setting)}</span>
                    </summary>
                    <RolloutPolicyForm
                      key={versionOf(setting)}
                      agent={setting.key.slice(POLICY.length)}
                      setting={setting}
                      fourEyes={rows.find((one) => one.key === "four_eyes")?.value !== false}
                      blocked={blocked}
                      onSaved={noteSaved}
                    />
                  </details>
                ))}
            </section>
          </>
        )}
      </Region>
    </Page>
  );
}

function versionOf(setting: SettingDocument): string {
  return `${setting.key} ${setting.updated_at}`;
}
