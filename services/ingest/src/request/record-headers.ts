import type { IncomingHttpHeaders } from "node:http";
import type { Header } from "@weir/record";

const TRACEPARENT = /^[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/;
const TRACESTATE_BYTES_MAX = 512;
const encoder = new TextEncoder();

/** What a request says of all its records: its trace (W3C), and the headers that the pipeline file names. */
export function recordHeaders(headers: IncomingHttpHeaders, names: readonly string[]): Header[] {
  const found: Header[] = [];
  const put = (key: string, value: string): void => void found.push({ key, value: encoder.encode(value) });
  const { traceparent, tracestate } = headers;
  if (typeof traceparent === "string" && TRACEPARENT.test(traceparent)) {
    put("traceparent", traceparent);
    if (typeof tracestate === "string" && tracestate.length <= TRACESTATE_BYTES_MAX) put("tracestate", tracestate);
  }
  for (const name of names) {
    const value = headers[name.toLowerCase()];
    if (typeof value === "string") put(name, value);
  }
  return found;
}
