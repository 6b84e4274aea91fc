import { allRows, RetriableError, selectRows, type Batch, type Failure } from "@weir/record";
import type { Decided, Stage } from "../stage.ts";

/**
 * Asks a stage that throws again with ever smaller parts of the batches, until the records that it cannot bear stand alone: they
 * become dead letters (`INTERNAL`), the others go on. Only for stages without state: what one took in before it threw would be
 * taken in twice. What the environment did (RetriableError) is no record's fault.
 */
export async function processIsolating(stage: Stage, batches: readonly Batch[], mostPoison: number): Promise<readonly Decided[]> {
  try {
    return await stage.process(batches);
  } catch (error) {
    if (mostPoison === 0 || error instanceof RetriableError || stage.holds || stage.remembers === true || deadLetterPort(stage) < 0)
      throw error;
    const decided: Decided[] = [];
    const search = { poison: 0, mostPoison, error };
    for (const batch of batches) decided.push(...(await isolate(stage, batch, search)));
    return decided;
  }
}

interface Search {
  poison: number;
  /** With more of them the stage is broken, not the records: then its fault stands. */
  readonly mostPoison: number;
  readonly error: unknown;
}

async function isolate(stage: Stage, batch: Batch, search: Search): Promise<readonly Decided[]> {
  try {
    return await stage.process([batch]);
  } catch (error) {
    if (error instanceof RetriableError) throw error;
    if (batch.count === 1) {
      if (++search.poison > search.mostPoison) throw search.error;
      return [poisonous(stage, batch, `stage ${stage.id} cannot bear the record: ${told(error)}`)];
    }
  }
  const rows = allRows(batch.count);
  const middle = batch.count >> 1;
  const first = await isolate(stage, selectRows(batch, rows.slice(0, middle)), search);
  return [...first, ...(await isolate(stage, selectRows(batch, rows.slice(middle)), search))];
}

function told(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** The dead letter of the only record of a batch. */
export function poisonous(stage: Stage, batch: Batch, message: string): Decided {
  const failure: Failure = { class: "INTERNAL", message, retriable: false };
  return { batch, rows: allRows(1), ports: Uint8Array.of(deadLetterPort(stage)), failures: new Map([[0, failure]]) };
}

/** -1: it has none. */
export function deadLetterPort(stage: Stage): number {
  return stage.ports.findIndex((port) => port.kind === "dead-letter");
}
