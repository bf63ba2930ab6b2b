import { Button, Group, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "../parts/form.tsx";
import { Problem } from "../parts/problem.tsx";
import { signIn } from "./access-documents.ts";

/** Form that exchanges a person's key for a session. */
export function SignInForm() {
  const [key, setKey] = useState("");
  const enter = useMutation({ mutationFn: signIn });
  const given = key.trim();
  return (
    <Form
      narrow
      aria-label="Sign in"
      onSubmit={(event) => {
        event.preventDefault();
        if (given !== "") enter.mutate(given);
      }}
    >
      <TextInput
        label="Key"
        description="Starts with rl_. An admin creates it under Settings, API keys, or with relearn keys create."
        type="password"
        name="key"
        autoComplete="current-password"
        value={key}
        onChange={(event) => setKey(event.currentTarget.value)}
        maxLength={200}
        spellCheck={false}
        data-autofocus
      />
      {!window.isSecureContext && (
        <p role="note">
          This address is not encrypted, so the browser cannot keep a session. Use https, or localhost on the
          machine of the service.
        </p>
      )}
      {enter.isError && <Problem what="Not signed in" error={enter.error} />}
      <Group>
        <Button type="submit" variant="filled" loading={enter.isPending} disabled={given === ""}>
          Sign in
        </Button>
      </Group>
    </Form>
  );
}
