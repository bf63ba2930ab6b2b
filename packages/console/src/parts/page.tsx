import { type ReactNode, useEffect, useRef } from "react";

interface PageProps {
  readonly title: string;
  /** Which part of the page is shown, for the window's title. */
  readonly part?: string;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** A list's page: its name, which gets the focus when one comes here, and what one can do. */
export function Page({ title, part, actions, children }: PageProps) {
  return (
    <div className="stack-wide">
      <div className="row-apart">
        <PageTitle title={title} {...(part === undefined ? {} : { part })} />
        {actions !== undefined && <div className="row">{actions}</div>}
      </div>
      {children}
    </div>
  );
}

/** The page's name, in the window's title too. */
export function PageTitle({ title, part, mono = false }: { title: string; part?: string; mono?: boolean }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${part === undefined ? title : `${part} · ${title}`} · Relearn`;
    heading.current?.focus({ preventScroll: true });
  }, [title, part]);
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
