import { lazyRouteComponent } from "@tanstack/react-router";

const RETRY_MS = 2000;

/**
 * A page's program, fetched when it is first wanted. Where the service does not answer it is asked for until it
 * does; where the service answers and has it no more, since it was upgraded, the window is loaded anew.
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
