import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { ManualClock } from "./clock.ts";
import { type Installation, openInstallation } from "./compose.ts";
import { findFolderHolder } from "./db/data-folder-lock.ts";
import { RelearnError } from "./errors.ts";

/** The demo as it stands in `examples/inbox-triage/`; loaded at run time, since it is written on the library. */
export interface Demo {
  demoStart(end: Date): Date;
  demoSalts(): () => string;
  buildDemo(relearn: Installation, clock: ManualClock, listener: DemoListener): Promise<void>;
  summariseDemo(relearn: Installation): Promise<DemoSummary>;
}

export interface DemoListener {
  /** `share` of the demo's hours that have passed, 0-1. */
  progress(share: number, doing: string): void;
  happened(event: { readonly at: Date; readonly text: string }): void;
}

export interface DemoSummary {
  readonly lines: readonly string[];
  /** Commands without `relearn` and without the place of the data. */
  readonly next: readonly string[];
}

/** Where the demo is: in the checkout its sources, in an installed package what the build made of them. */
const places = ["../../../examples/inbox-triage/index.ts", "./demo/index.js"];

export async function loadDemo(): Promise<Demo> {
  for (const place of places) {
    const url = new URL(place, import.meta.url);
    if (existsSync(url)) return (await import(url.href)) as Demo;
  }
  throw new RelearnError("not_found", "This installation of Relearn came without the demo.");
}

/**
 * Makes the demo in `folder`, unless it stands there already. It is built beside it and moved into place at the
 * end, so a folder of that name is always a whole one: what a killed build left behind is thrown away.
 * Returns whether it was built. Throws `data_folder_locked` where another process builds it now.
 */
export async function ensureDemo(demo: Demo, folder: string, listener: DemoListener): Promise<boolean> {
  if (existsSync(folder)) return false;
  const building = `${folder}.building`;
  const holder = await findFolderHolder(building);
  if (holder !== undefined) {
    throw new RelearnError(
      "data_folder_locked",
      `Process ${holder.pid} builds the demo in ${folder} at this moment. Wait for it, or name another folder with --data.`,
      { details: { folder, pid: holder.pid } },
    );
  }
  await rm(building, { recursive: true, force: true });
  const clock = new ManualClock(demo.demoStart(new Date()));
  const relearn = await openInstallation(
    { kind: "folder", folder: building },
    { clock, newSalt: demo.demoSalts() },
  );
  try {
    await demo.buildDemo(relearn, clock, listener);
  } finally {
    await relearn.close();
  }
  await rename(building, folder);
  return true;
}
