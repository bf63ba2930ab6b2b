import { Box, Button, Group, NativeSelect, Stack, Text, TextInput, Title } from "@mantine/core";
import type { RolloutPolicy, SettingDocument } from "@relearn/contract";
import { type ReactNode, useId, useState } from "react";
import { formatAmount } from "../format/numbers.ts";
import { DataTable } from "../parts/data-table.tsx";
import { FaultSummary } from "../parts/fault-summary.tsx";
import { Form } from "../parts/form.tsx";
import { Problem } from "../parts/problem.tsx";
import { type PolicyField, parsePolicy, parseStages, policyGroups, policyTexts } from "./policy-fields.ts";
import { SetBy } from "./set-by.tsx";
import { useSetting } from "./use-setting.ts";

interface RolloutPolicyFormProps {
  readonly agent: string;
  readonly setting: SettingDocument;
  /** Setting of the installation, which applies unless the agent has its own. */
  readonly fourEyes: boolean;
  readonly blocked: string | null;
  readonly onSaved: (agent: string) => void;
}

/** Form for an agent's rollout policy, with defaults; rows that differ are marked. */
export function RolloutPolicyForm({ agent, setting, fourEyes, blocked, onSaved }: RolloutPolicyFormProps) {
  const defaults: RolloutPolicy = { ...(setting.default as RolloutPolicy), four_eyes: fourEyes };
  const overrides = setting.value as Partial<RolloutPolicy>;
  const defaultTexts = policyTexts(defaults);
  const [texts, setTexts] = useState(() => policyTexts({ ...defaults, ...overrides }));
  const [shown, setShown] = useState<ReadonlySet<string>>(new Set());
  const getFieldId = useFieldId();
  const { save, reset } = useSetting(setting.key);
  const parsed = parsePolicy(texts, defaults);
  const stages = parseStages(texts["stages"] ?? "") ?? defaults.stages;
  const groups = policyGroups(stages.length);
  const faults = "faults" in parsed ? parsed.faults : {};
  const changed = "overrides" in parsed && JSON.stringify(parsed.overrides) !== JSON.stringify(overrides);

  const change = (path: string, text: string) => {
    const next = { ...texts, [path]: text };
    const count = path === "stages" ? (parseStages(text)?.length ?? 0) : 0;
    // A stage that is new gets the margins that its place has by default.
    for (let stage = 0; stage < count - 1; stage++) {
      const like = defaults.not_worse.at(stage === count - 2 ? -1 : 0);
      next[`not_worse.${stage}.quality`] ??= String(like?.quality ?? "");
      next[`not_worse.${stage}.latency`] ??= String(like?.latency ?? "");
    }
    setTexts(next);
  };
  const submit = () => {
    setShown(new Set(groups.flatMap((group) => group.fields.map((field) => field.path))));
    if (!("overrides" in parsed)) return;
    const onSuccess = () => onSaved(agent);
    if (Object.keys(parsed.overrides).length === 0) reset.mutate(undefined, { onSuccess });
    else save.mutate(parsed.overrides, { onSuccess });
  };
  const input = (field: PolicyField): ReactNode => {
    const shared = { id: getFieldId(field.path), "aria-label": field.label, value: texts[field.path] ?? "" };
    const onChange = (event: { currentTarget: { value: string } }) =>
      change(field.path, event.currentTarget.value);
    if (field.kind === "switch" || field.kind === "choice") {
      return (
        <NativeSelect
          {...shared}
          onChange={onChange}
          data={
            field.kind === "choice"
              ? [...field.choices]
              : [
                  { value: "true", label: "On" },
                  { value: "false", label: "Off" },
                ]
          }
        />
      );
    }
    return (
      <TextInput
        {...shared}
        onChange={onChange}
        onBlur={() => setShown(new Set([...shown, field.path]))}
        error={shown.has(field.path) ? faults[field.path] : undefined}
        inputMode={field.kind === "number" ? "decimal" : "text"}
        autoComplete="off"
      />
    );
  };
  return (
    <Form
      aria-label={`Rollout policy of ${agent}`}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {groups.map((group) => (
        <Stack component="section" key={group.name} aria-label={`${group.name}, ${agent}`}>
          <Title order={3}>{group.name}</Title>
          <DataTable
            caption={`${group.name}, ${agent}`}
            fields
            rows={group.fields}
            rowKey={(field) => field.path}
            isMarked={(field) => texts[field.path] !== defaultTexts[field.path]}
            columns={[
              {
                name: "Setting",
                kind: "wrap",
                cell: (field) => (
                  <>
                    {field.label}
                    <br />
                    <Text span size="xs" c="dimmed">
                      {field.accepted}
                    </Text>
                  </>
                ),
              },
              { name: "Value", cell: (field) => <Box w={260}>{input(field)}</Box> },
              { name: "Default", cell: (field) => describeDefault(field, defaultTexts) },
            ]}
          />
        </Stack>
      ))}
      <FaultSummary
        faults={groups
          .flatMap((group) => group.fields)
          .filter((field) => shown.has(field.path) && faults[field.path] !== undefined)
          .map((field) => ({
            id: getFieldId(field.path),
            label: field.label,
            message: faults[field.path] ?? "",
          }))}
      />
      <Group>
        <Button
          type="submit"
          variant="filled"
          disabled={blocked !== null || (!changed && "overrides" in parsed)}
          loading={save.isPending || reset.isPending}
        >
          Save
        </Button>
        {!setting.is_default && (
          <Button
            variant="subtle"
            disabled={blocked !== null}
            onClick={() => reset.mutate(undefined, { onSuccess: () => onSaved(agent) })}
          >
            Reset to defaults
          </Button>
        )}
        <SetBy setting={setting} />
      </Group>
      <Text size="xs" c="dimmed">
        Applies to rollouts proposed after saving. A running rollout keeps its policy.
      </Text>
      {save.isError && <Problem what="Not saved" error={save.error} />}
      {reset.isError && <Problem what="Not reset" error={reset.error} />}
    </Form>
  );
}

function useFieldId(): (path: string) => string {
  const id = useId();
  return (path) => `${id}-${path}`;
}

function describeDefault(field: PolicyField, texts: Readonly<Record<string, string>>): string {
  const text = texts[field.path];
  if (text === undefined) return "";
  if (field.kind === "switch") return text === "true" ? "On" : "Off";
  if (field.kind === "choice") return field.choices.find((one) => one.value === text)?.label ?? text;
  return text;
}

/** Summary of a policy before it is opened. */
export function policySummary(setting: SettingDocument): string {
  const count = Object.keys(setting.value as object).length;
  return count === 0 ? "default" : `${formatAmount(count, "setting")} changed`;
}
