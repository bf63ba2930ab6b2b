import { Button, Modal, Textarea, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useId, useState } from "react";
import { Problem } from "./problem.tsx";

export interface Act {
  readonly title: string;
  readonly text: string;
  readonly confirm: string;
  readonly cancel: string;
  /** Which of the two has the focus: taking back is quick, widening is slow. */
  readonly focus: "confirm" | "cancel";
  readonly reason: "none" | "optional" | "required";
  /** A word that has to be typed before the act can be done. */
  readonly typed?: string;
  readonly run: (reason: string) => Promise<unknown>;
}

interface ConfirmActProps {
  readonly act: Act | null;
  readonly onClose: () => void;
  readonly onDone?: () => void;
}

/** The question before a dangerous act; says what becomes of it, and the service's refusal where it refuses. */
export function ConfirmAct({ act, onClose, onDone }: ConfirmActProps) {
  return (
    <Modal
      opened={act !== null}
      onClose={onClose}
      title={act?.title}
      size="lg"
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {act !== null && <ActForm act={act} onClose={onClose} onDone={onDone ?? onClose} />}
    </Modal>
  );
}

function ActForm({ act, onClose, onDone }: { act: Act; onClose: () => void; onDone: () => void }) {
  const [reason, setReason] = useState("");
  const [typed, setTyped] = useState("");
  const blockedId = useId();
  const run = useMutation({ mutationFn: () => act.run(reason.trim()), onSuccess: onDone });
  const blocked =
    act.typed !== undefined && typed.trim() !== act.typed
      ? `Type ${act.typed} first.`
      : act.reason === "required" && reason.trim() === ""
        ? "Give a reason first."
        : null;
  return (
    <form
      className="stack"
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
      <div className="row">
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
          <span id={blockedId} className="muted">
            {blocked}
          </span>
        )}
      </div>
    </form>
  );
}
