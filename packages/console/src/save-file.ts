/** Hands the browser a file to save. */
export function saveFile(name: string, parts: readonly string[], type = "application/jsonl"): void {
  const address = URL.createObjectURL(new Blob([...parts], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
