import type { NamedWorkload } from "./named-workload.ts";
import { CARD_TRANSACTIONS } from "./w1.ts";
import { BOOSTED_TREES } from "./w2.ts";
import { PIXELS } from "./w3.ts";
import { AVRO_CARDS } from "./w4.ts";
import { HELD_WINDOWS } from "./w5.ts";

/** The first is the one that is measured where none is named. */
export const WORKLOADS = [CARD_TRANSACTIONS, BOOSTED_TREES, PIXELS, AVRO_CARDS, HELD_WINDOWS] as const satisfies readonly NamedWorkload[];
