import { Button, Group, Modal, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { actingAs } from "../acting-as.ts";
import { callApi } from "../api/call-api.ts";
import { Form } from "../parts/form.tsx";
import { Problem } from "../parts/problem.tsx";

/** Name that the person acts under while no key exists. A change is written to the audit log. */
export function ActingAs({ name }: { name: string }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button size="compact-sm" onClick={() => setOpen(true)}>
        Acting as {name}
      </Button>
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        title="Acting as"
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <ActingAsForm name={name} onDone={() => setOpen(false)} />
      </Modal>
    </>
  );
}

function ActingAsForm({ name, onDone }: { name: string; onDone: () => void }) {
  const client = useQueryClient();
  const [text, setText] = useState(name);
  const [failure, setFailure] = useState<Error | null>(null);
  const chosen = text.trim();
  const save = async () => {
    if (chosen === "") return;
    const before = actingAs.get();
    actingAs.set(chosen);
    try {
      if (chosen !== name) await callApi("POST", "/v1/session/acting-as", { body: { from: name } });
      await client.invalidateQueries();
      onDone();
    } catch (error) {
      actingAs.set(before);
      setFailure(error instanceof Error ? error : new Error(String(error)));
    }
  };
  return (
    <Form
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <p>No key exists, so no one is authenticated: the audit log marks the name as asserted.</p>
      <TextInput
        label="Name"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        maxLength={200}
        error={chosen === "" ? "Enter a name." : undefined}
        data-autofocus
      />
      {failure !== null && <Problem what="Not changed" error={failure} />}
      <Group>
        <Button type="submit" variant="filled" disabled={chosen === ""}>
          Use this name
        </Button>
        <Button onClick={onDone}>Cancel</Button>
      </Group>
    </Form>
  );
}
