import { struct, type Field } from "./field.ts";

/** One kind of request with its answer, for all versions that we speak. */
export interface Api<Request, Answer> {
  readonly name: string;
  readonly key: number;
  /** Oldest and newest version that the fields below describe. */
  readonly versions: readonly [number, number];
  /** First version with compact lengths and tagged fields. */
  readonly flexibleFrom: number;
  readonly request: Field<Request>;
  readonly answer: Field<Answer>;
}

type Shape = Readonly<Record<string, Field<unknown>>>;
type StructOf<S extends Shape> = ReturnType<typeof struct<S>> extends Field<infer T> ? T : never;

export function api<Q extends Shape, A extends Shape>(
  name: string,
  key: number,
  versions: readonly [number, number],
  flexibleFrom: number,
  request: Q,
  answer: A,
): Api<StructOf<Q>, StructOf<A>> {
  return { name, key, versions, flexibleFrom, request: struct(request), answer: struct(answer) };
}
