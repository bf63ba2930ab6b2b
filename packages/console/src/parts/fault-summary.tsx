export interface FieldFault {
  /** The id of the field. */
  readonly id: string;
  readonly label: string;
  readonly message: string;
}

/** What keeps a form from being sent, each with the way to its field. */
export function FaultSummary({ faults }: { faults: readonly FieldFault[] }) {
  if (faults.length === 0) return null;
  return (
    <div className="problem" role="alert">
      <p>{faults.length === 1 ? "One field is not right:" : `${faults.length} fields are not right:`}</p>
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
    </div>
  );
}
