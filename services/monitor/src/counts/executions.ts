import type { Execution } from "@weir/stream";

/** Reads one entry of the execution log; null for what is none. */
export function parseExecution(text: string): Execution | null {
  try {
    const entry: unknown = JSON.parse(text);
    return isExecution(entry) ? entry : null;
  } catch {
    return null;
  }
}

function isExecution(entry: unknown): entry is Execution {
  if (typeof entry !== "object" || entry === null) return false;
  const { v, stage, in: ranges, ports } = entry as Partial<Record<keyof Execution, unknown>>;
  return v === 1 && typeof stage === "string" && Array.isArray(ranges) && typeof ports === "object" && ports !== null;
}
