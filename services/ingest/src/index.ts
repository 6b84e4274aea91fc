export { run, type Patience } from "./ingest.ts";
export { INGEST_CODES } from "./codes.ts";
