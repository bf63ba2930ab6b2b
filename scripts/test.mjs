// `npm test`, see CONTRIBUTING.md. `npm test -- PATH` runs the matching files only.
import { runOnPinnedNode } from "./pinned-node.mjs";

await runOnPinnedNode(new URL("./testing/run-tests.ts", import.meta.url));
