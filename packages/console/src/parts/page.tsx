import { Group, Stack, Title } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";

interface PageProps {
  readonly title: string;
  /** Part of the page that is shown, for the window's title. */
  readonly part?: string;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** Page of a list: its title, which gets the focus on arrival, and its actions. */
export function Page({ title, part, actions, children }: PageProps) {
  return (
    <Stack gap="lg">
      <Group justify="space-between">
        <PageTitle title={title} {...(part === undefined ? {} : { part })} />
        {actions !== undefined && <Group>{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}

/** Title of the page and of the window. */
export function PageTitle({ title, part, mono = false }: { title: string; part?: string; mono?: boolean }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${part === undefined ? title : `${part} · ${title}`} · Relearn`;
    heading.current?.focus({ preventScroll: true });
  }, [title, part]);
  return (
    <Title
      ref={heading}
      order={1}
      tabIndex={-1}
      ff={mono ? "monospace" : "heading"}
      style={{ overflowWrap: "anywhere" }}
    >
      {title}
    </Title>
  );
}
