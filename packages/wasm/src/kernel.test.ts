import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { again, block, give, label, leave, loop, select, when, whilst } from "./control.ts";
import { f32, f32x4, f64, f64x2, i16x8, i32, i32x4, i64, i8x16, v128 } from "./instructions.ts";
import { createKernel, type Kernel } from "./kernel.ts";
import type { Code, Local } from "./code.ts";
import { signedLeb, unsignedLeb } from "./leb128.ts";

type Body = (a: Local<"i32">, b: Local<"i32">) => Code<"i32">;

/** A function of two whole numbers. */
function compiled(body: Body): (a: number, b: number) => number {
  const kernel = createKernel({
    run: { parameters: 2, body: (_, [a, b]) => [give("i32", body(a!, b!))] }, // two parameters
  });
  return (a, b) => kernel.call.run(a, b);
}

const int32 = fc.oneof(fc.integer(), fc.constantFrom(0, 1, -1, 63, 64, 127, 128, 0x7fffffff, -0x80000000));

describe("instructions", () => {
  it("compute what JavaScript computes", () => {
    const table: readonly [Body, (a: number, b: number) => number][] = [
      [i32.add, (a, b) => (a + b) | 0],
      [i32.sub, (a, b) => (a - b) | 0],
      [i32.mul, Math.imul],
      [i32.and, (a, b) => a & b],
      [i32.or, (a, b) => a | b],
      [i32.xor, (a, b) => a ^ b],
      [i32.shl, (a, b) => a << b],
      [i32.shr_s, (a, b) => a >> b],
      [i32.shr_u, (a, b) => (a >>> b) | 0],
      [i32.eq, (a, b) => Number(a === b)],
      [i32.ne, (a, b) => Number(a !== b)],
      [i32.lt_s, (a, b) => Number(a < b)],
      [i32.lt_u, (a, b) => Number(a >>> 0 < b >>> 0)],
      [i32.gt_s, (a, b) => Number(a > b)],
      [i32.gt_u, (a, b) => Number(a >>> 0 > b >>> 0)],
      [i32.le_s, (a, b) => Number(a <= b)],
      [i32.le_u, (a, b) => Number(a >>> 0 <= b >>> 0)],
      [i32.ge_s, (a, b) => Number(a >= b)],
      [i32.ge_u, (a, b) => Number(a >>> 0 >= b >>> 0)],
      [(a) => i32.eqz(a), (a) => Number(a === 0)],
      [(a) => i32.clz(a), (a) => Math.clz32(a)],
      [(a) => i32.ctz(a), (a) => (a === 0 ? 32 : 31 - Math.clz32(a & -a))],
      [(a, b) => select("i32", a, b, i32.lt_s(a, b)), Math.min],
      [(a, b) => i32.wrap_i64(i64.mul(i64.extend_i32_u(a), i64.extend_i32_u(b))), Math.imul],
    ];
    for (const [body, wanted] of table) {
      const run = compiled(body);
      fc.assert(
        fc.property(int32, int32, (a, b) => run(a, b) === wanted(a, b)),
        { numRuns: 30 },
      );
    }
  });

  it("take constants of any size", () => {
    fc.assert(
      fc.property(int32, (n) => compiled(() => i32.add(n, 0))(0, 0) === n),
      { numRuns: 30 },
    );
    expect(() => compiled(() => i32.add(0.5, 0))).toThrow("0.5");
  });

  it("read and write memory in all widths", () => {
    const kernel = createKernel({
      run: {
        parameters: 0,
        body: () => [
          i32.store(0, 0x01020304),
          i32.store8(8, i32.load8_u(1)),
          i32.store16(10, i32.load16_u(2)),
          i64.store(16, i64.load(0)),
          f64.store(24, f64.div(f64.convert_i64_u(i64.extend_i32_u(10)), 4)),
          v128.store(32, i8x16.eq(v128.load(0), i8x16.splat(3))),
          give("i32", i8x16.bitmask(v128.load(0, 32))),
        ],
      },
    });
    expect(kernel.call.run()).toBe(0b1_0000_0010); // bytes 1 and 8
    const bytes = kernel.bytes();
    expect([...bytes.subarray(0, 4)]).toEqual([4, 3, 2, 1]);
    expect([bytes[8], bytes[10], bytes[11], bytes[16]]).toEqual([3, 2, 1, 4]);
    expect(kernel.doubles()[3]).toBe(2.5);
    expect(bytes[33]).toBe(255);
  });

  it("make a number of sixteen digits, in lanes that double", () => {
    const kernel = createKernel({
      run: {
        parameters: 0,
        body: (scope) => {
          const lanes = scope.local("v128");
          return [
            lanes.set(i8x16.swizzle(v128.load(0), v128.load(16))),
            lanes.set(i16x8.add(i16x8.mul(v128.and(lanes, i16x8.splat(255)), i16x8.splat(10)), i16x8.shr_u(lanes, 8))),
            lanes.set(i32x4.dot_i16x8_s(lanes, i32x4.splat(0x1_0064))),
            lanes.set(f64x2.convert_low_i32x4_s(i32x4.dot_i16x8_s(i16x8.narrow_i32x4_s(lanes, lanes), i32x4.splat(0x1_2710)))),
            f64.store(32, f64x2.extract_lane(lanes, 0)),
            f64.store(40, f64x2.extract_lane(lanes, 1)),
            i32.store(52, i8x16.bitmask(i8x16.add_sat_u(v128.load(0), i8x16.splat(248)))),
            f64.store(56, f64.nearest32(f64.div(1, 3))),
            f64.store32(48, f64.div(f64x2.extract_lane(lanes, 1), 1e8)),
            give("i32", 0),
          ];
        },
      },
    });
    kernel.bytes().set([1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 6, 5, 4, 3, 2]);
    kernel.bytes().set([255, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16], 16);
    kernel.call.run();
    expect([...kernel.doubles().subarray(4, 6)]).toEqual([1_234_567, 89_876_540]);
    expect(kernel.ints()[13]).toBe(0xffff); // it stays at 255
    expect(kernel.doubles()[7]).toBe(Math.fround(1 / 3));
    expect(kernel.floats()[12]).toBe(Math.fround(0.8987654));
  });
});

describe("32-bit floats", () => {
  const kernel = createKernel({
    add: {
      parameters: 0,
      body: (scope) => {
        const sum = scope.local("f32");
        return [sum.set(f32.add(f32.load(0), f32.load(4))), sum.increase(0.1), f32.store(8, sum), give("i32", 0)];
      },
    },
    atMost: { parameters: 0, body: () => [give("i32", f32.le(f32.load(0), f32.load(4)))] },
    equal: { parameters: 0, body: () => [give("i32", f32.eq(f32.load(0), f32.load(4)))] },
  });
  const run = (name: "add" | "atMost" | "equal", a: number, b: number): number => {
    kernel.floats().set([a, b]);
    return kernel.call[name]();
  };

  it("are added and compared as JavaScript does it with rounding", () => {
    const number = fc.float();
    fc.assert(
      fc.property(number, number, (a, b) => {
        expect(run("atMost", a, b)).toBe(Number(a <= b));
        expect(run("equal", a, b)).toBe(Number(a === b));
        run("add", a, b);
        expect(kernel.floats()[2]).toBe(Math.fround(Math.fround(a + b) + Math.fround(0.1)));
      }),
    );
    expect([run("atMost", NaN, 1), run("equal", NaN, NaN), run("equal", 0, -0)]).toEqual([0, 0, 1]);
  });
});

describe("vectors of four", () => {
  const kernel = createKernel({
    atMost: { parameters: 0, body: () => [v128.store(32, f32x4.le(v128.load(0), f32x4.splat(f32.load(16)))), give("i32", 0)] },
    choose: { parameters: 0, body: () => [v128.store(64, v128.bitselect(v128.load(0), v128.load(16), v128.load(32))), give("i32", 0)] },
    whole: {
      parameters: 1,
      body: (_, [n]) => [
        v128.store(48, i32x4.sub(i32x4.shl(v128.load(0), 3), i32x4.add(v128.load(16), i32x4.splat(n!)))), // one parameter
        give("i32", 0),
      ],
    },
  });
  const lanes = fc.tuple(int32, int32, int32, int32);

  it("compare floats, all bits of a lane or none", () => {
    kernel.floats().set([1, 2, NaN, -0, 1.5], 0);
    kernel.call.atMost();
    expect([...kernel.ints().subarray(8, 12)]).toEqual([-1, 0, 0, -1]);
  });

  it("shift, add and subtract whole numbers, and choose bits", () => {
    fc.assert(
      fc.property(lanes, lanes, lanes, int32, (a, b, mask, n) => {
        kernel.ints().set([...a, ...b, ...mask]);
        kernel.call.whole(n);
        kernel.call.choose();
        expect([...kernel.ints().subarray(12, 16)]).toEqual(a.map((x, i) => ((x << 3) - (b[i]! + n)) | 0)); // four lanes each, as below
        expect([...kernel.ints().subarray(16, 20)]).toEqual(a.map((x, i) => (x & mask[i]!) | (b[i]! & ~mask[i]!)));
      }),
    );
  });
});

describe("control", () => {
  const counting = (): Kernel<"sum" | "until"> =>
    createKernel({
      sum: {
        parameters: 1,
        body: (scope, [n]) => {
          const total = scope.local("i32");
          return [whilst(n!, total.increase(n!), n!.increase(-1)), give("i32", total)]; // one parameter
        },
      },
      until: {
        parameters: 2,
        body: (scope, [n, stop]) => {
          const out = label("out");
          const next = label("next");
          const i = scope.local("i32");
          const finish = when(i32.eq(i, stop!), [leave(out)], [i.increase(1)]); // two parameters, as below
          return [block(out, loop(next, finish, again(next, i32.lt_s(i, n!)))), give("i32", i)];
        },
      },
    });

  it("repeats, and not at all where the condition is 0 at once", () => {
    const { call } = counting();
    expect([0, 1, 10].map((n) => call.sum(n))).toEqual([0, 1, 55]);
  });

  it("leaves a block from inside a loop and a condition", () => {
    const { call } = counting();
    expect(call.until(10, 4)).toBe(4);
    expect(call.until(10, 40)).toBe(10);
  });

  it("refuses a branch to a place that it is not in", () => {
    expect(() => createKernel({ run: { parameters: 0, body: () => [leave(label("elsewhere")), give("i32", 0)] } })).toThrow("elsewhere");
  });
});

describe("the memory", () => {
  it("grows and keeps what is in it", () => {
    const kernel = createKernel({ run: { parameters: 0, body: () => [give("i32", i32.load(4))] } });
    kernel.ints()[1] = 77;
    kernel.reserve(1_000_000);
    expect(kernel.bytes().length).toBeGreaterThanOrEqual(1_000_000);
    expect(kernel.call.run()).toBe(77);
  });
});

describe("LEB128", () => {
  it("is what the specification shows", () => {
    expect(unsignedLeb(624_485)).toEqual([0xe5, 0x8e, 0x26]);
    expect(signedLeb(-123_456)).toEqual([0xc0, 0xbb, 0x78]);
    expect(signedLeb(64)).toEqual([0xc0, 0x00]);
    expect(signedLeb(-64)).toEqual([0x40]);
  });
});
