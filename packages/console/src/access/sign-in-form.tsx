import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Problem } from "../parts/problem.tsx";
import { signIn } from "./access-documents.ts";

/** A person's key for a session. */
export function SignInForm() {
  const [key, setKey] = useState("");
  const enter = useMutation({ mutationFn: signIn });
  const given = key.trim();
  return (
    <form
      className="stack form"
      aria-label="Sign in"
      onSubmit={(event) => {
        event.preventDefault();
        if (given !== "") enter.mutate(given);
      }}
    >
      <TextInput
        label="Key"
        description="It begins with rl_. An admin makes one: Settings, Keys; or relearn keys create."
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
          This address is not encrypted, so the browser will not keep a session. Reach the service over https,
          or on its own machine at localhost.
        </p>
      )}
      {enter.isError && <Problem what="Not signed in" error={enter.error} />}
      <div className="row">
        <Button type="submit" variant="filled" loading={enter.isPending} disabled={given === ""}>
          Sign in
        </Button>
      </div>
    </form>
  );
}
