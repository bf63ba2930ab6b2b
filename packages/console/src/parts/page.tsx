import { type ReactNode, useEffect, useRef } from "react";

interface PageProps {
  readonly title: string;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** A list's page: its name, which gets the focus when one comes here, and what one can do. */
export function Page({ title, actions, children }: PageProps) {
  return (
    <div className="stack-wide">
      <div className="row-apart">
        <PageTitle title={title} />
        {actions !== undefined && <div className="row">{actions}</div>}
      </div>
      {children}
    </div>
  );
}

/** The page's name, in the window's title too. */
export function PageTitle({ title, mono = false }: { title: string; mono?: boolean }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Relearn`;
    heading.current?.focus({ preventScroll: true });
  }, [title]);
  return (
    <h1
      ref={heading}
      tabIndex={-1}
      className={mono ? "mono" : undefined}
      style={mono ? { fontSize: "1.25rem" } : {}}
    >
      {title}
    </h1>
  );
}
