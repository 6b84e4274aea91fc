import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { parsePipeline } from "../parse.ts";
import { formatProblem } from "../problems.ts";
import { validatePipeline } from "../validate.ts";

const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");
const fileOf = (window: string, rule: string): string => `apiVersion: weir/v1
kind: Pipeline
metadata: {name: p, owner: user:a}
record: {contract: c.json, time: /t}
stages:
  in: {type: ingest, out: check}
  check:
    type: gate
    window: ${window}
    rules: [${rule}]
    pass: {topic: out}
`;
const SCHEMA = JSON.stringify({ type: "object", properties: { t: { type: "string" }, x: { type: "number" } } });

function said(rule: string, window = "{kind: count, size: 5}"): string[] {
  const readText = (path: string): string | null => (path === "c.json" ? SCHEMA : null);
  const readBytes = (path: string): Uint8Array | null => (path === "c.json" ? new TextEncoder().encode(SCHEMA) : null);
  const { problems } = validatePipeline({ file: "p.yaml", text: fileOf(window, rule), sha256, env: {}, readBytes, readText });
  return problems.map(formatProblem).map((line) => line.replace(/^p\.yaml:\d+:\d+ {2}stages\.check\./, ""));
}

test.each<[string, string?]>([
  ["{id: a, kind: nullRate, field: /x, max: 1%, action: halt}"],
  ["{id: a, kind: required, field: /x, action: pause, for: 5m}"],
  ["{id: a, kind: nullRate, field: /x, max: 1%, action: halt}", "{kind: count, size: 5, hold: false}"],
  ["{id: a, kind: nullRate, field: /x, max: 1%, action: halt}", "{kind: time, every: 1d, scope: global}"],
  ["{id: a, kind: rateChange, field: /x, of: 'null', rate: 1%, action: halt}"],
  ["{id: a, kind: silence, gap: 15m}"],
  ["{id: a, kind: silence, gap: 15m, action: alert}"],
])("nothing is wrong with %s in %s", (rule, window) => {
  expect(said(rule, window)).toEqual([]);
});

test.each<[string, string, string?]>([
  [
    "{id: a, kind: silence, gap: 15m, action: halt}",
    "rules[0].action  `silence` cannot halt · it is asked of the clock, and what becomes of records is a function of the log alone · use action: alert  (WEIR-1804)",
  ],
  [
    "{id: a, kind: rateChange, field: /x, of: 'null', rate: 1%, action: quarantineWindow}",
    "rules[0].action  `rateChange` cannot quarantineWindow · an alarm belongs to no window, and no single record breaks the rule · use action: alert, pause or halt  (WEIR-1804)",
  ],
  [
    "{id: a, kind: required, field: /x, action: halt, for: 5m}",
    "rules[0].for  `for` is how long a stage pauses · add action: pause, or remove it  (WEIR-1804)",
  ],
  [
    "{id: a, kind: nullRate, field: /x, max: 1%, action: halt}",
    "rules[0].action  the rule `a` would stop all keys of a partition because of one · windows of scope: key keep the keys apart · use action: quarantineWindow, or a gate of its own with scope: partition  (WEIR-1804)",
    "{kind: time, every: 1d, scope: key, by: /t}",
  ],
  [
    "{id: a, kind: schema, action: halt}",
    "rules[0].action  `schema` is always enforced and dead-letters · a record that cannot be read cannot be processed · remove mode and action from this rule  (WEIR-1804)",
  ],
  [
    "{id: a, kind: silence}",
    "rules[0].gap  `gap` is missing · expected a duration with its unit, such as 100ms, 30s, 15m, 5h or 1d  (WEIR-1202)",
  ],
])("%s: %s", (rule, problem, window) => {
  expect(said(rule, window)).toEqual([problem]);
});

test("a rule over windows that stops the stage holds them, one that is asked of the stream does not", () => {
  const holds = (rule: string): boolean | undefined => {
    const { pipeline } = parsePipeline(fileOf("{kind: count, size: 5}", rule), "p.yaml", { env: {}, sha256 });
    const gate = pipeline?.stages.get("check");
    return gate?.type === "gate" ? gate.window?.hold : undefined;
  };
  expect([
    holds("{id: a, kind: required, field: /x, action: halt}"),
    holds("{id: a, kind: required, field: /x, action: halt, mode: observe}"),
    holds("{id: a, kind: rateChange, field: /x, of: 'null', rate: 1%, action: halt}"),
  ]).toEqual([true, false, false]);
});
