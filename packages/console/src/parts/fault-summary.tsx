import { Notice } from "./notice.tsx";

export interface FieldFault {
  /** The id of the field. */
  readonly id: string;
  readonly label: string;
  readonly message: string;
}

/** List of the errors that keep a form from being sent, each with a link to its field. */
export function FaultSummary({ faults }: { faults: readonly FieldFault[] }) {
  if (faults.length === 0) return null;
  return (
    <Notice kind="failure">
      <p>{faults.length === 1 ? "One field has an error:" : `${faults.length} fields have errors:`}</p>
      <ul>
        {faults.map(({ id, label, message }) => (
          <li key={id}>
            <a
              href={`#${id}`}
              onClick={(event) => {
                event.preventDefault();
                document.getElementById(id)?.focus();
              }}
            >
              {label}
            </a>
            : {message}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
