import { type AgentDefinition, agentDefinitionSchema } from "@relearn/contract";
import { RelearnError } from "../errors.ts";
import { formatPath } from "../format-path.ts";

/** Parses an agent definition. Throws `invalid_definition` with the path and reason of every fault. */
export function parseAgentDefinition(input: unknown): AgentDefinition {
  const result = agentDefinitionSchema.safeParse(input);
  if (result.success) return result.data as AgentDefinition;
  const faults = result.error.issues.map((one) => ({ path: formatPath(one.path), message: one.message }));
  throw new RelearnError(
    "invalid_definition",
    `The agent definition is invalid: ${faults.map((one) => `${one.path}: ${one.message}`).join("; ")}.`,
    { details: { faults } },
  );
}
