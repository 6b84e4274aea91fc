import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** One file of the repository as a person would see it: installed, built and hidden tool folders left out. */
export interface RepositoryFile {
  /** From the top of the repository, with forward slashes. */
  readonly name: string;
  /** `kafka` for packages/kafka, `gate` for services/gate, `test` for test/, `root` for the rest. */
  readonly owner: string;
  readonly isTest: boolean;
  readonly text: string;
}

const ROOT = path.resolve(import.meta.dirname, "../..");
const LEFT_OUT = new Set(["node_modules", "dist", ".git", ".weir", "bench-results"]);
const BINARY = /\.(?:gz|onnx|png|ico|woff2|tsbuildinfo)$/;

/** Every text file, sorted by name. */
export function readRepository(): readonly RepositoryFile[] {
  return list("")
    .sort()
    .map((name) => ({
      name,
      owner: ownerOf(name),
      isTest: name.startsWith("test/") || name.endsWith(".test.ts"),
      text: readFileSync(path.join(ROOT, name), "utf8"),
    }));
}

/** Programs that the bench compares with are projects of their own, with libraries of their own. */
const PEERS = "test/bench/peers/";

export function isSource(file: RepositoryFile): boolean {
  return /\.(?:ts|mjs)$/.test(file.name) && !file.name.startsWith(PEERS);
}

export function ownerOf(name: string): string {
  const [top = "", second = ""] = name.split("/");
  if (top === "packages" || top === "services") return second;
  return top === "test" ? "test" : "root";
}

/** The lines of a source that do something: comments blanked, line numbers kept. Strings stay, also what looks like a comment in them. */
export function codeLines(text: string): readonly string[] {
  const withoutBlocks = text.replace(/^[ \t]*\/\*[\s\S]*?\*\//gm, (block) => block.replace(/[^\n]/g, ""));
  return withoutBlocks.split("\n").map((line) => line.replace(/(?:^|\s)\/\/(?:\s.*)?$/, ""));
}

/** Names of everything a source imports, re-exports, loads or asks the type of. */
export function importsOf(text: string): readonly string[] {
  const code = codeLines(text).join("\n");
  const statements = code.matchAll(
    /^(?:import|export)\b[^"';]*?\bfrom\s+"([^"]+)"|^import\s+"([^"]+)"|\b(?:import|require)\(\s*"([^"]+)"\s*\)/gm,
  );
  return [...statements].map((found) => found[1] ?? found[2] ?? found[3] ?? "");
}

function list(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (LEFT_OUT.has(entry.name)) return []; // in a second working tree .git is a file
    if (entry.isDirectory()) return list(name);
    return entry.isFile() && !BINARY.test(entry.name) ? [name] : [];
  });
}
