import { expect, it } from "vitest";
import { saysFenced } from "./fenced.ts";

// As Kafka 4.3.1 wrote them: broker 1, epochs 12 and 50; other changes of its registration have other versions.
const UNFENCED = "01110000000001000000000000000c010001ff000000";
const FENCED = "01110000000001000000000000000c01000101000000";
const LOG_DIRECTORIES = "01110300000001000000000000003201030101000000";
const UNFENCED_LATER = "011100000000010000000000000032010001ff006200";
const log = (...records: string[]): Buffer => Buffer.from(["feed", ...records, "beef"].join(""), "hex");

it("takes the last word on whether the broker is there", () => {
  expect(saysFenced(log(UNFENCED, FENCED), 1)).toBe(true);
  expect(saysFenced(log(UNFENCED, FENCED, LOG_DIRECTORIES), 1)).toBe(true);
  expect(saysFenced(log(UNFENCED, FENCED, UNFENCED_LATER), 1)).toBe(false);
  expect(saysFenced(log(UNFENCED, FENCED), 2)).toBe(false);
  expect(saysFenced(Buffer.alloc(0), 1)).toBe(false);
});
