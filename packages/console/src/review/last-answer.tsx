import { Button, Group, Kbd, Stack } from "@mantine/core";
import type { AnswerResult } from "@relearn/contract";
import { LabelsBought } from "./labels-bought.tsx";
import { VerdictsView } from "./verdicts-view.tsx";

export interface LastAnswer {
  readonly result: AnswerResult;
  readonly words: string;
}

interface LastAnswerLineProps {
  readonly last: LastAnswer;
  readonly agent: string;
  readonly shown: boolean;
  readonly onToggle: () => void;
}

/** Describes the last answer and the panel's verdict on it. */
export function lastWords({ result, words }: LastAnswer): string {
  const { panel } = result.revealed;
  const top = panel === null ? undefined : Object.entries(panel).sort(([, a], [, b]) => b - a)[0];
  return `Last: you ${words}${top === undefined ? "" : `, panel ${top[0]} ${top[1].toFixed(2).replace(/^0/, "")}`}`;
}

/** Last answer, with the verdicts on its item. */
export function LastAnswerLine({ last, agent, shown, onToggle }: LastAnswerLineProps) {
  return (
    <Stack>
      <Group>
        <span>{lastWords(last)}</span>
        <Button size="compact-sm" aria-expanded={shown} onClick={onToggle}>
          <Kbd>V</Kbd>Verdicts
        </Button>
      </Group>
      {shown && (
        <>
          <VerdictsView last={last.result} />
          <LabelsBought agent={agent} />
        </>
      )}
    </Stack>
  );
}
