/**
 * Zod makes code for the schemas of objects, which the content security policy of a page refuses: there it is
 * to walk them instead. Evaluated before the first schema, which decides it when it is made.
 */
import { z } from "zod";

if ("document" in globalThis) z.config({ jitless: true });
