import {
  Box,
  Button,
  type ButtonProps,
  Group,
  Kbd,
  Menu,
  SimpleGrid,
  Stack,
  Text,
  Textarea,
} from "@mantine/core";
import type { ReviewItemDocument, SkipReason } from "@relearn/contract";
import { type ReactNode, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { keepDraft, readDraft } from "./answer-outbox.ts";
import classes from "./review.module.css";
import { reviewPreferences } from "./review-preferences.ts";
import { useReviewKeys } from "./use-review-keys.ts";
import type { ReviewSession } from "./use-review-session.ts";

const skipReasons: readonly { readonly reason: SkipReason; readonly words: string }[] = [
  { reason: "unclear", words: "Unclear" },
  { reason: "missing_data", words: "Missing data" },
  { reason: "not_my_field", words: "Not my field" },
  { reason: "duplicate", words: "Duplicate" },
  { reason: "other", words: "Other" },
];

/** A label is read whole, since two long ones may differ at their ends only; it is large enough for a finger. */
const CHOICE: ButtonProps = {
  justify: "flex-start",
  h: "auto",
  mih: { base: 44, md: 36 },
  py: 4,
  styles: {
    label: {
      height: "auto",
      overflow: "visible",
      whiteSpace: "normal",
      overflowWrap: "anywhere",
      textAlign: "start",
    },
  },
};

interface AnswerPanelProps {
  readonly item: ReviewItemDocument;
  readonly person: string;
  readonly labels: readonly string[];
  readonly session: Pick<ReviewSession, "answer" | "undo" | "setMessage">;
  /** Line about the answer before, or null if there is none. */
  readonly last: ReactNode;
}

/** Labels, skip reasons and comment for one item, with their keys. */
export function AnswerPanel({ item, person, labels, session, last }: AnswerPanelProps) {
  const [notes, setNotes] = useState(() => readDraft(localStorage, person, item.item_id));
  const [chosen, setChosen] = useState<string | null>(null);
  const [isSkipping, setIsSkipping] = useState(false);
  const [isCommenting, setIsCommenting] = useState(false);
  const comment = useRef<HTMLTextAreaElement>(null);

  const sendLabel = (label: string) => session.answer({ label, skip_reason: null, notes });
  const sendSkip = (reason: SkipReason) => session.answer({ label: null, skip_reason: reason, notes });
  const choose = (label: string) => {
    // With a comment, or with one-press labeling off, a digit only chooses; Ctrl or Cmd + Enter sends.
    if (notes.trim() !== "" || !reviewPreferences.onePress()) setChosen(label);
    else sendLabel(label);
  };
  const openComment = () => {
    // In a narrow window the field is hidden until it is wanted. Rendered at once: the next letter is text.
    flushSync(() => setIsCommenting(true));
    comment.current?.focus();
  };

  useReviewKeys(
    {
      label: ({ index }) => {
        const label = labels[index];
        if (label !== undefined) choose(label);
      },
      skip_reason: ({ index }) => {
        const skip = skipReasons[index];
        if (skip !== undefined) sendSkip(skip.reason);
      },
      send: () => {
        if (chosen !== null) sendLabel(chosen);
        else session.setMessage("No label is chosen. Press its digit first.");
      },
      skip: () => setIsSkipping(true),
      comment: openComment,
      leave: () => {
        comment.current?.blur();
        setIsSkipping(false);
      },
    },
    isSkipping,
  );

  return (
    <Stack component="aside" className={classes["answer"]} aria-label="Answer">
      <Text visibleFrom="md">
        <Text span c="dimmed">
          Why:{" "}
        </Text>
        {item.why}
      </Text>
      {isSkipping ? (
        <Choices label="Reason to skip">
          {skipReasons.map(({ reason, words }, index) => (
            <Button {...CHOICE} key={reason} onClick={() => sendSkip(reason)}>
              <Kbd>{index + 1}</Kbd>
              {words}
            </Button>
          ))}
          <Button {...CHOICE} variant="subtle" onClick={() => setIsSkipping(false)}>
            <Kbd>Esc</Kbd>Cancel
          </Button>
        </Choices>
      ) : (
        <Choices label="Labels">
          {labels.map((label, index) => (
            <Button
              {...CHOICE}
              key={label}
              variant={chosen === label ? "filled" : "default"}
              aria-pressed={chosen === label}
              onClick={() => choose(label)}
            >
              {index < 9 && <Kbd>{index + 1}</Kbd>}
              {label}
            </Button>
          ))}
          {chosen !== null && (
            <Button {...CHOICE} variant="filled" onClick={() => sendLabel(chosen)}>
              <Kbd>Ctrl Enter</Kbd>Send {chosen}
            </Button>
          )}
        </Choices>
      )}
      <Textarea
        ref={comment}
        {...(isCommenting || notes !== "" ? {} : { visibleFrom: "md" })}
        label={
          <>
            <Kbd>C</Kbd>Comment
          </>
        }
        value={notes}
        onChange={(event) => {
          const text = event.currentTarget.value;
          setNotes(text);
          keepDraft(localStorage, person, item.item_id, text);
        }}
        maxLength={10_000}
        minRows={1}
      />
      <Group visibleFrom="md">
        <Button onClick={() => setIsSkipping(true)}>
          <Kbd>S</Kbd>Skip
        </Button>
        <Button onClick={() => void session.undo()}>
          <Kbd>U</Kbd>Undo
        </Button>
      </Group>
      <Group justify="space-between">
        {last ?? <span />}
        <Box hiddenFrom="md">
          <Menu position="top-end">
            <Menu.Target>
              <Button>More</Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => setIsSkipping(true)}>Skip</Menu.Item>
              <Menu.Item onClick={openComment}>Comment</Menu.Item>
              <Menu.Item onClick={() => void session.undo()}>Undo</Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </Box>
      </Group>
    </Stack>
  );
}

function Choices({ label, children }: { label: string; children: ReactNode }) {
  return (
    <SimpleGrid
      component="fieldset"
      cols={{ base: 2, md: 1 }}
      spacing="xs"
      m={0}
      p={0}
      miw={0}
      bd={0}
      aria-label={label}
    >
      {children}
    </SimpleGrid>
  );
}
