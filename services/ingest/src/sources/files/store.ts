import type { Readable } from "node:stream";

/** A file as a listing shows it. */
export interface StoredFile {
  readonly name: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly changedAt: number;
  /** Differs whenever the content does. */
  readonly version: string;
}

/** Where files lie: a folder, or a bucket. */
export interface FileStore {
  /** In the order of their names. */
  list(): Promise<readonly StoredFile[]>;
  /** Its bytes from there on. */
  open(name: string, from: number): Promise<Readable>;
  /** For people. */
  readonly place: string;
}

/** `*` stands for anything within a name. */
export function nameMatcher(pattern: string): (name: string) => boolean {
  const parts = pattern.split("*");
  const [first = "", ...rest] = parts;
  const last = rest.pop();
  return (name) => {
    if (last === undefined) return name === first;
    if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
    let at = first.length;
    const end = name.length - last.length;
    for (const part of rest) {
      const found = name.indexOf(part, at);
      if (found < 0 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  };
}
