import { Button } from "@mantine/core";
import type { SessionDocument } from "@relearn/contract";
import { useMutation } from "@tanstack/react-query";
import { signOut } from "./access-documents.ts";

/** Name and role of the person, and the button to sign out. */
export function SignedInAs({ session }: { session: SessionDocument }) {
  const leave = useMutation({ mutationFn: signOut });
  return (
    <>
      <span>
        {session.actor.name}
        {session.role !== null && `, ${session.role}`}
      </span>
      {session.session_id !== null && (
        <Button size="compact-sm" loading={leave.isPending} onClick={() => leave.mutate()}>
          Sign out
        </Button>
      )}
      {leave.isError && <span role="alert">Not signed out: {leave.error.message}</span>}
    </>
  );
}
