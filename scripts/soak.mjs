// `npm run soak`, see CONTRIBUTING.md.
import { runOnPinnedNode } from "./pinned-node.mjs";

await runOnPinnedNode(new URL("./testing/run-soak.ts", import.meta.url));
