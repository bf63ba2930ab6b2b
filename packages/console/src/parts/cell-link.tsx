import { Anchor, type AnchorProps } from "@mantine/core";
import { createLink } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, Ref } from "react";

type CellAnchorProps = AnchorProps &
  Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof AnchorProps> & {
    readonly ref?: Ref<HTMLAnchorElement>;
  };

/** Link that is a whole table cell: its lines stand below each other. */
export const CellLink = createLink((props: CellAnchorProps) => (
  <Anchor display="inline-flex" miw={96} mih={24} style={{ flexDirection: "column", gap: 2 }} {...props} />
));
