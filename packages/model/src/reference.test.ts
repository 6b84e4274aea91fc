import { describe, expect, it } from "vitest";
import { parseAliases, parseModelReference, resolveModel } from "./reference.ts";

const A = "a".repeat(64);
const B = "b".repeat(64);
const versions = [
  { version: "1", digest: A },
  { version: "2", digest: B },
];
const aliases = parseAliases(
  { champion: { version: 1, digest: A }, challenger: { version: "2", digest: `sha256:${B}` }, lost: { version: 9, digest: A } },
  "aliases.yaml",
);
const resolve = (text: string) => resolveModel(parseModelReference(text), aliases, versions);

describe("a model's name", () => {
  it.each([
    ["late-arrival/2", { version: "2", digest: null }],
    ["late-arrival@champion", { version: "1", digest: A }],
    ["late-arrival@challenger", { version: "2", digest: B }],
  ])("%s means a version", (text, expected) => expect(resolve(text)).toEqual(expected));

  it("by digest means the version with those bytes", () => {
    expect(resolve(`late-arrival@sha256:${B}`)).toMatchObject({ version: "2", digest: B });
  });

  it.each(["late-arrival/3", "late-arrival@shadow", `late-arrival@sha256:${"c".repeat(64)}`, "late-arrival@lost"])(
    "%s is not there",
    (text) => {
      expect(() => resolve(text)).toThrow(/WEIR-4004[\s\S]*versions: 1, 2; aliases: champion, challenger, lost/);
    },
  );

  it.each(["", "late-arrival", "late-arrival/0", "late-arrival@", "Late/1", "a/b/1", "a@sha256:12", "../x/1"])("%j is no name", (text) => {
    expect(() => parseModelReference(text)).toThrow("WEIR-4002");
  });

  it.each([
    [null],
    [[]],
    [{ champion: 1 }],
    [{ champion: { version: 0, digest: A } }],
    [{ champion: { version: 1 } }],
    [{ "A b": { version: 1, digest: A } }],
  ])("is not looked up in aliases like %j", (untrusted) => expect(() => parseAliases(untrusted, "aliases.yaml")).toThrow("WEIR-4003"));
});
