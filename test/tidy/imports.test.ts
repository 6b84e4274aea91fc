import path from "node:path";
import { describe, expect, test } from "vitest";
import {
  IMPURE,
  LAYERS,
  LIBRARIES,
  PURE_LAYERS,
  REACHES_INSIDE,
  SEES_EVERYTHING,
  TEST_LIBRARIES,
  TESTS_TOO,
  WITHIN_A_LAYER,
} from "./layers.ts";
import { codeLines, importsOf, isSource, ownerOf, readRepository, type RepositoryFile } from "./repository.ts";

const sources = readRepository().filter(isSource);
const layerOf = (owner: string): number => LAYERS.findIndex((layer) => layer.includes(owner));
const isPure = (file: Pick<RepositoryFile, "owner" | "isTest">): boolean =>
  !file.isTest && layerOf(file.owner) >= 0 && layerOf(file.owner) < PURE_LAYERS;

/** Why a file may not import this, or null. */
function fault(file: Pick<RepositoryFile, "name" | "owner" | "isTest">, specifier: string): string | null {
  if (specifier.startsWith(".")) return relativeFault(file, specifier);
  if (specifier.startsWith("node:")) return isPure(file) ? "is pure and may not see the machine" : null;
  if (specifier.startsWith("@weir/")) return layerFault(file, specifier.slice("@weir/".length));
  if (TEST_LIBRARIES.some((name) => specifier === name || specifier.startsWith(`${name}/`))) {
    return file.isTest || file.owner === "root" ? null : "is no test";
  }
  const library = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  const owner = LIBRARIES.get(library);
  if (owner === undefined) return "is not in the list of libraries (test/tidy/layers.ts)";
  if (file.isTest && TESTS_TOO.includes(library)) return null;
  return owner === file.owner ? null : `is not ${owner}, its only importer`;
}

function relativeFault(file: Pick<RepositoryFile, "name" | "owner">, specifier: string): string | null {
  const target = path.posix.join(path.posix.dirname(file.name), specifier);
  const owner = ownerOf(target);
  if (owner !== file.owner && owner !== REACHES_INSIDE.get(file.name)) return "reaches into another package; import it by its name";
  return /\.(?:ts|mjs|json)$/.test(specifier) ? null : "must carry the file's ending";
}

function layerFault({ owner, isTest }: Pick<RepositoryFile, "owner" | "isTest">, name: string): string | null {
  if (name.includes("/")) return "goes past the package's index.ts";
  if (SEES_EVERYTHING.includes(owner)) return null;
  if (name === "testkit" || layerOf(name) < 0) return "is not something that a package may see";
  if (name === owner) return isTest ? null : "is the package itself";
  const below = layerOf(name) < layerOf(owner);
  return below || WITHIN_A_LAYER.get(owner)?.includes(name) ? null : `lies in layer ${layerOf(name)}, not below layer ${layerOf(owner)}`;
}

test("packages import only from layers below, libraries only where they belong", () => {
  const faults = sources.flatMap((file) =>
    importsOf(file.text).flatMap((specifier) => {
      const why = fault(file, specifier);
      return why === null ? [] : [`${file.name} imports "${specifier}": ${why}`];
    }),
  );
  expect(faults).toEqual([]);
});

test("every package and service has a layer", () => {
  const owners = new Set(sources.map((file) => file.owner).filter((owner) => owner !== "root" && !SEES_EVERYTHING.includes(owner)));
  expect([...owners].filter((owner) => layerOf(owner) < 0)).toEqual([]);
});

test("pure packages see neither clock nor chance nor process", () => {
  const faults = sources
    .filter(isPure)
    .flatMap((file) =>
      codeLines(file.text).flatMap((line, at) =>
        IMPURE.filter(([, form]) => form.test(line)).map(([what]) => `${file.name}:${at + 1} sees ${what}: ${line.trim()}`),
      ),
    );
  expect(faults).toEqual([]);
});

test("index.ts does nothing but re-export by name", () => {
  const onlyNames = /^(?:\s|export (?:type )?\{[^}]*\} from "\.[^"]*";|export \{\};)*$/;
  const indexes = sources.filter((file) => /^(?:packages|services)\/[^/]+\/src\/index\.ts$/.test(file.name));
  const owners = new Set(sources.filter((file) => /^(?:packages|services)\//.test(file.name)).map((file) => file.owner));
  expect(new Set(indexes.map((file) => file.owner))).toEqual(owners);
  expect(indexes.filter((file) => !onlyNames.test(codeLines(file.text).join("\n"))).map((file) => file.name)).toEqual([]);
});

describe("the reader of imports", () => {
  test("sees every statement that begins with import", () => {
    const blind = sources.filter(
      (file) => importsOf(file.text).length < codeLines(file.text).filter((line) => /^import\b(?!\.meta)/.test(line)).length,
    );
    expect(blind.map((file) => file.name)).toEqual([]);
    expect(sources.flatMap((file) => importsOf(file.text)).length).toBeGreaterThan(sources.length);
  });

  const X = '"x"'; // apart from the words around it, or this file would import it
  test.each([
    [`import { a } from ${X};`, ["x"]],
    [`import type {\n  A,\n  B,\n} from ${X};`, ["x"]],
    [`import ${X};\nexport * from ${X};\nexport { a, type B } from "./z.ts";`, ["x", "x", "./z.ts"]],
    [`const a = await import(${X});\nlet b: import(${X}).B = require(${X});`, ["x", "x", "x"]],
    [`// import { a } from ${X};\n/**\n * import { b } from ${X};\n */`, []],
  ])("%j", (text, names) => expect(importsOf(text)).toEqual(names));
});

test.each([
  ["packages/record/src/a.ts", "node:fs"],
  ["packages/record/src/a.ts", "@weir/stream"],
  ["packages/stream/src/a.ts", "@weir/pipeline"],
  ["packages/model/src/a.ts", "@weir/routing"],
  ["packages/kafka/src/a.ts", "@weir/service"],
  ["packages/cli/src/a.ts", "@weir/testkit"],
  ["packages/cli/src/a.ts", "kafkajs"],
  ["packages/cli/src/a.ts", "left-pad"],
  ["packages/cli/src/a.ts", "vitest"],
  ["packages/cli/src/a.ts", "@weir/kafka/src/wire/bytes.ts"],
  ["packages/cli/src/a.ts", "../../kafka/src/index.ts"],
  ["services/gate/src/a.ts", "@weir/router"],
  ["services/gate/src/a.ts", "./b"],
])("%s may not import %s", (name, specifier) => {
  expect(fault({ name, owner: ownerOf(name), isTest: false }, specifier)).not.toBeNull();
});
