import { headerText, WeirError, type Lane, type PlainRecord } from "@weir/record";
import { asText, headersAsText } from "./tail.ts";

/** What of a record is printed, a line each. */
export const FORMATS = ["value", "key-value", "id", "full", "json"] as const;
export type Format = (typeof FORMATS)[number];

/** @throws {WeirError} WEIR-6004, exit code 2 */
export function parseFormat(given: string): Format {
  const found = FORMATS.find((format) => format === given);
  if (found) return found;
  throw new WeirError(
    { code: "WEIR-6004", what: `there is no format ${given}`, where: "--format", fix: `choose one of ${FORMATS.join(", ")}` },
    { exitCode: 2 },
  );
}

export function formatRecord(format: Format, { topic, partition }: Lane, record: PlainRecord): string {
  const value = (): string => asText(record.value) ?? "";
  switch (format) {
    case "value":
      return value();
    case "key-value":
      return `${asText(record.key) ?? ""}\t${value()}`;
    case "id":
      return headerText(record.headers, "weir.id") ?? `${topic}-${partition}-${record.offset}`;
    case "full": {
      const headers = headersAsText(record.headers).map(([key, text]) => `${key}=${text ?? ""}`);
      const head = `${topic}/${partition}/${record.offset}  ${new Date(record.timestamp).toISOString()}  ${asText(record.key) ?? "-"}`;
      return [head, ...headers.map((h) => `  ${h}`), `  ${value()}`].join("\n");
    }
    case "json":
      return JSON.stringify({
        topic,
        partition,
        offset: record.offset,
        timestamp: record.timestamp,
        key: asText(record.key),
        value: asText(record.value),
        headers: headersAsText(record.headers),
      });
  }
}
