import { readdir, readFile } from "node:fs/promises";

/** What a process uses at a moment. */
export interface Usage {
  readonly rssMb: number;
  readonly handles: number;
}

/** From /proc; null where the process or /proc is not there. */
export async function usageOf(pid: number): Promise<Usage | null> {
  try {
    const [status, handles] = await Promise.all([readFile(`/proc/${pid}/status`, "utf8"), readdir(`/proc/${pid}/fd`)]);
    const kb = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]);
    return Number.isFinite(kb) ? { rssMb: Math.round(kb / 1024), handles: handles.length } : null;
  } catch {
    return null;
  }
}

/** How usage went over the life of a process: medians of its first, middle and last third. */
export interface Growth {
  readonly samples: number;
  readonly rssMb: readonly number[];
  readonly handles: readonly number[];
}

export function growthOf(usages: readonly Usage[]): Growth {
  const third = Math.max(1, Math.floor(usages.length / 3));
  const thirds = [usages.slice(0, third), usages.slice(third, 2 * third), usages.slice(-third)].filter((t) => t.length > 0);
  return {
    samples: usages.length,
    rssMb: thirds.map((t) => median(t.map((u) => u.rssMb))),
    handles: thirds.map((t) => median(t.map((u) => u.handles))),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
