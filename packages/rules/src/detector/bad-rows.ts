import type { Contract, FieldRequest } from "@weir/contract";
import { ABSENT, NULL, OTHER, PRESENT, WeirError } from "@weir/record";
import { columnOf, type BatchView } from "../check.ts";
import type { RateChangeSpec } from "../spec.ts";

export const GOOD = 0;
export const BAD = 1;
/** The row says nothing: its field could not be read, or has no value where values are looked at. */
export const SILENT = 2;

/** Which rows a rate is made of, one byte each. */
export interface BadRows {
  readonly request: FieldRequest;
  /** Writes GOOD, BAD or SILENT for every row of the batch. */
  mark(view: BatchView, marks: Uint8Array): void;
}

/** Values that a baseline knows, for `unseen`. */
export type KnownValues = ReadonlySet<string>;

export function badRows(spec: RateChangeSpec, contract: Pick<Contract, "field">, known: KnownValues | null): BadRows {
  const types = contract.field(spec.field)?.types ?? [];
  const numeric = types.includes("number") || types.includes("integer");
  const text = types.includes("boolean") && !types.includes("string") ? "boolean" : "string";
  switch (spec.of) {
    case "null":
      return byPresence({ pointer: spec.field, as: numeric ? "number" : text === "boolean" ? "boolean" : "slices" }, (p) =>
        p === NULL || p === ABSENT ? BAD : p === OTHER ? SILENT : GOOD,
      );
    case "invalid":
      return byPresence({ pointer: spec.field, as: numeric ? "number" : text === "boolean" ? "boolean" : "slices" }, (p) =>
        p === OTHER ? BAD : p === PRESENT ? GOOD : SILENT,
      );
    case "unseen":
      if (known === null) throw new Error(`rule ${spec.id} has no baseline`);
      return byText({ pointer: spec.field, as: text }, (value) => !known.has(value));
    case "class":
      if (spec.value === undefined) {
        throw new WeirError({
          code: "WEIR-2212",
          what: "of: class needs the class whose share is watched",
          where: `rule ${spec.id}`,
          fix: "set value to it",
        });
      }
      return byText({ pointer: spec.field, as: text }, (value) => value === spec.value);
  }
}

function byPresence(request: FieldRequest, markOf: (presence: number) => number): BadRows {
  const marks = Uint8Array.from([PRESENT, ABSENT, NULL, OTHER], markOf);
  return {
    request,
    mark: (view, to) => {
      const { presence } = columnOf(view, request);
      for (let row = 0; row < view.batch.count; row++) to[row] = marks[presence[row]!]!; // four kinds of presence, row < count
    },
  };
}

function byText(request: FieldRequest, isBad: (value: string) => boolean): BadRows {
  return {
    request,
    mark: (view, to) => {
      const column = columnOf(view, request);
      const texts = column.kind === "string" ? column.dictionary : ["false", "true"];
      const codes = column.kind === "string" ? column.codes : column.kind === "boolean" ? column.values : null;
      if (codes === null) return;
      const bad = Uint8Array.from(texts, (value) => (isBad(value) ? BAD : GOOD));
      for (let row = 0; row < view.batch.count; row++) {
        to[row] = column.presence[row] === PRESENT ? bad[codes[row]!]! : SILENT; // codes are within the dictionary
      }
    },
  };
}
