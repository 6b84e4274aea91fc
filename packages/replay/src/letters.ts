import { readDeadLetter, type Letter } from "@weir/deadletter";
import type { Log } from "@weir/stream";
import type { Stretch } from "./lanes.ts";
import { readStretches, type Patience } from "./read-stretch.ts";

/** Every record of the stretches: as a letter, or with what it lacks to be one. */
export interface Read {
  readonly partition: number;
  readonly offset: number;
  /** null: nobody has told why the record is here. */
  readonly letter: Letter | null;
}

export async function* readLetters(log: Log, stretches: readonly Stretch[], patience?: Patience): AsyncGenerator<Read> {
  for await (const { topic, partition, record } of readStretches(log, stretches, patience)) {
    const description = readDeadLetter(record);
    yield { partition, offset: record.offset, letter: description && { topic, partition, record, description } };
  }
}
