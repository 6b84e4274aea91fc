import { describe, expect, test } from "vitest";
import { isSource, readRepository } from "./repository.ts";

const files = readRepository();
const sources = files.filter(isSource);

/** Headings that the README of every service has, in this order. */
const HEADINGS = ["reads", "writes", "guarantees", "configuration", "metrics", "decisions"];

/** A longer file says in its first lines why it is one. */
const MAX_LINES = 400;
const SAYS_WHY = /^\/\/ Longer than \d+ lines: \S/m;

/** Words that name no concept, and words for which the glossary has another. */
const NO_NAMES = new Set([
  ...["util", "utils", "common", "helper", "helpers", "misc", "manager"],
  ...["message", "messages", "event", "processor", "handler", "workflow", "redrive", "anomaly", "expectation", "bucket"],
]);

/** What no file says: it would be true in one place only, or tells of the making instead of the thing. */
const NOT_SAID: readonly (readonly [string, RegExp])[] = [
  ["a path of one machine", /(?<![\w.$}-])\/(?:work|root|home\/\w+|Users\/\w+|tmp\/weir)\//],
  ["a folder beside the repository", /\.\.\/shared\/|\bshared\/(?:design|flights|reference)\b/],
  [
    "the host of a registry",
    /registry\.(?:npmjs|yarnpkg|npmmirror)|npmjs\.org|repo1?\.maven|maven\.apache\.org|proxy\.golang|pypi\.org|artifactory|jfrog/i,
  ],
  ["the number of an issue", /\bissues? #?\d|(?<=[\s(])#\d+\b(?!\w)/i],
  ["how it was made", /\bAI[- ](?:assist|generat|agent)|\bassistants?\b|co-authored-by|\blanguage models?\b/i],
];

describe("the house", () => {
  test("READMEs of services have the same headings", () => {
    const services = new Set(files.flatMap((file) => /^services\/[^/]+\//.exec(file.name)?.[0] ?? []));
    const headings = (service: string): readonly string[] =>
      [...(files.find((file) => file.name === `${service}README.md`)?.text ?? "").matchAll(/^## (.+)$/gm)].map((found) => found[1] ?? "");
    expect([...services].map((service) => ({ service, headings: headings(service) }))).toEqual(
      [...services].map((service) => ({ service, headings: HEADINGS })),
    );
  });

  test("READMEs name only metrics that there are", () => {
    const known = new Set(
      sources.flatMap((file) => (file.isTest ? [] : [...file.text.matchAll(/"(weir_[a-z_]+)"/g)].map((found) => found[1]))),
    );
    const named = files
      .filter((file) => file.name.endsWith("README.md"))
      .flatMap((file) => [...file.text.matchAll(/\bweir_[a-z_]+/g)].map(([metric]) => ({ file, metric })));
    expect(named.filter(({ metric }) => !known.has(metric)).map(({ file, metric }) => `${file.name}: ${metric}`)).toEqual([]);
  });

  test("files are named in kebab case, by words that name a concept", () => {
    const names = files.filter((file) => /^(?:packages|services)\/.*\.tsx?$/.test(file.name)).map((file) => file.name);
    const wrong = names.filter((name) => {
      const parts = name.split("/").flatMap((part) => part.replace(/\.\w+$/, "").split(/[.-]/));
      return !/^(?:[a-z0-9]+(?:[.-][a-z0-9]+)*\/?)+$/.test(name) || parts.some((part) => NO_NAMES.has(part));
    });
    expect(wrong).toEqual([]);
  });

  test(`files longer than ${MAX_LINES} lines say why`, () => {
    const long = sources.filter((file) => file.text.split("\n").length > MAX_LINES + 1 && !SAYS_WHY.test(file.text.slice(0, 1_000)));
    expect(long.map((file) => `${file.name}: ${file.text.split("\n").length} lines`)).toEqual([]);
  });

  test("nothing is said that is true in one place only", () => {
    const said = files
      .filter((file) => file.name !== "test/tidy/house.test.ts")
      .flatMap((file) =>
        NOT_SAID.flatMap(([what, form]) => {
          const found = form.exec(file.text);
          return found ? [`${file.name}: ${what}, "${found[0]}"`] : [];
        }),
      );
    expect(said).toEqual([]);
  });

  test("the lock names packages by content, not by where they were fetched", () => {
    const lock = files.find((file) => file.name === "pnpm-lock.yaml")?.text ?? "";
    expect(lock).toMatch(/integrity: sha512-/);
    expect(lock).not.toMatch(/https?:|tarball:/);
  });

  test("no test replaces a module of ours, or is the only one", () => {
    const wrong = sources.filter((file) => file.isTest && /\bvi\.(?:mock|doMock)\(|\b(?:test|it|describe)\.only\(/.test(file.text));
    expect(wrong.map((file) => file.name).filter((name) => name !== "test/tidy/house.test.ts")).toEqual([]);
  });
});
