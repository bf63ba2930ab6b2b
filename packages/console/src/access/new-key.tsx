import { Button, Modal, NativeSelect, TextInput } from "@mantine/core";
import type { CreatedKey, Role, SessionDocument } from "@relearn/contract";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Problem } from "../parts/problem.tsx";
import { createKey } from "./access-documents.ts";

const roles: readonly { readonly value: Role; readonly label: string }[] = [
  { value: "viewer", label: "viewer: sees everything" },
  { value: "agent", label: "agent: sends signals, fetches its config, sees nothing" },
  { value: "reviewer", label: "reviewer: labels" },
  { value: "approver", label: "approver: labels, proposes, approves, releases, takes back" },
  { value: "operator", label: "operator: runs the installation, releases what others approved" },
  { value: "admin", label: "admin: everything, keys and settings too" },
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

/** Makes a key, and shows its secret the one time that it is to be had. */
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
        {isFirst ? "Make the first key" : "Make a key"}
      </Button>
      {blocked !== null && <span id="new-key-blocked">{blocked}</span>}
      <Modal
        opened={asking && created === null}
        onClose={() => setAsking(false)}
        title={isFirst ? "Make the first key" : "Make a key"}
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
        title={created === null ? "" : `The key of ${created.key.person}, ${created.key.role}`}
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
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (person.trim() !== "") make.mutate();
      }}
    >
      {isFirst && (
        <p>
          From then on everybody needs a key, at once. This browser signs in with the new one; every other
          person and agent needs one of their own.
        </p>
      )}
      <TextInput
        label="Person"
        description="Who acts where the key is used. All keys of one person are one pair of eyes."
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
        {...(isFirst ? { description: "The first key is an admin's: only an admin makes others." } : {})}
      />
      <TextInput
        label="Name (optional)"
        description="What the key is for, such as laptop or triage in production."
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        maxLength={100}
        autoComplete="off"
      />
      <NativeSelect
        label="Ends"
        value={days}
        onChange={(event) => setDays(event.currentTarget.value)}
        data={ends}
      />
      {make.isError && <Problem what="No key made" error={make.error} />}
      <div className="row">
        <Button type="submit" variant="filled" loading={make.isPending} disabled={person.trim() === ""}>
          Make the key
        </Button>
        <Button onClick={onCancel}>Cancel</Button>
      </div>
    </form>
  );
}

function Secret({ created, onDone }: { created: CreatedKey; onDone: () => void }) {
  const [copied, setCopied] = useState<string | null>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(created.secret);
      setCopied("Copied.");
    } catch {
      setCopied("The browser does not let this page copy. Select the key and copy it.");
    }
  };
  return (
    <div className="stack">
      <p>This is the only time it is shown. Relearn keeps no copy of it.</p>
      <p>
        <code data-testid="secret">{created.secret}</code>
      </p>
      <p className="muted">
        {created.key.role === "agent"
          ? "For the agent: createSwitchboard({ apiKey }), or Authorization: Bearer KEY."
          : "Its person signs in here with it; for the command line, RELEARN_API_KEY."}
      </p>
      <div className="row">
        <Button variant="filled" onClick={() => void copy()} data-autofocus>
          Copy the key
        </Button>
        <Button onClick={onDone}>I have kept it</Button>
        <span role="status">{copied}</span>
      </div>
    </div>
  );
}
