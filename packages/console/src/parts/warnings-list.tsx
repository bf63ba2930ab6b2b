import type { BundleWarning } from "@relearn/client";

/** A bundle's warnings; they come before anything that could be approved. */
export function WarningsList({ warnings }: { warnings: readonly BundleWarning[] }) {
  if (warnings.length === 0) return <p className="muted">No warning.</p>;
  return (
    <ul className="stack" style={{ listStyle: "none", padding: 0 }}>
      {warnings.map((warning) => (
        <li key={warning.code + warning.message} className="warning">
          {warning.message} <span className="meta mono">{warning.code}</span>
        </li>
      ))}
    </ul>
  );
}
