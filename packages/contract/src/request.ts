import { WeirError } from "@weir/record";

/** A field of a record and the column that it is to become. */
export interface FieldRequest {
  /** JSON pointer (RFC 6901), e.g. "/dep_delay", "/prediction/confidence". */
  readonly pointer: string;
  /**
   * `vector`: an array of as many numbers as `width` says, all within 32-bit floats · `unknown`: names of members that the contract does not
   * know, for the record itself (pointer "") alone.
   */
  readonly as: "number" | "string" | "boolean" | "slices" | "time" | "vector" | "unknown";
  /** Of numeric epoch times; without it only RFC 3339 text is a time. */
  readonly unit?: "s" | "ms";
  /** Of a vector: numbers a record, 1 or more. */
  readonly width?: number;
}

/** The name of a request's column in `ReadResult.columns` and in `batch.added.columns`. */
export function columnKey(request: Pick<FieldRequest, "pointer" | "as">): string {
  return `${request.as} ${request.pointer}`;
}

/** The reference tokens of a JSON pointer, unescaped. */
export function parsePointer(pointer: string): readonly string[] {
  if (pointer === "") return [];
  if (!pointer.startsWith("/") || /~(?![01])/.test(pointer)) {
    throw new WeirError({
      code: "WEIR-2105",
      what: `"${pointer}" is not a JSON pointer`,
      fix: 'write "/" before every name, "~1" for a "/" and "~0" for a "~" inside a name',
    });
  }
  return pointer
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The pointer of a member of what `pointer` points to. */
export function childPointer(pointer: string, name: string | number): string {
  return `${pointer}/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** Requests without repetitions; two units or widths for one column are refused. */
export function distinctRequests(requests: readonly FieldRequest[]): readonly FieldRequest[] {
  const byKey = new Map<string, FieldRequest>();
  for (const request of requests) {
    parsePointer(request.pointer);
    if (request.as === "unknown" && request.pointer !== "") throw new Error("unknown members are told of the record itself alone");
    const key = columnKey(request);
    const known = byKey.get(key);
    if (known && known.unit !== request.unit) {
      throw new WeirError({
        code: "WEIR-2106",
        what: `${request.pointer} is asked for as a time in two units`,
        why: `${known.unit ?? "text only"} and ${request.unit ?? "text only"} would be one column`,
        fix: "give every use of the field the same unit",
      });
    }
    if (known && known.width !== request.width) {
      throw new WeirError({
        code: "WEIR-2108",
        what: `${request.pointer} is asked for as vectors of two widths`,
        why: `${known.width ?? 0} and ${request.width ?? 0} numbers would be one column`,
        fix: "give models that read the field together features of one width, or run them in services of their own",
      });
    }
    byKey.set(key, request);
  }
  return [...byKey.values()];
}
