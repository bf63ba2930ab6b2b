import { Button } from "@mantine/core";
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

/** My last answer in words, and what the panel said of it. */
export function lastWords({ result, words }: LastAnswer): string {
  const { panel } = result.revealed;
  const top = panel === null ? undefined : Object.entries(panel).sort(([, a], [, b]) => b - a)[0];
  return `Last: you ${words}${top === undefined ? "" : `, panel ${top[0]} ${top[1].toFixed(2).replace(/^0/, "")}`}`;
}

/** My last answer, and what others said of that item, shown once it is stored. */
export function LastAnswerLine({ last, agent, shown, onToggle }: LastAnswerLineProps) {
  return (
    <div className="stack review-last">
      <div className="row">
        <span>{lastWords(last)}</span>
        <Button size="compact-sm" aria-expanded={shown} onClick={onToggle}>
          <kbd>V</kbd>Verdicts
        </Button>
      </div>
      {shown && (
        <>
          <VerdictsView last={last.result} />
          <LabelsBought agent={agent} />
        </>
      )}
    </div>
  );
}
