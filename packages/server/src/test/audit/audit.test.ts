import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { testInstallation } from "../test-installation.ts";

const record = (number: number) => ({
  kind: "test.happened",
  object: `thing-${number}`,
  detail: { number, ratio: 1 / 3 },
});

describe("the audit chain", () => {
  it("verifies an empty chain, and one of many events", async () => {
    const { audit } = await testInstallation();
    expect(await audit.verify()).toMatchObject({ intact: true, events: 0 });
    for (let number = 0; number < 30; number++) {
      await audit.change({ name: "ana", kind: "asserted" }, async () => ({
        result: null,
        record: record(number),
      }));
    }
    expect(await audit.verify()).toMatchObject({ intact: true, events: 30 });
  });

  it("keeps one order under concurrent changes", async () => {
    const { audit } = await testInstallation();
    await Promise.all(
      Array.from({ length: 40 }, (_, number) =>
        audit.change({ name: "ana", kind: "asserted" }, async () => ({
          result: null,
          record: record(number),
        })),
      ),
    );
    expect(await audit.verify()).toMatchObject({ intact: true, events: 40 });
  });

  it("writes nothing when the change fails", async () => {
    const { audit } = await testInstallation();
    const failing = audit.change({ name: "ana", kind: "asserted" }, async () => {
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await audit.verify()).toMatchObject({ intact: true, events: 0 });
  });

  it.each([
    ["altered", "update audit_events set detail = '{}' where sequence = 3", 3],
    ["altered", "update audit_events set actor = 'eve' where sequence = 5", 5],
    ["missing", "delete from audit_events where sequence = 2", 2],
    ["relinked", "update audit_events set previous_hash = repeat('1', 64) where sequence = 4", 4],
  ])("finds an event that was %s: %s", async (fault, tampering, sequence) => {
    const { audit, database } = await testInstallation();
    for (let number = 0; number < 6; number++) {
      await audit.change({ name: "ana", kind: "asserted" }, async () => ({
        result: null,
        record: record(number),
      }));
    }
    await sql.raw(tampering).execute(database.kysely);
    expect(await audit.verify()).toMatchObject({ intact: false, fault: { fault, sequence } });
  });
});
