export const LEASE_MS = 600_000;
