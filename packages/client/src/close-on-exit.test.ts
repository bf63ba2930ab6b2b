import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { loopbackService } from "./loopback-service.fixture.ts";
import { canaryConfig } from "./switchboard-config.fixture.ts";

test("a process that runs out of work sends what is buffered, and ends by itself", async () => {
  const service = await loopbackService(canaryConfig);
  const folder = new URL("./", import.meta.url).href;
  const program = `
    const { createSwitchboard } = await import("${folder}switchboard.ts");
    const { closeOnExit } = await import("${folder}close-on-exit.ts");
    const switchboard = createSwitchboard({ agent: "inbox_triage", url: "${service.url}" });
    closeOnExit(switchboard);
    await switchboard.ready();
    switchboard.recordOutcome(switchboard.decide("user-1", { risk: 40 }), { quality: 1 });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: "inherit" });
  const [code] = await once(child, "exit");
  expect(code).toBe(0);
  expect(service.exposures).toMatchObject([{ unit_id: "user-1", rollout_id: "r_1" }]);
  expect(service.outcomes).toMatchObject([{ unit_id: "user-1", quality: 1 }]);
  await service.stop();
});
