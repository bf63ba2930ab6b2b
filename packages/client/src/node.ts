/** Functions for Node only: `@relearn/client/node`. */
export { createFileCache as cacheFile } from "./cache-file.ts";
export { closeOnExit } from "./close-on-exit.ts";
