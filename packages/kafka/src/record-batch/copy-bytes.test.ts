import fc from "fast-check";
import { expect, test } from "vitest";
import { copyable, copyBytes } from "./copy-bytes.ts";

test("any bytes of any length arrive unchanged at their place, and nothing beside them is touched", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1500 }), fc.nat(20), fc.nat(20), (bytes, before, at) => {
      const from = copyable(Buffer.concat([Buffer.alloc(before, 1), bytes, Buffer.alloc(7, 2)]));
      const to = copyable(Buffer.alloc(at + bytes.length + 9, 3));
      expect(copyBytes(from, before, bytes.length, to, at)).toBe(at + bytes.length);
      expect(to.buffer).toEqual(Buffer.concat([Buffer.alloc(at, 3), bytes, Buffer.alloc(9, 3)]));
    }),
  );
});

test("a null copies nothing", () => {
  const to = copyable(Buffer.alloc(4, 3));
  expect(copyBytes(copyable(Buffer.alloc(4)), 0, -1, to, 2)).toBe(2);
  expect(to.buffer).toEqual(Buffer.alloc(4, 3));
});
