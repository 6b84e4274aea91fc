import { expect, test } from "vitest";
import { createFrames } from "./frames.ts";

/** Puts the bytes in, at most `most()` at once, as a connection does. */
function feed(bytes: Buffer, most: () => number): Buffer[] {
  const got: Buffer[] = [];
  const frames = createFrames((frame) => void got.push(frame));
  for (let at = 0; at < bytes.length;) {
    const room = frames.room();
    const count = Math.min(room.length, bytes.length - at, most());
    room.set(bytes.subarray(at, at + count));
    frames.took(count);
    at += count;
  }
  return got;
}

/** Knuth's MMIX generator, its upper half. */
function randomOf(seed: number): () => number {
  let state = BigInt(seed);
  return () => Number((state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n)) >> 32n) / 2 ** 32;
}

function answer(length: number, random: () => number): Buffer {
  const bytes = Buffer.alloc(4 + length, Math.floor(random() * 256));
  bytes.writeInt32BE(length, 0);
  return bytes;
}

test.each([1, 2, 3])("answers come whole and in order, however the bytes come (seed %i)", (seed) => {
  const random = randomOf(seed);
  const lengths = Array.from({ length: 40 }, () => Math.floor(random() ** 4 * 400_000));
  const sent = [0, 1, 65_535, 65_536, 65_537, ...lengths].map((length) => answer(length, random));
  for (const most of [() => 1_000_000, () => 1 + Math.floor(random() * 70_000), () => 1 + Math.floor(random() * 9) ** 3]) {
    const got = feed(Buffer.concat(sent), most);
    expect(got.map((frame) => frame.length)).toEqual(sent.map((frame) => frame.length));
    expect(Buffer.concat(got).equals(Buffer.concat(sent))).toBe(true);
  }
});

test("what is given out is not written to again", () => {
  const first = answer(3, () => 0.1);
  const [got] = feed(Buffer.concat([first, answer(200_000, () => 0.2)]), () => 1000);
  expect(got).toEqual(first);
});

test.each(["HTTP/1.1 400 Bad Request", "\u00ff\u00ff\u00ff\u00ff"])("what does not speak Kafka is refused: %j", (text) => {
  expect(() => feed(Buffer.from(text, "latin1"), () => 100)).toThrow(/this is not Kafka/);
});
