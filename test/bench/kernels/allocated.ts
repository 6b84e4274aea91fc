import { Session, type HeapProfiler } from "node:inspector/promises";

/** One allocation in so many bytes is looked at. */
const SAMPLED_BYTES = 4096;

/**
 * Bytes that the work allocates in the heap, collected meanwhile or not: what the heap would grow by without garbage
 * collection. An estimate from samples; memory outside of the heap (what typed arrays hold) is not in it.
 */
export async function allocatedBy(work: () => Promise<void>): Promise<number> {
  const session = new Session();
  session.connect();
  try {
    await session.post("HeapProfiler.startSampling", {
      samplingInterval: SAMPLED_BYTES,
      // Beyond the declared parameters: without them only what survived is told.
      ...{ includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true },
    });
    await work();
    const { profile } = await session.post("HeapProfiler.stopSampling");
    return sizeOf(profile.head);
  } finally {
    session.disconnect();
  }
}

function sizeOf({ selfSize, children }: HeapProfiler.SamplingHeapProfileNode): number {
  return children.reduce((sum, child) => sum + sizeOf(child), selfSize);
}
