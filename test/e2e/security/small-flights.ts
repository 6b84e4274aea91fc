import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { ROOT } from "../command.ts";

const FLIGHTS = path.join(ROOT, "deploy/pipelines/flights");

export interface SmallFlights extends Disposable {
  readonly folder: string;
  readonly sample: string;
  /** A file of the n-th part of the sample, of as many lines, and one record that breaks the contract. */
  chunk(n: number): string;
}

/** The flights pipeline under another name, with the first lines of its sample. */
export function smallFlights(name: string, lines: number): SmallFlights {
  const folder = mkdtempSync(path.join(tmpdir(), `weir-${name}-`));
  cpSync(FLIGHTS, folder, { recursive: true, filter: (from) => !/data\/(?:sample|corrupt)|scripts/.test(from) });
  const spec = path.join(folder, "pipeline.yaml");
  writeFileSync(
    spec,
    readFileSync(spec, "utf8")
      .replace(/^ {2}name: flights$/m, `  name: ${name}`)
      .replaceAll("flights.gate", `${name}.gate`),
  );
  const all = gunzipSync(readFileSync(path.join(FLIGHTS, "data/sample.ndjson.gz")))
    .toString()
    .split("\n");
  const sample = path.join(folder, "data/sample.ndjson");
  writeFileSync(sample, `${all.slice(0, lines).join("\n")}\n`);
  const chunk = (n: number): string => {
    const part = all.slice(n * lines, (n + 1) * lines);
    if (part.length < lines) throw new Error(`the sample has no part ${n} of ${lines} lines`);
    const file = path.join(folder, `data/chunk-${n}.ndjson`);
    writeFileSync(file, `${[...part, (part[0] ?? "").replace(/"distance":\d+/, '"distance":"far"')].join("\n")}\n`);
    return file;
  };
  return { folder, sample, chunk, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
