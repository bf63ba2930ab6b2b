/** Schemas of the fields that many documents share, such as times, counts and shares. */
import { z } from "zod";

export const time = z.string().describe("ISO 8601, UTC");

export const nullableTime = time.nullable();

export const text = z.string().nullable();

export const count = z.number().int().min(0);

export const share = z.number().min(0).max(1);

export const numbers = z.record(z.string(), z.number());

export const object = z.record(z.string(), z.unknown());

export const basisPoints = z.number().int().min(0).max(10_000);

/** Lower and upper end. */
export const interval = z.tuple([z.number(), z.number()]);
export const nullableNumber = z.number().nullable();
export const nullableShare = share.nullable();

/** Page size in a query: at most 1,000, by default 100. */
export const pageLimit = z.coerce.number().int().min(1).max(1000).default(100);

/** A position in a list that is ordered by number. */
export const position = z.coerce.number().int().positive().optional();

/** A switch in a query. */
export const flag = z.enum(["true", "false"]).optional();

export const reason = z.string().max(2000);
/** Version of the guard's rules that a document was made under. Absent in documents of version 1. */
export const rulesVersion = count.exactOptional().describe("Version of the guard's rules; default: 1");
