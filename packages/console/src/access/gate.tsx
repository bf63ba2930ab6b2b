import { Modal, Stack } from "@mantine/core";
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
      <Stack component="main" id="main" tabIndex={-1} gap="lg" maw={512} mx="auto" mt="15vh" px="md">
        <PageTitle title="Sign in to Relearn" />
        <SignInForm />
      </Stack>
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
        <Stack>
          <p>
            {session.data?.open
              ? "A key was created, so the service requires one from now on."
              : "The session has ended."}{" "}
            Nothing on this page is lost.
          </p>
          <SignInForm />
        </Stack>
      </Modal>
    </>
  );
}
