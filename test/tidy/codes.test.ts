import path from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { explainCode } from "../../packages/cli/src/codes.ts";
import { isSource, readRepository } from "./repository.ts";

/** Packages that tell a code of another one, because they meet the same thing. */
const SHARED: ReadonlyMap<string, readonly string[]> = new Map([
  ["onnx", ["model"]], // what a manifest promises is found false when the bytes are opened
  ["kafka", ["stream"]], // both logs tell alike that a place was taken
  ["monitor", ["replay"]], // answers them with a status
  ["root", ["cli"]], // the start script has no package of its own
  ["router", ["pipeline"]], // a condition that lint would have refused
  ["cli", ["pipeline"]], // the example of weir explain
]);

const CODE = /\bWEIR-\d{4}\b/g;
const sources = readRepository().filter((file) => isSource(file) && !file.isTest);
const isCatalogue = (name: string): boolean => name.endsWith("/src/codes.ts");

/** Code → package that explains it, from every package's `codes.ts`. */
async function readCatalogues(): Promise<readonly (readonly [code: string, owner: string])[]> {
  const read = sources
    .filter(({ name }) => isCatalogue(name))
    .map(async ({ name, owner }) => {
      const exports: Readonly<Record<string, unknown>> = await import(pathToFileURL(path.resolve(name)).href);
      return Object.entries(exports)
        .filter(([key]) => key.endsWith("_CODES"))
        .flatMap(([, entries]) => Object.keys(entries ?? {}).map((code) => [code, owner] as const));
    });
  return (await Promise.all(read)).flat();
}

const catalogues = await readCatalogues();
const ownerOfCode = new Map(catalogues);
const used = sources
  .filter((file) => !isCatalogue(file.name))
  .flatMap((file) => [...file.text.matchAll(CODE)].map(([code]) => ({ code, file })));

test("every code that is used is explained by weir explain", () => {
  expect(used.length).toBeGreaterThan(100);
  expect(used.filter(({ code }) => explainCode(code) === null).map(({ code, file }) => `${file.name}: ${code}`)).toEqual([]);
});

test("a code has one meaning, in one package", () => {
  expect(catalogues.map(([code]) => code).filter((code, at, all) => all.indexOf(code) !== at)).toEqual([]);
  const strange = used.filter(({ code, file }) => {
    const owner = ownerOfCode.get(code);
    return owner !== undefined && owner !== file.owner && !SHARED.get(file.owner)?.includes(owner);
  });
  expect(strange.map(({ code, file }) => `${file.name}: ${code} belongs to ${ownerOfCode.get(code)}`)).toEqual([]);
});

test("no code is explained that nobody uses", () => {
  const known = new Set(used.map(({ code }) => code));
  expect(catalogues.filter(([code]) => !known.has(code)).map(([code, owner]) => `${owner}: ${code}`)).toEqual([]);
});

test("every package's catalogue is in weir explain, and says what, why and what to do", () => {
  for (const [code] of catalogues) {
    const { title = "", explanation = "", fix = "" } = explainCode(code) ?? {};
    expect({ code, title: title.length > 5, explanation: /\.$/.test(explanation), fix: /\.$/.test(fix) }).toEqual({
      code,
      title: true,
      explanation: true,
      fix: true,
    });
  }
});
