/** Fault that makes a file unreadable: in its header, in its encoding, or a quote that is never closed. */
export class TableError extends Error {
  override readonly name = "TableError";
  /** Line of the fault, from 1; null if the fault concerns the whole file. */
  readonly line: number | null;

  /** `message`: a predicate of the line, or of the file: "names the column "x" twice". */
  constructor(line: number | null, message: string) {
    super(message);
    this.line = line;
  }

  /** Returns the fault as a sentence about the file `name`: "a.csv line 1 names the column "x" twice." */
  toSentence(name: string): string {
    return `${name}${this.line === null ? "" : ` line ${this.line}`} ${this.message}.`;
  }
}
