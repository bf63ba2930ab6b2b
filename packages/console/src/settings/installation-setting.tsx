import { Button, Group, NativeSelect, TextInput } from "@mantine/core";
import type { SettingDocument } from "@relearn/contract";
import { useId, useState } from "react";
import { Form } from "../parts/form.tsx";
import { Problem } from "../parts/problem.tsx";
import { SetBy } from "./set-by.tsx";
import { useSetting } from "./use-setting.ts";

const names: Readonly<Record<string, string>> = {
  time_zone: "Time zone of the daily jobs",
  four_eyes: "Four-eyes approval",
  public_url: "Public URL",
};

/** Error of a setting's text with what is accepted, or null if it is valid. */
function findFault(key: string, text: string): string | null {
  if (key === "time_zone") {
    return timeZones().includes(text)
      ? null
      : `"${text}" is not a time zone. Enter an IANA name, such as UTC, Europe/Berlin or America/New_York.`;
  }
  if (key === "public_url" && text !== "") {
    const url = URL.canParse(text) ? new URL(text) : null;
    const fine = url?.protocol === "https:" || url?.protocol === "http:";
    return fine && url.search === "" && url.hash === "" && url.username === ""
      ? null
      : "Enter a URL such as https://relearn.example.org, without query or fragment.";
  }
  return null;
}

function timeZones(): string[] {
  return ["UTC", ...Intl.supportedValuesOf("timeZone")];
}

/** One setting of the installation: its field, its default, who set it. */
export function InstallationSetting({
  setting,
  blocked,
}: {
  setting: SettingDocument;
  blocked: string | null;
}) {
  const stored = setting.value === null ? "" : String(setting.value);
  const [text, setText] = useState(stored);
  const [left, setLeft] = useState(false);
  const listId = useId();
  const { save, reset } = useSetting(setting.key);
  const fault = findFault(setting.key, text);
  const field = {
    label: names[setting.key] ?? setting.key,
    description: `${setting.description}. Default: ${defaultText(setting)}.`,
    value: text,
  };
  const submit = () => {
    setLeft(true);
    if (fault !== null) return;
    if (text === "") reset.mutate();
    else save.mutate(typeof setting.value === "boolean" ? text === "true" : text);
  };
  return (
    <Form
      aria-label={field.label}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Group align="flex-end" wrap="nowrap">
        {typeof setting.value === "boolean" ? (
          <NativeSelect
            {...field}
            w={480}
            onChange={(event) => setText(event.currentTarget.value)}
            data={[
              { value: "true", label: "On" },
              { value: "false", label: "Off" },
            ]}
          />
        ) : (
          <TextInput
            {...field}
            w={480}
            onChange={(event) => setText(event.currentTarget.value)}
            onBlur={() => setLeft(true)}
            error={left && fault !== null ? fault : undefined}
            list={setting.key === "time_zone" ? listId : undefined}
            spellCheck={false}
            autoComplete="off"
          />
        )}
        <Button type="submit" disabled={blocked !== null || text === stored} loading={save.isPending}>
          Save
        </Button>
      </Group>
      {setting.key === "time_zone" && (
        <datalist id={listId}>
          {timeZones().map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
      )}
      {!setting.is_default && (
        <Group>
          <SetBy setting={setting} />
          <Button
            variant="subtle"
            disabled={blocked !== null}
            loading={reset.isPending}
            onClick={() => reset.mutate()}
          >
            Reset to default
          </Button>
        </Group>
      )}
      {save.isError && <Problem what="Not saved" error={save.error} />}
      {reset.isError && <Problem what="Not reset" error={reset.error} />}
    </Form>
  );
}

function defaultText({ default: value }: SettingDocument): string {
  if (value === null || value === undefined) return "none";
  return typeof value === "boolean" ? (value ? "on" : "off") : String(value);
}
