import { expect, test } from "vitest";
import { parseListing } from "./s3.ts";
import { nameMatcher } from "./store.ts";

test.each([
  ["*", "a.csv", true],
  ["*.csv", "a.csv", true],
  ["*.csv", "a.csv.gz", false],
  ["a*b*c", "a1b2c", true],
  ["a*b*c", "abc", true],
  ["a*b*c", "ac", false],
  ["ab*ba", "aba", false],
  ["a.csv", "a.csv", true],
  ["a.csv", "aXcsv", false],
])("the pattern %j and the name %j: %s", (pattern, name, expected) => {
  expect(nameMatcher(pattern)(name)).toBe(expected);
});

test("a listing is read with its odd names, folders left out, and where the next page begins", () => {
  const entry = (key: string): string =>
    `<Contents><Key>${key}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>&quot;abc&quot;</ETag><Size>12</Size></Contents>`;
  const xml = `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextContinuationToken>a&amp;b</NextContinuationToken>${entry("in/a%20b%2B.csv")}${entry("in/")}</ListBucketResult>`;
  expect(parseListing(xml)).toEqual({
    files: [{ name: "in/a b+.csv", bytes: 12, changedAt: Date.UTC(2026, 0, 2, 3, 4, 5), version: "12-abc" }],
    next: "a&b",
  });
});

test("a listing of a server that encodes no names is read as XML", () => {
  const entry = `<Contents><Key>in/a b+%20&amp;lt;&#xfc;.csv</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>abc</ETag><Size>1</Size></Contents>`;
  expect(parseListing(`<ListBucketResult>${entry}</ListBucketResult>`).files.map((f) => f.name)).toEqual(["in/a b+%20&lt;ü.csv"]);
});
