import type { AvroField, AvroNamed, AvroPrimitive, AvroRecord, AvroType, AvroUnion } from "./schema.ts";

/** How bytes that follow the writer's schema become a value of the contract's: Avro's schema resolution, decided once for each pair. */
export type Reading =
  | { readonly kind: "null" | "boolean" | "text" | "bytes" }
  | NumberReading
  | { readonly kind: "fixed"; readonly size: number }
  /** By the writer's number: the contract's symbol, null where it has none. */
  | { readonly kind: "enum"; readonly symbols: readonly (string | null)[]; readonly written: readonly string[] }
  | { readonly kind: "array"; readonly items: Reading }
  | { readonly kind: "map"; readonly values: Reading }
  /** By the number of the writer's branch. */
  | { readonly kind: "union"; readonly branches: readonly Reading[] }
  | RecordReading
  /** The contract takes no such value; its bytes are read as the writer's. */
  | { readonly kind: "unfit"; readonly written: Reading; readonly why: string };

export interface NumberReading {
  readonly kind: "number";
  readonly from: "int" | "long" | "float" | "double";
  /** To the nearest of 32 bits: the contract has a float where the writer has a whole number. */
  readonly rounds: boolean;
  /** So many are a millisecond: the contract says that it is a time. */
  readonly ticks: number | null;
}

export interface RecordReading {
  readonly kind: "record";
  /** In the order of the bytes; a name of null is a field that the contract does not know. */
  readonly fields: readonly FieldReading[];
  /** Fields of the contract that the writer does not have. */
  readonly defaults: readonly DefaultReading[];
  /** Those without a default. */
  readonly missing: readonly string[];
  /** Names that the writer has and the contract does not. */
  readonly unknown: readonly string[];
}

export interface FieldReading {
  readonly name: string | null;
  readonly reading: Reading;
}

export interface DefaultReading {
  readonly name: string;
  readonly type: AvroType;
  readonly json: unknown;
}

/** Units of logical times that are points in time, in a millisecond. */
const TICKS: Readonly<Record<string, number>> = { "timestamp-millis": 1, "timestamp-micros": 1000, "timestamp-nanos": 1_000_000 };

/** Units a millisecond of a long that is a point in time; null for any other type. */
export function ticksOf(type: AvroType): number | null {
  return type.kind === "long" && type.logical !== null ? (TICKS[type.logical] ?? null) : null;
}

type Known = Map<AvroNamed, Map<AvroNamed, Reading>>;

export function resolve(writer: AvroType, reader: AvroType): Reading {
  return resolveTypes(writer, reader, new Map());
}

function resolveTypes(writer: AvroType, reader: AvroType, known: Known): Reading {
  if (writer.kind === "union") return { kind: "union", branches: writer.branches.map((branch) => resolveTypes(branch, reader, known)) };
  if (reader.kind === "union") {
    const branch = branchFor(writer, reader);
    return branch === null ? unfit(writer, reader, known) : resolveTypes(writer, branch, known);
  }
  if (!matches(writer, reader)) return unfit(writer, reader, known);
  switch (writer.kind) {
    case "record":
      return resolveRecord(writer, reader as AvroRecord, known); // of the kind that matched
    case "enum": {
      const { symbols, default: fallback } = reader as typeof writer; // as above
      const taken = writer.symbols.map((symbol) => (symbols.includes(symbol) ? symbol : fallback));
      return { kind: "enum", symbols: taken, written: writer.symbols };
    }
    case "fixed":
      return { kind: "fixed", size: writer.size };
    case "array":
      return { kind: "array", items: resolveTypes(writer.items, (reader as typeof writer).items, known) }; // as above
    case "map":
      return { kind: "map", values: resolveTypes(writer.values, (reader as typeof writer).values, known) }; // as above
    default:
      return resolvePrimitive(writer, reader as AvroPrimitive); // as above
  }
}

/** The first that is the writer's type, else the first that the writer's can be made into. */
function branchFor(writer: AvroType, { branches }: AvroUnion): AvroType | null {
  const same = branches.find((branch) => branch.kind === writer.kind && matches(writer, branch));
  return same ?? branches.find((branch) => matches(writer, branch)) ?? null;
}

const PROMOTIONS: Readonly<Record<string, readonly string[]>> = {
  int: ["long", "float", "double"],
  long: ["float", "double"],
  float: ["double"],
  string: ["bytes"],
  bytes: ["string"],
};

/** Are they of one kind and name, or can the writer's be promoted? Parts are looked at when they are resolved. */
function matches(writer: AvroType, reader: AvroType): boolean {
  if (writer.kind !== reader.kind) return PROMOTIONS[writer.kind]?.includes(reader.kind) === true;
  if (writer.kind === "fixed" && reader.kind === "fixed" && writer.size !== reader.size) return false;
  if ("name" in writer && "name" in reader) return sameName(writer, reader);
  const [from, to] = [ticksOf(writer), ticksOf(reader)];
  return from === null || to === null || from === to;
}

/** The name without its namespace, as the specification has it, or one of the contract's aliases. */
function sameName(writer: AvroNamed, reader: AvroNamed): boolean {
  return shortName(writer.name) === shortName(reader.name) || reader.aliases.some((alias) => alias === writer.name);
}

function shortName(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

function unfit(writer: AvroType, reader: AvroType, known: Known): Reading {
  return { kind: "unfit", written: resolveTypes(writer, writer, known), why: `must be ${nameOf(reader)}, not ${nameOf(writer)}` };
}

/** What people call a type. */
export function nameOf(type: AvroType): string {
  if (type.kind === "union") return type.branches.map(nameOf).join(" or ");
  if ("name" in type) return `${type.kind} ${type.name}`;
  return "logical" in type && type.logical !== null ? `${type.kind} (${type.logical})` : type.kind;
}

function resolvePrimitive(writer: AvroPrimitive, reader: AvroPrimitive): Reading {
  switch (writer.kind) {
    case "int":
    case "long":
    case "float":
    case "double": {
      const whole = writer.kind === "int" || writer.kind === "long";
      return { kind: "number", from: writer.kind, rounds: whole && reader.kind === "float", ticks: ticksOf(reader) };
    }
    case "string":
    case "bytes":
      return { kind: reader.kind === "string" ? "text" : "bytes" };
    default:
      return { kind: writer.kind };
  }
}

function resolveRecord(writer: AvroRecord, reader: AvroRecord, known: Known): Reading {
  const found = known.get(writer)?.get(reader);
  if (found !== undefined) return found;
  const fields: FieldReading[] = [];
  const defaults: DefaultReading[] = [];
  const missing: string[] = [];
  const unknown: string[] = [];
  const reading: RecordReading = { kind: "record", fields, defaults, missing, unknown };
  let ofWriter = known.get(writer);
  if (ofWriter === undefined) known.set(writer, (ofWriter = new Map()));
  ofWriter.set(reader, reading); // before its fields, which may be of the same types
  const taken = new Map<AvroField, AvroField>();
  for (const field of reader.fields) {
    const source = sourceOf(field, writer.fields);
    if (source !== undefined) taken.set(source, field);
    else if (field.default === undefined) missing.push(field.name);
    else defaults.push({ name: field.name, type: field.type, json: field.default });
  }
  for (const field of writer.fields) {
    const into = taken.get(field);
    if (into === undefined) unknown.push(field.name);
    fields.push({ name: into?.name ?? null, reading: resolveTypes(field.type, into?.type ?? field.type, known) });
  }
  return reading;
}

function sourceOf(field: AvroField, written: readonly AvroField[]): AvroField | undefined {
  return written.find(({ name }) => name === field.name) ?? written.find(({ name }) => field.aliases.includes(name));
}
