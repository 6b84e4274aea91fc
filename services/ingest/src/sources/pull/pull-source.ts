import { Readable } from "node:stream";
import { itemsOfArray, textOfJson, valueInJson, walkJson, type JsonRange } from "@weir/contract";
import type { HttpLimits, PullSource } from "@weir/pipeline";
import { itemOf, type Item } from "../../request/incoming.ts";
import { pathOf } from "../../write/placing.ts";
import type { Portion, ReadContext, Source } from "../source.ts";

const ANSWER_MS = 30_000;
/** Items of one answer: they become visible together. */
const ITEMS_MAX = 10_000;

export interface PullSourceOptions {
  readonly name: string;
  readonly spec: PullSource;
  readonly limits: HttpLimits;
}

/** Asks a server for what comes after the last cursor, until it has nothing more; records are the bytes of its answer. */
export function createPullSource({ name, spec, limits }: PullSourceOptions): Source {
  const key = `pull/${name}`;
  return {
    name,
    everyMs: spec.every,
    async *read(context) {
      for (let cursor = cursorIn(context, key) ?? spec.start; ;) {
        const answer = await ask(spec, cursor, context.signal);
        if (answer === null) return;
        const { items, next } = parseAnswer(answer, spec, limits);
        if (next === null || next === cursor) {
          if (items.length > 0)
            throw new Error(`${placeOf(spec)} gave ${items.length} records and no new cursor: they would come again for ever`);
          return;
        }
        yield {
          items: items.map((item, i) => told(item, spec, cursor, i)),
          position: { key, value: JSON.stringify({ cursor: next }) },
        } satisfies Portion;
        cursor = next;
        if (items.length === 0) return;
      }
    },
  };
}

function cursorIn({ positions }: ReadContext, key: string): string | null {
  const text = positions.get(key);
  const value: unknown = text === undefined ? null : JSON.parse(text);
  return typeof value === "object" && value !== null && "cursor" in value ? String(value.cursor) : null;
}

/** Null where the server says that there is nothing. */
async function ask(spec: PullSource, cursor: string, signal: AbortSignal): Promise<Buffer | null> {
  const answer = await fetch(spec.url.replaceAll("{cursor}", encodeURIComponent(cursor)), {
    headers: { accept: "application/json", ...spec.headers },
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
  });
  if (answer.status === 204 || answer.status === 304) return null;
  if (!answer.ok) {
    await answer.body?.cancel();
    throw new Error(`${placeOf(spec)} answered ${answer.status}`);
  }
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const body: AsyncIterable<Uint8Array> = answer.body ?? Readable.from([]);
  for await (const part of body) {
    bytes += part.length;
    if (bytes > spec.maxBytes) throw new Error(`${placeOf(spec)} answered with more than ${spec.maxBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function parseAnswer(
  bytes: Uint8Array,
  spec: PullSource,
  limits: HttpLimits,
): { readonly items: readonly Item[]; readonly next: string | null } {
  const whole = walkJson(bytes, 0, bytes.length, limits.depth + 8);
  if (whole.fault?.kind === "syntax")
    throw new Error(`${placeOf(spec)} answered with no JSON: ${whole.fault.message} (byte ${whole.fault.at})`);
  const list = valueInJson(bytes, whole, pathOf(spec.records));
  const next = valueInJson(bytes, whole, pathOf(spec.cursor));
  return {
    items: list === null ? [] : itemsIn(bytes, list, spec, limits),
    next: next === null || bytes[next.from] === 110 ? null : textOfJson(bytes, next),
  };
}

function itemsIn(bytes: Uint8Array, { from, to }: JsonRange, spec: PullSource, limits: HttpLimits): readonly Item[] {
  if (bytes[from] === 110) return [];
  if (bytes[from] !== 91) throw new Error(`${placeOf(spec)} answered without an array at ${spec.records}`);
  const { items, more } = itemsOfArray(bytes, from, to, { maxDepth: limits.depth, maxItems: ITEMS_MAX });
  if (more) throw new Error(`${placeOf(spec)} answered with more than ${ITEMS_MAX} records`);
  return items.map((item) => itemOf(bytes, item, { limits, headers: [] }));
}

function told(item: Item, spec: PullSource, cursor: string, place: number): Item {
  if (item.refusal === undefined) return item;
  const { status, problem } = item.refusal;
  const where = `${placeOf(spec)}, cursor "${cursor.slice(0, 100)}", record ${place + 1}`;
  return { refusal: { status, problem: { ...problem, code: "WEIR-3026", where, why: `${problem.code} ${problem.what}` } } };
}

/** Without the query: it may hold a token. */
function placeOf({ url }: PullSource): string {
  return url.replace(/[?#].*$/, "");
}
