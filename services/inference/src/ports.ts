import type { Port } from "@weir/stream";

export const OUT = 0;
export const DEAD_LETTER = 1;
export const PORTS: readonly Port[] = [
  { name: "out", kind: "data" },
  { name: "dlq", kind: "dead-letter" },
];
