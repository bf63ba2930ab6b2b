/** Whether the text says a confidence that the service takes. */
export function isConfidence(text: string): boolean {
  const value = Number(text);
  return Number.isInteger(value) && value >= 0 && value <= 100;
}
