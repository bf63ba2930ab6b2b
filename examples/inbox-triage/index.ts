/** The demo as `relearn demo` and `npm start` load it. */
export { buildDemo, demoSalts, demoStart } from "./build-demo.ts";
export { summariseDemo } from "./summarise-demo.ts";
