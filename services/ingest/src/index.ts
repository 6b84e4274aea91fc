export { run } from "./ingest.ts";
