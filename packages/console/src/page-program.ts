import { lazyRouteComponent } from "@tanstack/react-router";

const RETRY_MS = 2000;

/**
 * Loads the code of a page on first use. It retries while the service does not answer; if the service answers
 * but no longer has the file, because it was upgraded, the window is reloaded.
 */
export function pageProgram<Name extends string, Program extends Record<Name, () => React.ReactNode>>(
  load: () => Promise<Program>,
  name: Name,
) {
  const loadWithPatience = async (): Promise<Program> => {
    for (;;) {
      try {
        return await load();
      } catch (error) {
        if (await answers()) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  };
  return lazyRouteComponent(loadWithPatience, name);
}

async function answers(): Promise<boolean> {
  try {
    return (await fetch("/healthz")).ok;
  } catch {
    return false;
  }
}
