// TypeDoc names a module by its folder (`client/src/node`); readers import it as `@relearn/client/node`.
import { Converter } from "typedoc";

/** @param {import("typedoc").Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) {
      module.name = module.name
        .replace(/^server\/src$/, "relearn")
        .replace(/^client\/src/, "@relearn/client");
    }
  });
}
