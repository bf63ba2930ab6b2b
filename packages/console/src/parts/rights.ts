import type { Right, SessionDocument } from "@relearn/contract";
import { useQuery } from "@tanstack/react-query";
import { sessionQuery } from "../api/documents.ts";

export interface Permission {
  readonly session: SessionDocument | undefined;
  /** Returns why the actions of a right are disabled, or null if they are allowed. */
  readonly missing: (right: Right) => string | null;
}

export function usePermission(): Permission {
  const { data } = useQuery(sessionQuery);
  return {
    session: data,
    missing: (right) =>
      data === undefined || data.rights.includes(right)
        ? null
        : `${data.actor.name}${data.role === null ? "" : `, ${data.role},`} cannot do this: it needs the permission "${right}". Ask an admin for a key with a role that has it.`,
  };
}
