import { Button, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { SettingDocument } from "../../../server/src/http-contract.ts";
import { callApi } from "../api/call-api.ts";
import { settingsQuery } from "../api/documents.ts";
import { queryClient } from "../api/query-client.ts";
import { Page } from "../parts/page.tsx";
import { Problem } from "../parts/problem.tsx";
import { Region } from "../parts/region.tsx";
import { usePermission } from "../parts/rights.ts";
import { SettingsTabs } from "../parts/settings-tabs.tsx";
import { TimeText } from "../parts/time-text.tsx";

/** What the installation has settled: each setting with its default, who set it and when. */
export function PolicyPage() {
  const settings = useQuery(settingsQuery);
  return (
    <Page title="Settings" part="Policy">
      <SettingsTabs />
      <Region name="Settings" query={settings}>
        {(rows) => (
          <div className="stack-wide">
            {rows.map((setting) => (
              // Made anew where somebody else changed it.
              <SettingForm key={`${setting.key} ${setting.updated_at}`} setting={setting} />
            ))}
          </div>
        )}
      </Region>
    </Page>
  );
}

function SettingForm({ setting }: { setting: SettingDocument }) {
  const { missing } = usePermission();
  const [text, setText] = useState(() => textOf(setting.value));
  const [fault, setFault] = useState<string | null>(null);
  const blocked = missing("administer");
  const address = `/v1/settings/${encodeURIComponent(setting.key)}`;
  const save = useMutation({
    mutationFn: (value: unknown) => callApi("PUT", address, { body: { value } }),
    onSuccess: () => queryClient.invalidateQueries(),
  });
  const reset = useMutation({
    mutationFn: () => callApi("DELETE", address),
    onSuccess: () => queryClient.invalidateQueries(),
  });
  const submit = () => {
    try {
      setFault(null);
      save.mutate(typeof setting.value === "string" ? text : JSON.parse(text));
    } catch (error) {
      setFault(`This is no JSON: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  return (
    <form
      className="stack form"
      aria-labelledby={`setting-${setting.key}`}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <h2 id={`setting-${setting.key}`} className="mono">
        {setting.key}
      </h2>
      {typeof setting.value === "boolean" ? (
        <NativeSelect
          label={setting.description}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          data={[
            { value: "true", label: "On" },
            { value: "false", label: "Off" },
          ]}
        />
      ) : typeof setting.value === "string" ? (
        <TextInput
          label={setting.description}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      ) : (
        <Textarea
          label={`${setting.description}, as JSON`}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          error={fault ?? undefined}
          spellCheck={false}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        />
      )}
      <p className="meta">
        {setting.is_default || setting.updated_at === null ? (
          "Default"
        ) : (
          <>
            Set by {setting.updated_by}, <TimeText at={setting.updated_at} />
          </>
        )}
      </p>
      <div className="row">
        <Button
          type="submit"
          disabled={blocked !== null || text === textOf(setting.value)}
          loading={save.isPending}
        >
          Save
        </Button>
        {!setting.is_default && (
          <Button variant="subtle" disabled={blocked !== null} onClick={() => reset.mutate()}>
            Back to the default
          </Button>
        )}
        {blocked !== null && <span>{blocked}</span>}
      </div>
      {save.isError && <Problem what="Not saved" error={save.error} />}
      {reset.isError && <Problem what="Not reset" error={reset.error} />}
    </form>
  );
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
