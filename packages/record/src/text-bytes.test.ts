import { expect, it } from "vitest";
import { textBytes } from "./text-bytes.ts";

const encoder = new TextEncoder();

it("gives what TextEncoder gives, for texts of all lengths and kinds, and keeps what it gave", () => {
  const texts = ["", "a", "ä€😀", "\ud800", "x".repeat(341), "x".repeat(342), "€".repeat(5000)];
  for (let i = 0; i < 2000; i++) texts.push(`flights.gate-${i}-€`);
  const given = texts.map(textBytes);
  given.forEach((bytes, i) => expect([...bytes]).toEqual([...encoder.encode(texts[i])]));
});
