export type * from "./bundle-document.ts";
