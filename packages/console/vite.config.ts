import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const service = process.env["RELEARN_URL"] ?? "http://127.0.0.1:4380";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  // The service replaces it in each page it hands out (`api/console-files.ts`).
  html: { cspNonce: "RELEARN-NONCE" },
  build: {
    outDir: fileURLToPath(new URL("../server/console/", import.meta.url)),
    emptyOutDir: true,
    // The policy allows no data: URL but images.
    assetsInlineLimit: 0,
    target: "es2023",
    reportCompressedSize: false,
    manifest: true,
    rolldownOptions: {
      // The libraries mark their files "use client", which says nothing to a page that has no server part.
      onLog: (level, log, report) => {
        if (log.code !== "MODULE_LEVEL_DIRECTIVE") report(level, log);
      },
    },
  },
  // `npm run dev -w @relearn/console` beside a running service.
  server: { proxy: { "/v1": service, "/openapi.json": service, "/healthz": service } },
});
