import { Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ApiError } from "../api/call-api.ts";
import { sessionQuery } from "../api/documents.ts";
import { Frame } from "../frame/frame.tsx";
import { PageTitle } from "../parts/page.tsx";
import { SignInForm } from "./sign-in-form.tsx";

/**
 * In front of every page: who is not signed in signs in first. Where a session ends in the middle of something,
 * the page stays as it is beneath the question, with every word in it.
 */
export function Gate() {
  const session = useQuery(sessionQuery);
  const isOut = session.error instanceof ApiError && session.error.status === 401;
  if (session.data === undefined && isOut) {
    return (
      <main className="sign-in stack-wide" id="main" tabIndex={-1}>
        <PageTitle title="Sign in to Relearn" />
        <SignInForm />
      </main>
    );
  }
  return (
    <>
      <Frame />
      <Modal
        opened={isOut}
        onClose={() => {}}
        withCloseButton={false}
        closeOnEscape={false}
        closeOnClickOutside={false}
        title="Sign in again"
      >
        <div className="stack">
          <p>
            {session.data?.open
              ? "A key has been made, so the service asks everybody for one from now on."
              : "The session has ended."}{" "}
            Nothing on this page is lost.
          </p>
          <SignInForm />
        </div>
      </Modal>
    </>
  );
}
