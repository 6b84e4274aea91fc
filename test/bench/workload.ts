import {
  createW1Avro,
  plainForm,
  W1_FORM,
  writeW1Pipeline,
  type PipelineModel,
  type PlainForm,
  type RecordForm,
  type W1Pipeline,
} from "@weir/testkit";
import { generatorBaseline } from "./baseline.ts";

/** What a system is given to do. */
export interface Workload {
  /** Of the entry topic and of all others. */
  readonly partitions: number;
  /** Of the fused chain. */
  readonly processes: number;
  /** Records made of numbers and filling; null: card transactions (W1). */
  readonly plain: PlainForm | null;
  /** One record in so many is bad; 0: none. */
  readonly faultEvery: number;
  /** The gate holds windows of so many records of a partition; null: it judges single records. */
  readonly windowRecords: number | null;
  /** A drift rule for every feature, against a baseline of other records of the same generator. */
  readonly drift: boolean;
  /** Beside the contract, a rule for the range of every feature. */
  readonly hasRanges: boolean;
  /** Null: the small net. */
  readonly model: ((form: RecordForm) => PipelineModel) | null;
  /** Card transactions in Avro with Confluent's framing; absent: JSON. */
  readonly format?: "avro";
  /** All processes of a system share one processor; the broker has the others, too. */
  readonly isOnOneCore: boolean;
}

/** One process, and the other processor for the broker: a second one added a tenth to the rate and a fifth to the time of every record. */
export const W1: Workload = {
  partitions: 8,
  processes: 1,
  plain: null,
  faultEvery: 100,
  windowRecords: null,
  drift: false,
  hasRanges: true,
  model: null,
  isOnOneCore: false,
};

/** No held window of 500 records or more breaks its rule by chance (7 standard deviations), and shorter ones pass: every record ends where it would without windows. */
const BREAKS_NO_WINDOW = { mostlyPercent: 80, minRecords: 500 } as const;

export function formOf({ plain }: Workload): RecordForm {
  return plain === null ? W1_FORM : plainForm(plain);
}

/** A record as it is written. */
export interface WrittenRecord {
  readonly key: string;
  readonly value: Uint8Array;
}

/** What the three schemas of card transactions have in a registry that knows no others. */
const SCHEMA_IDS = [1, 2, 3] as const;

/** Record i is the same whenever it is asked for in order from 0. */
export function writerOf(
  workload: Workload,
  options: { readonly seed: number; readonly faultEvery: number },
): (i: number) => WrittenRecord {
  if (workload.format === "avro") return createW1Avro(options, SCHEMA_IDS);
  const make = formOf(workload).create(options);
  const encoder = new TextEncoder();
  return (i) => {
    const { key, value } = make(i);
    return { key, value: encoder.encode(value) };
  };
}

type Named = Pick<W1Pipeline, "name" | "commitEveryMs" | "minimalHeaders" | "guarantee" | "compression">;

/** The folder of the workload's pipeline; commits come as often as where the most records a second are wanted unless it is told. */
export function writePipeline(folder: string, workload: Workload, named: Named): void {
  const { partitions, windowRecords, drift, hasRanges, model, format } = workload;
  const form = formOf(workload);
  writeW1Pipeline(folder, {
    ...{ partitions, windowRecords, form, hasRanges },
    ...BREAKS_NO_WINDOW,
    ...(drift && { baseline: generatorBaseline(form) }),
    ...(model !== null && { model: model(form) }),
    ...(format && { format }),
    ...named,
  });
}
