export { createRandom } from "./random.ts";
export { createW1, W1_FEATURES, W1_SCHEMA, W1_FAULTS, type Feature, type W1Record, type W1Options, type W1Fault } from "./w1/records.ts";
export { plainForm, W1_FORM, type PlainForm, type RecordForm } from "./w1/form.ts";
export { smallNet } from "./w1/net.ts";
export { writeW1Pipeline, type W1Pipeline } from "./w1/folder.ts";
export { createAuthority, type Authority, type Certified, type SignOptions } from "./certificates.ts";
export { createFaultProxy, type FaultProxy, type FaultProxyOptions } from "./fault-proxy/fault-proxy.ts";
export type { Fault, LaidFault } from "./fault-proxy/script.ts";
export type { Weather } from "./fault-proxy/weather.ts";
