import { SimpleGrid } from "@mantine/core";
import type { ReactNode } from "react";

/** As many columns as the width has room for; `wide`: for charts. */
export function Columns({ wide = false, children }: { wide?: boolean; children: ReactNode }) {
  return (
    <SimpleGrid minColWidth={`min(100%, ${wide ? 30 : 22.5}rem)`} style={{ alignItems: "start" }}>
      {children}
    </SimpleGrid>
  );
}
