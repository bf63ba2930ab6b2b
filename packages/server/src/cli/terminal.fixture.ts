import { EventEmitter } from "node:events";

/** Creates a terminal with scripted keys; each step of the script waits for its text on the screen. */
export function scriptedTerminal(script: readonly (readonly [expected: string, keys: string])[]) {
  const keyboard = new EventEmitter();
  let screen = "";
  let step = 0;
  let scheduled = false;
  const type = (): void => {
    const next = script[step];
    if (next === undefined || scheduled || !screen.includes(next[0])) return;
    scheduled = true;
    // After the session has begun to wait for a key.
    setImmediate(() => {
      scheduled = false;
      step += 1;
      screen = "";
      keyboard.emit("data", next[1]);
    });
  };
  let whole = "";
  const raw: boolean[] = [];
  return {
    input: Object.assign(keyboard, {
      isTTY: true,
      setRawMode: (on: boolean) => raw.push(on),
      resume: () => {},
      pause: () => {},
    }),
    output: {
      isTTY: true,
      write(text: string) {
        whole += text;
        screen += text;
        type();
      },
    },
    /** Everything that was written. */
    text: () => whole,
    /** Every value to which raw mode was set. */
    raw,
    stepsLeft: () => script.length - step,
  };
}
