/**
 * Turns off Zod's code generation in browsers, where the content security policy of a page forbids it. Must be imported
 * before the first schema is created.
 */
import { z } from "zod";

if ("document" in globalThis) z.config({ jitless: true });
