import { it } from "vitest";
import { testInstallation } from "../test-installation.ts";
import { sendBadRequests } from "./bad-requests.ts";

it("answers bad requests by what is wrong with them, and keeps the good records between", async () => {
  const { fetch } = await testInstallation();
  await sendBadRequests(fetch, { count: 800, seed: 20_260_302 });
});
