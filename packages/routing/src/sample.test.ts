import { describe, expect, it } from "vitest";
import { createSampler } from "./sample.ts";

const ids = Array.from({ length: 20_000 }, (_, i) => new TextEncoder().encode(`2013-02-01-EWR-UA-${i}`));
const chosen = (share: number, salt: string): number => ids.filter((id) => createSampler(share, salt)(id, 0, id.length)).length;

describe("a sample", () => {
  it.each([
    [0, 0, 0],
    [1, 20_000, 20_000],
    [0.02, 340, 460],
    [0.5, 9_700, 10_300],
  ])("of the share %d is about as large as that", (share, least, most) => {
    expect(chosen(share, "flights/route")).toBeGreaterThanOrEqual(least);
    expect(chosen(share, "flights/route")).toBeLessThanOrEqual(most);
  });

  it("depends on id and salt only, wherever the id lies", () => {
    const sampler = createSampler(0.3, "a");
    const id = ids[7] ?? new Uint8Array(0);
    const moved = new Uint8Array([1, 2, ...id, 3]);
    expect(ids.slice(0, 12).map((i) => sampler(i, 0, i.length))).toEqual([
      false,
      false,
      true,
      false,
      true,
      false,
      false,
      false,
      true,
      true,
      true,
      false,
    ]);
    expect(sampler(moved, 2, id.length)).toBe(sampler(id, 0, id.length));
  });

  it("of one router is independent of another's", () => {
    const a = createSampler(0.5, "a");
    const b = createSampler(0.5, "b");
    const both = ids.filter((id) => a(id, 0, id.length) && b(id, 0, id.length)).length;
    expect(both).toBeGreaterThan(4_700);
    expect(both).toBeLessThan(5_300);
  });

  it("grows with its share and keeps what it had", () => {
    const small = createSampler(0.1, "a");
    const large = createSampler(0.2, "a");
    expect(ids.filter((id) => small(id, 0, id.length) && !large(id, 0, id.length))).toEqual([]);
  });
});
