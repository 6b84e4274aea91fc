export { createRandom } from "./random.ts";
export { createW1, W1_FEATURES, W1_SCHEMA, W1_FAULTS, type W1Record, type W1Options, type W1Fault } from "./w1/records.ts";
export { smallNet } from "./w1/net.ts";
export { writeW1Pipeline, type W1Pipeline } from "./w1/folder.ts";
