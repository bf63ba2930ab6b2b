import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { ManualClock } from "./clock.ts";
import { openInstallation } from "./compose.ts";
import { createRelearn } from "./create-relearn.ts";
import { findFolderHolder } from "./db/data-folder-lock.ts";
import { RelearnError } from "./errors.ts";
import type { Relearn } from "./relearn.ts";

/** Demo in `examples/inbox-triage/`. It is loaded at run time, because it imports the library. */
export interface Demo {
  demoStart(end: Date): Date;
  demoSalts(): () => string;
  buildDemo(relearn: Relearn, clock: ManualClock, listener: DemoListener): Promise<void>;
  summariseDemo(relearn: Relearn): Promise<DemoSummary>;
}

export interface DemoListener {
  /** Reports the `share` of the demo's hours that have passed, 0-1. */
  progress(share: number, doing: string): void;
  happened(event: { readonly at: Date; readonly text: string }): void;
}

export interface DemoSummary {
  readonly lines: readonly string[];
  /** Commands without `relearn` and without `--data`. */
  readonly next: readonly string[];
}

/** Modules of the demo: the sources in a checkout, and their build in an installed package. */
const modules = ["../../../examples/inbox-triage/index.ts", "./demo/index.js"];

export async function loadDemo(): Promise<Demo> {
  for (const module of modules) {
    const url = new URL(module, import.meta.url);
    if (existsSync(url)) return (await import(url.href)) as Demo;
  }
  throw new RelearnError("not_found", "This installation of Relearn has no demo.");
}

/**
 * Builds the demo in `folder` if the folder does not exist, and returns whether it was built. The build runs in another
 * folder that is renamed at the end, so `folder` is always complete; the remains of a killed build are removed. Throws
 * `data_folder_locked` if another process is building the demo.
 */
export async function ensureDemo(demo: Demo, folder: string, listener: DemoListener): Promise<boolean> {
  if (existsSync(folder)) return false;
  const building = `${folder}.building`;
  const holder = await findFolderHolder(building);
  if (holder !== undefined) {
    throw new RelearnError(
      "data_folder_locked",
      `Process ${holder.pid} is building the demo in ${folder}. Wait until it has finished, or give another folder with --data.`,
      { details: { folder, pid: holder.pid } },
    );
  }
  await rm(building, { recursive: true, force: true });
  const clock = new ManualClock(demo.demoStart(new Date()));
  const relearn = createRelearn(
    await openInstallation({ kind: "folder", folder: building }, { clock, newSalt: demo.demoSalts() }),
  );
  try {
    await demo.buildDemo(relearn, clock, listener);
  } finally {
    await relearn.close();
  }
  await rename(building, folder);
  return true;
}
