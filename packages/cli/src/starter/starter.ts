import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { WeirError } from "@weir/record";
import { starterFiles } from "./files.ts";

export interface Starter {
  readonly pipeline: string;
  readonly folder: string;
  /** Paths as they were given. */
  readonly files: readonly string[];
}

const NAME = /^[a-z][a-z0-9-]{0,62}$/;

/** Writes a pipeline that runs into a folder that is new or empty. */
export function makeStarter(folder: string): Starter {
  const name = path.basename(path.resolve(folder));
  if (!NAME.test(name))
    throw refused(
      folder,
      `a pipeline cannot be called ${name}`,
      "use a folder of lower-case letters, digits and -, beginning with a letter",
    );
  const there = entriesOf(folder);
  if (there.length > 0) throw refused(folder, `it holds ${there.slice(0, 3).join(", ")}`, "name a new folder");
  const files = Object.entries(starterFiles(name)).map(([file, text]) => {
    const whole = path.join(folder, file);
    mkdirSync(path.dirname(whole), { recursive: true });
    writeFileSync(whole, text, { flag: "wx" });
    return whole;
  });
  return { pipeline: name, folder, files };
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return [];
    throw refused(folder, String(cause), "name a new folder");
  }
}

function refused(folder: string, why: string, fix: string): WeirError {
  return new WeirError({ code: "WEIR-6052", what: "no pipeline can be made there", where: folder, why, fix }, { exitCode: 2 });
}
