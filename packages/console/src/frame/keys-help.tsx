import { Button, Modal, Stack, Text } from "@mantine/core";
import { useRouterState } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { DataTable } from "../parts/data-table.tsx";
import { ReviewHelp } from "../review/review-help.tsx";
import { reviewPreferences } from "../review/review-preferences.ts";

const keys = [
  ["?", "Show keyboard shortcuts"],
  ["Tab, Shift + Tab", "Go to the next or the previous control; the first one skips to the content"],
  ["Enter", "Activate the focused control; in a form, submit it"],
  ["Esc", "Close a dialog, or leave a field"],
  ["Arrow left, right", "In a chart: move along the points, which are announced"],
  ["+, −, Esc", "In a chart: zoom in, zoom out, show all"],
] as const;

/** Keyboard shortcuts of the current page, opened by `?` or by the button of that name. */
export function KeysHelp() {
  const [open, setOpen] = useState(false);
  const inReview = useRouterState({ select: ({ location }) => location.pathname.startsWith("/review") });
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      const target = event.target instanceof HTMLElement ? event.target : null;
      const typing = target?.closest("input, textarea, select, [contenteditable]") != null;
      const held = event.ctrlKey || event.metaKey || event.altKey;
      if (event.key !== "?" || typing || held || !reviewPreferences.keys()) return;
      if (document.querySelector('[role="dialog"]') !== null) return;
      event.preventDefault();
      setOpen(true);
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
  return (
    <>
      <Button size="compact-sm" aria-label="Help" onClick={() => setOpen(true)}>
        ?
      </Button>
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        title={inReview ? "Keyboard shortcuts in Review" : "Keyboard shortcuts"}
        size="lg"
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <Stack>
          {inReview && <ReviewHelp />}
          <DataTable
            caption="Shortcuts on every page"
            rows={keys}
            rowKey={([key]) => key}
            columns={[
              { name: "Key", kind: "nowrap", cell: ([key]) => key },
              {
                name: inReview ? "Action on every page" : "Action",
                kind: "wrap",
                cell: ([, act]) => act,
              },
            ]}
          />
          {!inReview && <Text c="dimmed">Review has its own shortcuts: press ? there.</Text>}
        </Stack>
      </Modal>
    </>
  );
}
