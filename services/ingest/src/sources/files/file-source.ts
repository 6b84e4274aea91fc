import { createHash } from "node:crypto";
import { createGunzip } from "node:zlib";
import { pipeline, type Readable } from "node:stream";
import type { FileSource, HttpLimits } from "@weir/pipeline";
import type { Clock } from "@weir/stream";
import { itemOfText, tooLarge, type Item } from "../../request/incoming.ts";
import { createLineCutter, type Line } from "../../request/lines.ts";
import { PORTION_BYTES, PORTION_RECORDS, type Portion, type ReadContext, type Source } from "../source.ts";
import { csvItems, type FieldTyper } from "./csv.ts";
import { HEAD_BYTES, parsePosition, START, type FilePosition } from "./position.ts";
import { nameMatcher, type FileStore, type StoredFile } from "./store.ts";

export interface FileSourceOptions {
  readonly name: string;
  readonly spec: FileSource;
  readonly store: FileStore;
  readonly clock: Clock;
  readonly limits: HttpLimits;
  readonly typeOf: FieldTyper;
}

/** Files in the order of their names, each from where it was left. */
export function createFileSource(options: FileSourceOptions): Source {
  const { name, spec, store } = options;
  const matches = nameMatcher(spec.match);
  return {
    name,
    everyMs: spec.every,
    async *read(context) {
      for (const file of await store.list()) {
        if (context.signal.aborted) return;
        if (!matches(file.name.slice(file.name.lastIndexOf("/") + 1))) continue;
        const key = `files/${name}/${file.name}`;
        const position = parsePosition(context.positions.get(key));
        if (position.whole === file.version) continue;
        yield* readFile(options, context, { file, key, position });
      }
    },
  };
}

interface FileToRead {
  readonly file: StoredFile;
  readonly key: string;
  readonly position: FilePosition;
}

async function* readFile(options: FileSourceOptions, context: ReadContext, { file, key, position }: FileToRead): AsyncGenerator<Portion> {
  const head = await headOf(options.store, file, Math.max(position.headBytes, HEAD_BYTES));
  const isSame = position.headBytes === 0 || sha256(head.subarray(0, position.headBytes)) === position.head;
  if (!isSame)
    context.tell({
      code: "WEIR-3024",
      what: `${file.name} was replaced by another file of its name`,
      where: options.store.place,
      why: "it begins differently",
      fix: "nothing, if it was meant: it is read from its beginning. Give new files new names",
    });
  const from = isSame ? position : START;
  const headed = { head: sha256(head.subarray(0, HEAD_BYTES)), headBytes: Math.min(head.length, HEAD_BYTES) };
  const isSettled = options.clock.now() - file.changedAt >= options.spec.settle;
  const portions = formatOf(options.spec, file.name) === "csv" ? csvPortions : linePortions;
  try {
    for await (const { items, ...reached } of portions(options, file, from, isSettled)) {
      const next: FilePosition = { ...from, ...headed, ...reached };
      const told = items.map((item, i) => (item.refusal === undefined ? item : placed(item, file, reached.records - items.length + i)));
      yield { items: told, position: { key, value: JSON.stringify(next) } };
    }
  } catch (error) {
    if (!isSettled) return; // it is being written; what was whole has been taken
    throw error;
  }
}

type Reached = Pick<FilePosition, "records" | "bytes" | "whole"> & { readonly items: readonly Item[] };

/** Lines from the byte on where the last one ended; the last line of all without a line feed when the file has settled. */
async function* linePortions(
  { store, limits }: FileSourceOptions,
  file: StoredFile,
  from: FilePosition,
  isSettled: boolean,
): AsyncGenerator<Reached> {
  const cutter = createLineCutter(limits.record);
  const isPacked = file.name.endsWith(".gz");
  let skip = isPacked ? from.bytes : 0;
  let items: Item[] = [];
  let [records, bytes, size] = [from.records, from.bytes, 0];
  const take = (line: Line): void => {
    items.push(
      line.bytes === null ? { refusal: tooLarge(limits.record + 1, limits.record) } : itemOfText(line.bytes, { limits, headers: [] }),
    );
    size += line.bytes?.length ?? 0;
    records++;
    bytes = from.bytes + line.end;
  };
  const portion = (whole: string | null): Reached => {
    const taken = { items, records, bytes, whole };
    [items, size] = [[], 0];
    return taken;
  };
  for await (const part of unpacked(await store.open(file.name, isPacked ? 0 : from.bytes), isPacked)) {
    const rest = part.subarray(Math.min(skip, part.length));
    skip -= part.length - rest.length;
    for (const line of cutter.push(rest)) {
      take(line);
      if (items.length >= PORTION_RECORDS || size >= PORTION_BYTES) yield portion(null);
    }
  }
  const last = isSettled || isPacked ? cutter.rest() : null;
  if (last !== null) take(last);
  if (isSettled || items.length > 0) yield portion(isSettled ? file.version : null);
}

/** Rows behind those that were taken; a file that grows is read once it has settled, because a row may have several lines. */
async function* csvPortions(options: FileSourceOptions, file: StoredFile, from: FilePosition, isSettled: boolean): AsyncGenerator<Reached> {
  if (!isSettled) return;
  const { store, limits, typeOf } = options;
  const input = unpacked(await store.open(file.name, 0), file.name.endsWith(".gz"));
  let items: Item[] = [];
  let row = 0;
  for await (const item of csvItems(input, limits, typeOf)) {
    if (row++ < from.records) continue;
    items.push(item);
    if (items.length < PORTION_RECORDS) continue;
    yield { items, records: row, bytes: from.bytes, whole: null };
    items = [];
  }
  yield { items, records: Math.max(row, from.records), bytes: from.bytes, whole: file.version };
}

async function headOf(store: FileStore, file: StoredFile, count: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of unpacked(await store.open(file.name, 0), file.name.endsWith(".gz"))) {
      parts.push(part);
      bytes += part.length;
      if (bytes >= count) break;
    }
  } catch (error) {
    if (bytes === 0) throw error; // of a packed file that is still being written the beginning can be read
  }
  return Buffer.concat(parts).subarray(0, count);
}

async function* unpacked(raw: Readable, isPacked: boolean): AsyncGenerator<Buffer> {
  const source = isPacked ? pipeline(raw, createGunzip(), () => {}) : raw;
  for await (const part of source) yield Buffer.isBuffer(part) ? part : Buffer.from(part);
}

function formatOf({ format }: FileSource, name: string): "ndjson" | "csv" {
  if (format !== "auto") return format;
  return /\.csv(?:\.gz)?$/i.test(name) ? "csv" : "ndjson";
}

function placed(item: Item, file: StoredFile, record: number): Item {
  if (item.refusal === undefined) return item;
  const { status, problem } = item.refusal;
  return {
    refusal: {
      status,
      problem: { ...problem, code: "WEIR-3026", where: `${file.name}, record ${record + 1}`, why: `${problem.code} ${problem.what}` },
    },
  };
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
