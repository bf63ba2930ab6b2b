import { Link } from "@tanstack/react-router";
import { Empty } from "./empty.tsx";

/** What stands where a page is about one agent and there is none. */
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
