import type { Refusal } from "@weir/stream";
import { expect, test } from "vitest";
import { createLogger } from "./logger.ts";
import { refusedLog } from "./refused-log.ts";

function createLines(): { readonly lines: Record<string, unknown>[]; readonly logger: ReturnType<typeof createLogger> } {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line));
  return { lines, logger: createLogger({ level: "info", service: "gate", to: { write } }) };
}

test("secrets are cut out wherever they are logged by their usual names", () => {
  const { lines, logger } = createLines();
  logger.info({ password: "p1", sasl: { password: "p2", username: "u" }, token: "t1", request: { headers: { authorization: "a1" } } }, "x");
  logger.info({ config: { kafka: { sasl: { password: "p3" } } }, apiKey: "k1", hmac: { secret: "s1" }, headers: { cookie: "c1" } }, "y");
  const text = JSON.stringify(lines);
  for (const secret of ["p1", "p2", "t1", "a1", "p3", "k1", "s1", "c1"]) expect(text).not.toContain(`"${secret}"`);
  expect(lines[0]).toMatchObject({ service: "gate", msg: "x", password: "[hidden]", sasl: { password: "[hidden]", username: "u" } });
});

test("dead letters are told by the first of them, with its place and its trace, and not again and again", () => {
  const { lines, logger } = createLines();
  let now = 0;
  const tell = refusedLog(logger, "p", () => now);
  const refusal: Refusal = {
    stage: "gate",
    class: "CONTRACT",
    count: 3,
    topic: "p.in",
    partition: 2,
    offset: 17,
    message: "/a must be number",
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  };
  tell([refusal, { ...refusal, class: "DECODE", traceparent: "no trace" }]);
  now = 9_999;
  tell([refusal]);
  now = 10_000;
  tell([{ ...refusal, offset: 40, count: 1 }]);
  expect(lines.map(({ time: _time, pid: _pid, level: _level, ...line }) => line)).toEqual([
    {
      service: "gate",
      pipeline: "p",
      stage: "gate",
      class: "CONTRACT",
      topic: "p.in",
      partition: 2,
      offset: 17,
      why: "/a must be number",
      records: 3,
      trace_id: "0af7651916cd43dd8448eb211c80319c",
      span_id: "b7ad6b7169203331",
      msg: "dead letters; the first of them is told",
    },
    expect.objectContaining({ class: "DECODE", records: 3 }),
    expect.objectContaining({ class: "CONTRACT", offset: 40, records: 4 }),
  ]);
  expect(lines[1]).not.toHaveProperty("trace_id");
});
