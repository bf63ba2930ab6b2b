// Entry point of a thread of `simulation-workers.ts`.
import { parentPort, workerData } from "node:worker_threads";
import { type SimulationShare, simulateShare } from "./simulation-workers.ts";

parentPort?.postMessage(simulateShare(workerData as SimulationShare));
