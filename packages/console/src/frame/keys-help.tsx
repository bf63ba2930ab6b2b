import { Button, Modal } from "@mantine/core";
import { useRouterState } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { DataTable } from "../parts/data-table.tsx";
import { ReviewHelp } from "../review/review-help.tsx";
import { reviewPreferences } from "../review/review-preferences.ts";

const keys = [
  ["?", "These keys"],
  ["Tab, Shift + Tab", "To the next control, to the one before; the first of a page skips to its content"],
  ["Enter", "Press what has the focus; in a form, send it"],
  ["Esc", "Leave a dialog or a field"],
  ["Arrow left, right", "In a chart: along its points, which are read out"],
  ["+, −, Esc", "In a chart: zoom in, zoom out, show all"],
] as const;

/** The keys of the page one is on, from everywhere: `?`, or the button of that name. */
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
        title={inReview ? "Keys in Review" : "Keys"}
        size="lg"
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <div className="stack">
          {inReview && <ReviewHelp />}
          <DataTable
            caption="Keys everywhere"
            rows={keys}
            rowKey={([key]) => key}
            columns={[
              { name: "Key", kind: "nowrap", cell: ([key]) => key },
              {
                name: inReview ? "What it does everywhere" : "What it does",
                kind: "wrap",
                cell: ([, act]) => act,
              },
            ]}
          />
          {!inReview && <p className="muted">Review has keys of its own; press ? there.</p>}
        </div>
      </Modal>
    </>
  );
}
