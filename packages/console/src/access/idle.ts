/**
 * Tells whether a person is at the console. Its pages ask the service by themselves every few seconds; a session that
 * this kept alive would never end on a desk that its person has left.
 */
const IDLE_AFTER_MS = 60_000;

let lastInput = Date.now();

for (const kind of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"] as const) {
  addEventListener(
    kind,
    () => {
      lastInput = Date.now();
    },
    { passive: true, capture: true },
  );
}

export function isIdle(): boolean {
  return Date.now() - lastInput > IDLE_AFTER_MS;
}
