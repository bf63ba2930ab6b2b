interface ExportLinksProps {
  readonly path: string;
  readonly filters: Readonly<Record<string, string | undefined>>;
}

const formats = [
  { format: "jsonl", name: "JSON lines" },
  { format: "csv", name: "CSV" },
  { format: "spreadsheet", name: "for a spreadsheet" },
] as const;

/** The files of all that the filters let through, streamed by the service whatever their size. */
export function ExportLinks({ path, filters }: ExportLinksProps) {
  return (
    <span className="row">
      <span className="muted">Export</span>
      {formats.map(({ format, name }) => {
        const query = new URLSearchParams({ format });
        for (const [key, value] of Object.entries(filters)) if (value !== undefined) query.set(key, value);
        return (
          <a key={format} href={`${path}?${query}`} download className="act" aria-label={`Export ${name}`}>
            {name}
          </a>
        );
      })}
    </span>
  );
}
