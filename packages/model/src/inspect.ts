/**
 * Reads untrusted data field by field and notes every problem with its place. A field that is wrong yields a harmless
 * value of its type, so that reading goes on; whoever asked must look at `problems` before using anything.
 */
export interface Inspector {
  readonly problems: string[];
  object(value: unknown, where: string, keys?: readonly string[]): Readonly<Record<string, unknown>>;
  list(value: unknown, where: string): readonly unknown[];
  text(value: unknown, where: string): string;
  number(value: unknown, where: string): number;
  count(value: unknown, where: string): number;
  flag(value: unknown, where: string): boolean;
  choice<T extends string>(value: unknown, where: string, of: readonly T[]): T;
  fail(where: string, what: string): void;
}

export function createInspector(): Inspector {
  const problems: string[] = [];
  const fail = (where: string, what: string): void => {
    problems.push(`${where || "/"}: ${what}`);
  };
  const found = (value: unknown): string => (value === undefined ? "it is missing" : `found ${shorten(value)}`);
  return {
    problems,
    fail,
    object: (value, where, keys) => {
      if (!isObject(value)) {
        fail(where, `must be an object; ${found(value)}`);
        return {};
      }
      for (const key of Object.keys(value)) {
        if (keys && !keys.includes(key)) fail(`${where}/${key}`, `is not known here; known are ${keys.join(", ")}`);
      }
      return value;
    },
    list: (value, where) => {
      if (isList(value)) return value;
      fail(where, `must be a list; ${found(value)}`);
      return [];
    },
    text: (value, where) => {
      if (typeof value === "string" && value !== "") return value;
      fail(where, `must be text; ${found(value)}`);
      return "";
    },
    number: (value, where) => {
      if (typeof value === "number" && Number.isFinite(value)) return value;
      fail(where, `must be a finite number; ${found(value)}`);
      return 0;
    },
    count: (value, where) => {
      if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return value;
      fail(where, `must be a whole number above 0; ${found(value)}`);
      return 1;
    },
    flag: (value, where) => {
      if (typeof value === "boolean") return value;
      fail(where, `must be true or false; ${found(value)}`);
      return false;
    },
    choice: (value, where, of) => {
      const chosen = of.find((o) => o === value);
      if (chosen !== undefined) return chosen;
      fail(where, `must be one of ${of.join(", ")}; ${found(value)}`);
      return of[0]!; // choices are never empty
    },
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
