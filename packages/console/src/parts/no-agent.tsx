import { Link } from "@tanstack/react-router";
import { Empty } from "./empty.tsx";

/** Placeholder of a page about one agent if there is none. */
export function NoAgent() {
  return (
    <Empty>
      No agents.{" "}
      <Link to="/settings/agents/$agent" params={{ agent: "new" }}>
        Define an agent
      </Link>
    </Empty>
  );
}
