import type { FoundSchema, SchemaSource } from "@weir/contract";
import type { RegistryEnvironment } from "@weir/pipeline";
import { RetriableError } from "@weir/record";
import { get, type Answer } from "./request.ts";

const UNKNOWN_ID = 40403;
/** Schemas that one schema needs, however deep. */
const MOST_REFERENCES = 100;

interface Reference {
  readonly subject: string;
  readonly version: number;
}

/**
 * Schemas by id through the REST API that Confluent documents and Apicurio and Karapace have too. Credentials are asked for with every
 * request, so that rotated ones are used.
 */
export function createSchemaRegistry(connection: () => RegistryEnvironment): SchemaSource {
  const withReferences = async (body: unknown, texts: Map<string, string>): Promise<string> => {
    const { schema, references } = schemaIn(body);
    for (const { subject, version } of references) {
      const place = `${subject} version ${version}`;
      if (texts.has(place)) continue;
      if (texts.size >= MOST_REFERENCES) throw refusal("a schema", `it refers to more than ${MOST_REFERENCES} others`);
      const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}`;
      const text = await withReferences(parsed(place, await get(connection(), path)), texts);
      texts.set(place, text);
    }
    return schema;
  };
  return {
    find: async (id): Promise<FoundSchema> => {
      const answer = await get(connection(), `/schemas/ids/${id}`);
      if (answer.status === 404 && codeIn(answer) === UNKNOWN_ID) return { why: "the registry does not know it", isFinal: false };
      const body = parsed(`schema ${id}`, answer);
      const { type } = schemaIn(body);
      if (type !== "AVRO") return { why: `it is of type ${type}, not AVRO`, isFinal: true };
      const texts = new Map<string, string>();
      const own = await withReferences(body, texts);
      return { texts: [...texts.values(), own] };
    },
  };
}

/** Anything but an answer in form may pass: a gateway in front, credentials that were just rotated, a registry that starts. */
function parsed(what: string, answer: Answer): unknown {
  if (answer.status !== 200) throw refusal(what, `it answers ${answer.status}: ${answer.body.slice(0, 200)}`);
  try {
    return JSON.parse(answer.body);
  } catch {
    throw refusal(what, "its answer is not JSON");
  }
}

function refusal(what: string, why: string): RetriableError {
  return new RetriableError("REGISTRY", `the schema registry does not give ${what}: ${why}`);
}

function codeIn({ body }: Answer): unknown {
  try {
    const error: unknown = JSON.parse(body);
    return typeof error === "object" && error !== null ? Reflect.get(error, "error_code") : null;
  } catch {
    return null;
  }
}

function schemaIn(body: unknown): { readonly schema: string; readonly type: string; readonly references: readonly Reference[] } {
  if (typeof body !== "object" || body === null || !("schema" in body) || typeof body.schema !== "string")
    throw refusal("a schema", "its answer has none");
  const type = "schemaType" in body && typeof body.schemaType === "string" ? body.schemaType : "AVRO";
  const references: readonly unknown[] = "references" in body && Array.isArray(body.references) ? body.references : [];
  return { schema: body.schema, type, references: references.filter(isReference) };
}

function isReference(value: unknown): value is Reference {
  if (typeof value !== "object" || value === null) return false;
  return typeof Reflect.get(value, "subject") === "string" && typeof Reflect.get(value, "version") === "number";
}
