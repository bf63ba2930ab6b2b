// `npm start`: the demo, built where it is missing, and the service on it. With --data or --database the
// service on one's own data instead. Options are those of `relearn demo` and `relearn serve`.
import { runOnPinnedNode } from "./pinned-node.mjs";

await runOnPinnedNode(new URL("./start.ts", import.meta.url));
