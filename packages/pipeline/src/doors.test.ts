import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { parsePipeline } from "./parse.ts";
import { topologyOf } from "./topology.ts";
import { formatProblem } from "./problems.ts";
import { validatePipeline } from "./validate.ts";

const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");

const fileWith = (doors: string): string => `apiVersion: weir/v1
kind: Pipeline
metadata: {name: p, owner: group:g}
record: {contract: c.json}
stages:
  ingest: {type: ingest, ${doors}out: {topic: out}}
`;

const parse = (doors: string, env: Readonly<Record<string, string>> = {}) => parsePipeline(fileWith(doors), "p.yaml", { sha256, env });

const problemsOf = (doors: string, env: Readonly<Record<string, string>> = {}): string[] =>
  validatePipeline({
    file: "p.yaml",
    text: fileWith(doors),
    sha256,
    env,
    readText: (name) => (name === "c.json" ? '{"type":"object"}' : null),
    readBytes: () => null,
  }).problems.map(formatProblem);

test("doors have defaults, with their units resolved", () => {
  const { pipeline, problems } = parse(
    "http: {}, webhook: {pay: {secrets: ['${S}']}}, files: {in: {from: {folder: inbox}}}, pull: {w: {url: 'https://a.org/?c={cursor}', cursor: /next}}, ",
    { S: "a secret of some length" },
  );
  expect(problems).toEqual([]);
  expect(pipeline?.stages.get("ingest")).toMatchObject({
    http: {
      batchMax: 1000,
      keys: {},
      headers: [],
      limits: { body: 8 * 1_048_576, stream: 256 * 1_048_576, record: 1_000_000, depth: 64, rate: null },
      idempotency: { keep: 86_400_000, keys: 300_000 },
    },
    webhook: { pay: { scheme: "standard", secrets: ["a secret of some length"], tolerance: 300_000 } },
    files: { in: { from: { folder: "inbox" }, match: "*", format: "auto", every: 5000, settle: 5000 } },
    pull: { w: { headers: {}, every: 30_000, records: "/records", cursor: "/next", start: "", maxBytes: 8 * 1_048_576 } },
  });
});

test("topics are planned for what the doors have to remember, and only for that", () => {
  const namesOf = (doors: string): string[] => {
    const { pipeline } = parse(doors, { S: "a secret of some length" });
    return pipeline === null ? [] : topologyOf(pipeline).topics.map((topic) => topic.name);
  };
  const bare = namesOf("");
  expect(namesOf("http: {}, ").filter((name) => !bare.includes(name))).toEqual(["p.receipts"]);
  expect(namesOf("files: {in: {from: {folder: inbox}}}, ").filter((name) => !bare.includes(name))).toEqual(["p.state.ingest"]);
});

test("receipts are compacted, and deleted when no repeat is answered any more", () => {
  const { pipeline } = parse("http: {idempotency: {keep: 3d}}, ");
  const plan = pipeline && topologyOf(pipeline).topics.find((topic) => topic.name === "p.receipts");
  expect(plan?.configs).toMatchObject({ "cleanup.policy": "compact,delete", "retention.ms": String(3 * 86_400_000) });
});

test("a secret is no part of a pipeline's digest, a limit is", () => {
  const digest = (secret: string, tolerance: string): string | undefined =>
    parse(`webhook: {pay: {secrets: ['\${S}'], tolerance: ${tolerance}}}, `, { S: secret }).pipeline?.digest;
  expect(digest("secret number one", "5m")).toBe(digest("secret number two", "5m"));
  expect(digest("secret number one", "5m")).not.toBe(digest("secret number one", "6m"));
});

test.each([
  ["webhook: {pay: {secrets: [in-clear-text]}}, ", "WEIR-1901", "stages.ingest.webhook.pay.secrets[0]"],
  ["pull: {w: {url: 'https://a.org/', cursor: /next}}, ", "WEIR-1902", "stages.ingest.pull.w.url"],
  ["pull: {w: {url: 'https://user:pass@a.org/{cursor}', cursor: /next}}, ", "WEIR-1201", "without user and password"],
  ["http: {keys: {me: my-key}}, ", "WEIR-1201", "SHA-256; the key itself stays with its holder"],
  ["http: {batchmax: 5}, ", "WEIR-1203", "did you mean `batchMax`"],
  ["http: {limits: {record: 5MiB}}, ", "WEIR-1804", "with key and headers the entry topic takes no larger records"],
  ["files: {in: {from: inbox}}, ", "WEIR-1201", "{folder: PATH} or {bucket:"],
])("lint of %s tells %s", (doors, code, said) => {
  const problems = problemsOf(doors);
  expect(problems.join("\n")).toContain(code);
  expect(problems.join("\n")).toContain(said);
});
