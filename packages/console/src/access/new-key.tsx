import { Button, Code, Group, Modal, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import type { CreatedKey, Role, SessionDocument } from "@relearn/contract";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "../parts/form.tsx";
import { Problem } from "../parts/problem.tsx";
import { createKey } from "./access-documents.ts";

const roles: readonly { readonly value: Role; readonly label: string }[] = [
  { value: "viewer", label: "viewer: reads everything" },
  { value: "agent", label: "agent: sends signals and fetches its configuration; reads nothing else" },
  { value: "reviewer", label: "reviewer: labels" },
  { value: "approver", label: "approver: labels, proposes, approves, releases, rolls back" },
  { value: "operator", label: "operator: runs jobs, releases what others approved" },
  { value: "admin", label: "admin: everything, including keys and settings" },
];

const ends = [
  { value: "30", label: "In 30 days" },
  { value: "90", label: "In 90 days" },
  { value: "365", label: "In a year" },
  { value: "", label: "Never" },
];

interface NewKeyProps {
  readonly session: SessionDocument | undefined;
  readonly blocked: string | null;
}

/** Creates a key and shows its secret once. */
export function NewKey({ session, blocked }: NewKeyProps) {
  const isFirst = session?.open ?? false;
  const [asking, setAsking] = useState(false);
  const [created, setCreated] = useState<CreatedKey | null>(null);
  return (
    <>
      <Button
        onClick={() => setAsking(true)}
        disabled={blocked !== null}
        {...(blocked === null ? {} : { "aria-describedby": "new-key-blocked" })}
      >
        {isFirst ? "Create the first key" : "Create key"}
      </Button>
      {blocked !== null && <span id="new-key-blocked">{blocked}</span>}
      <Modal
        opened={asking && created === null}
        onClose={() => setAsking(false)}
        title={isFirst ? "Create the first key" : "Create key"}
        size="lg"
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <NewKeyForm
          isFirst={isFirst}
          person={isFirst ? (session?.actor.name ?? "") : ""}
          onCreated={setCreated}
          onCancel={() => setAsking(false)}
        />
      </Modal>
      <Modal
        opened={created !== null}
        onClose={() => {}}
        withCloseButton={false}
        closeOnEscape={false}
        closeOnClickOutside={false}
        title={created === null ? "" : `Key of ${created.key.person}, ${created.key.role}`}
        size="lg"
      >
        {created !== null && (
          <Secret
            created={created}
            onDone={() => {
              setCreated(null);
              setAsking(false);
            }}
          />
        )}
      </Modal>
    </>
  );
}

interface NewKeyFormProps {
  readonly isFirst: boolean;
  readonly person: string;
  readonly onCreated: (created: CreatedKey) => void;
  readonly onCancel: () => void;
}

function NewKeyForm({ isFirst, person: suggested, onCreated, onCancel }: NewKeyFormProps) {
  const [person, setPerson] = useState(suggested);
  const [role, setRole] = useState<Role>(isFirst ? "admin" : "reviewer");
  const [name, setName] = useState("");
  const [days, setDays] = useState("365");
  const make = useMutation({
    mutationFn: () =>
      createKey({ person: person.trim(), role, name, days: days === "" ? null : Number(days) }, isFirst),
    onSuccess: onCreated,
  });
  return (
    <Form
      onSubmit={(event) => {
        event.preventDefault();
        if (person.trim() !== "") make.mutate();
      }}
    >
      {isFirst && (
        <p>
          From then on everyone needs a key. This browser signs in with the new one; every other person and
          agent needs their own.
        </p>
      )}
      <TextInput
        label="Person"
        description="Person who acts with the key. All keys of one person count as one approver."
        value={person}
        onChange={(event) => setPerson(event.currentTarget.value)}
        maxLength={200}
        autoComplete="off"
        data-autofocus
      />
      <NativeSelect
        label="Role"
        value={role}
        disabled={isFirst}
        onChange={(event) => setRole(event.currentTarget.value as Role)}
        data={[...roles]}
        {...(isFirst ? { description: "The first key is an admin key: only admins create keys." } : {})}
      />
      <TextInput
        label="Name (optional)"
        description="Purpose of the key, such as laptop or triage in production."
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        maxLength={100}
        autoComplete="off"
      />
      <NativeSelect
        label="Expires"
        value={days}
        onChange={(event) => setDays(event.currentTarget.value)}
        data={ends}
      />
      {make.isError && <Problem what="Key not created" error={make.error} />}
      <Group>
        <Button type="submit" variant="filled" loading={make.isPending} disabled={person.trim() === ""}>
          Create key
        </Button>
        <Button onClick={onCancel}>Cancel</Button>
      </Group>
    </Form>
  );
}

function Secret({ created, onDone }: { created: CreatedKey; onDone: () => void }) {
  const [copied, setCopied] = useState<string | null>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(created.secret);
      setCopied("Copied.");
    } catch {
      setCopied("The browser does not allow this page to copy. Select the key and copy it.");
    }
  };
  return (
    <Stack>
      <p>The key is shown only once. Relearn does not store it.</p>
      <p>
        <Code data-testid="secret">{created.secret}</Code>
      </p>
      <Text c="dimmed">
        {created.key.role === "agent"
          ? "For the agent: createSwitchboard({ apiKey }), or Authorization: Bearer KEY."
          : "Sign in here with the key; for the command line, set RELEARN_API_KEY."}
      </Text>
      <Group>
        <Button variant="filled" onClick={() => void copy()} data-autofocus>
          Copy key
        </Button>
        <Button onClick={onDone}>Done, I saved it</Button>
        <span role="status">{copied}</span>
      </Group>
    </Stack>
  );
}
