import { Button, Group, Modal, Text, Textarea, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useId, useState } from "react";
import { queryClient } from "../api/query-client.ts";
import { Form } from "./form.tsx";
import { Problem } from "./problem.tsx";

/** Action that needs a confirmation, with the texts of its dialog. */
export interface Act {
  readonly title: string;
  readonly text: string;
  readonly confirm: string;
  readonly cancel: string;
  /** Button with the focus: rolling back is quick, promoting is slow. */
  readonly focus: "confirm" | "cancel";
  readonly reason: "none" | "optional" | "required";
  /** Word that has to be typed before the action is enabled. */
  readonly typed?: string;
  readonly run: (reason: string) => Promise<unknown>;
}

export interface ActDialog {
  /** Opens the dialog with an action. */
  readonly ask: (act: Act) => void;
  /** Dialog to render; nothing while no action is asked for. */
  readonly dialog: ReactNode;
}

/**
 * Dialog that asks before an action: it says what will happen, takes the reason, and shows why the service
 * refused. After the action all data are read again.
 */
export function useActDialog(): ActDialog {
  const [act, setAct] = useState<Act | null>(null);
  const close = () => setAct(null);
  return {
    ask: setAct,
    dialog: (
      <Modal opened={act !== null} onClose={close} title={act?.title} size="lg">
        {act !== null && <ActForm act={act} onClose={close} />}
      </Modal>
    ),
  };
}

function ActForm({ act, onClose }: { act: Act; onClose: () => void }) {
  const [reason, setReason] = useState("");
  const [typed, setTyped] = useState("");
  const blockedId = useId();
  const run = useMutation({
    mutationFn: () => act.run(reason.trim()),
    onSuccess: () => {
      onClose();
      void queryClient.invalidateQueries();
    },
  });
  const blocked =
    act.typed !== undefined && typed.trim() !== act.typed
      ? `Type ${act.typed} to continue.`
      : act.reason === "required" && reason.trim() === ""
        ? "Enter a reason to continue."
        : null;
  return (
    <Form
      onSubmit={(event) => {
        event.preventDefault();
        if (blocked === null) run.mutate();
      }}
    >
      <p>{act.text}</p>
      {act.reason !== "none" && (
        <Textarea
          label={act.reason === "optional" ? "Reason (optional)" : "Reason"}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          maxLength={2000}
        />
      )}
      {act.typed !== undefined && (
        <TextInput
          label={`Type ${act.typed}`}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete="off"
        />
      )}
      {run.isError && <Problem what="Not done" error={run.error} />}
      <Group>
        <Button
          type="submit"
          variant="filled"
          loading={run.isPending}
          disabled={blocked !== null}
          aria-describedby={blocked === null ? undefined : blockedId}
          data-autofocus={act.focus === "confirm" || undefined}
        >
          {act.confirm}
        </Button>
        <Button onClick={onClose} data-autofocus={act.focus === "cancel" || undefined}>
          {act.cancel}
        </Button>
        {blocked !== null && (
          <Text span c="dimmed" id={blockedId}>
            {blocked}
          </Text>
        )}
      </Group>
    </Form>
  );
}
