import { Ajv2020 } from "ajv/dist/2020.js";
import type { ErrorObject } from "ajv/dist/2020.js";
import ajvFormats from "ajv-formats";
import { WeirError } from "@weir/record";
import { compilePattern } from "@weir/expr";
import { childPointer } from "./request.ts";
import { MAX_VIOLATIONS, type Violation } from "./result.ts";
import type { Schema } from "./schema.ts";

/** The whole of JSON Schema 2020-12, exact and slow: on parsed values. */
export interface Validator {
  violations(value: unknown): readonly Violation[];
  /** Whether a value obeys a part of the schema, which must be an object of the same document. */
  part(part: Schema): (value: unknown) => boolean;
  /** Whether a text obeys a format. */
  format(name: string): (text: string) => boolean;
}

const ROOT = "weir:contract";

/** Throws a WeirError for what the schema's author must mend. */
export function createValidator(schema: Schema): Validator {
  const ajv = new Ajv2020({
    strict: true,
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    allowUnionTypes: true,
    allErrors: true,
    ownProperties: true,
    messages: true,
    logger: false,
    validateSchema: true,
    code: { regExp: Object.assign(engineFor, { code: "engineFor" }) },
  });
  ajvFormats.default(ajv);
  try {
    ajv.addSchema(schema, ROOT);
    const validate = ajv.compile({ $ref: ROOT });
    return {
      violations: (value) => (validate(value) ? [] : violationsOf(validate.errors ?? [])),
      part: (part) => {
        if (typeof part === "boolean") return () => part;
        const pointer = pointerTo(part, schema, "");
        if (pointer === null) throw new Error("not a part of this schema");
        const check = ajv.compile({ $ref: `${ROOT}#${pointer}` });
        return (value) => check(value);
      },
      format: (name) => {
        const check = ajv.compile({ type: "string", format: name });
        return (text) => check(text);
      },
    };
  } catch (cause) {
    throw schemaError(cause);
  }
}

/** ajv keeps compiled patterns by their text form, which must therefore differ. */
function engineFor(source: string): { test(text: string): boolean; toString(): string } {
  const pattern = compilePattern(source);
  return { test: (text) => pattern.test(text), toString: () => source };
}

/** Where an object of the document is, as a URI fragment. */
function pointerTo(part: object, at: unknown, pointer: string): string | null {
  if (at === part) return pointer.split("/").map(encodeURIComponent).join("/");
  if (typeof at !== "object" || at === null) return null;
  for (const [name, inner] of Object.entries(at)) {
    const found = pointerTo(part, inner, childPointer(pointer, name));
    if (found !== null) return found;
  }
  return null;
}

function schemaError(cause: unknown): unknown {
  if (cause instanceof WeirError || !(cause instanceof Error)) return cause;
  const outside = cause.message.startsWith("can't resolve reference");
  return new WeirError(
    {
      code: outside ? "WEIR-2103" : "WEIR-2101",
      what: outside ? "the schema refers to something outside itself" : "the contract is not a usable JSON Schema 2020-12",
      why: cause.message.slice(0, 500),
      fix: outside ? 'copy what it refers to into "$defs"' : "correct the schema; nothing in it is silently ignored",
    },
    { cause },
  );
}

function violationsOf(errors: readonly ErrorObject[]): Violation[] {
  return errors.slice(0, MAX_VIOLATIONS).map((error) => ({
    pointer: error.instancePath,
    keyword: error.keyword,
    message: messageOf(error),
  }));
}

function messageOf(error: ErrorObject): string {
  const message = error.message ?? `breaks ${error.keyword}`;
  const { additionalProperty, unevaluatedProperty, allowedValues, allowedValue } = error.params;
  const named = additionalProperty ?? unevaluatedProperty;
  if (named !== undefined) return `${message}: ${JSON.stringify(named)}`;
  if (allowedValues !== undefined) return `${message}: ${JSON.stringify(allowedValues)}`.slice(0, 200);
  if (error.keyword === "const") return `${message}: ${JSON.stringify(allowedValue)}`.slice(0, 200);
  return message;
}
