import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { consoleConsumer, freePorts } from "@weir/broker";
import { ROOT, start, weir } from "../command.ts";

const FLIGHTS = path.join(ROOT, "deploy/pipelines/flights");
/** Cancelled flights and all flights, by day, of 1 to 14 February 2013: what an independent computation found. */
const DAYS = [
  [15, 926],
  [2, 682],
  [19, 814],
  [10, 932],
  [16, 896],
  [8, 901],
  [4, 932],
  [472, 930],
  [393, 684],
  [26, 829],
  [73, 929],
  [6, 893],
  [13, 918],
  [4, 956],
] as const;

const broker = (port: number): string[] => ["--broker", `127.0.0.1:${port}`];

/** Headers and value of every record, as Kafka's own consumer prints them. */
async function linesOf(port: number, topic: string): Promise<string[]> {
  const lines: string[] = [];
  const args = ["--formatter-property", "print.headers=true"];
  for await (const line of consoleConsumer({ address: `127.0.0.1:${port}`, topic, isolation: "read_committed", timeoutMs: 15_000, args }))
    if (line.includes("\t")) lines.push(line);
  return lines;
}

test("the sample ends with the counts of the flights of February 2013, and the storm's three days stopped", async () => {
  const [kafka] = await freePorts(1);
  const { code, stdout, stderr } = await weir([
    "up",
    FLIGHTS,
    "--sample",
    "--exit-when-drained",
    "--kafka-port",
    String(kafka),
    "--port",
    "0",
  ]);
  expect(code, stderr).toBe(0);
  const [line = "", ...rest] = stdout.trim().split("\n");
  expect(rest).toEqual([]);
  const { ms, windows, ...summary } = JSON.parse(line) as {
    ms: number;
    windows: { id: string; records: number; nulls: number; verdict: string }[];
  };
  expect(ms).toBeGreaterThan(0);
  expect(summary).toEqual({
    pipeline: "flights",
    in: 12_222,
    deadLetters: 0,
    balanced: true,
    ports: { "gate.pass": 9556, "gate.quarantine": 2666, "score.out": 9556, "route.auto": 5811, "route.review": 3409, "route.manual": 336 },
  });
  expect(windows).toEqual(
    DAYS.map(([nulls, records], i) => ({
      id: `gate/time/2013-02-${String(i + 1).padStart(2, "0")}T05:00Z`,
      records,
      nulls,
      verdict: nulls / records > 0.05 ? "breach" : "pass",
    })),
  );
});

test("a day whose distances are text: dead letters with the exact bytes, seen by Kafka's own consumer and by weir", async () => {
  const [kafka = 0] = await freePorts(1);
  const data = mkdtempSync(path.join(tmpdir(), "weir-flights-"));
  const up = start(["up", FLIGHTS, "--kafka-port", String(kafka), "--port", "0", "--data", data]);
  await up.says("Up. Try:");
  const day = path.join(FLIGHTS, "data/corrupt/2013-02-05-distance-as-text.ndjson.gz");
  const produced = await weir(["produce", "--pipeline", FLIGHTS, "-f", day, "--end", "--json", ...broker(kafka)]);
  expect(JSON.parse(produced.stdout)).toMatchObject({ topic: "flights.ingest.out", records: 896 });

  const source = gunzipSync(readFileSync(day)).toString().trimEnd().split("\n");
  const letters = await linesOf(kafka, "flights.dlq");
  const damaged = source.filter((line) => /"distance":"/.test(line));
  expect(damaged).toHaveLength(536);
  // The airports have partitions of their own, which the consumer reads in any order.
  expect(letters.map((line) => line.slice(line.indexOf("\t") + 1)).sort()).toEqual([...damaged].sort());
  const names = (letters[0] ?? "")
    .split("\t")[0]
    ?.split(",")
    .map((h) => h.slice(0, h.indexOf(":")));
  expect(names).toEqual(
    expect.arrayContaining([
      "weir.id",
      "__dlq.errors.topic",
      "__dlq.errors.partition",
      "__dlq.errors.offset",
      "__dlq.errors.group",
      "__dlq.errors.delivery.count",
      "__dlq.errors.message",
      "weir.dlq.v",
      "weir.dlq.id",
      "weir.dlq.class",
      "weir.dlq.stage",
      "weir.dlq.retriable",
      "weir.dlq.spec",
      "weir.dlq.contract",
      "weir.dlq.owner",
      "weir.dlq.payload",
      "weir.dlq.origin",
      "weir.dlq.first-failed-at",
      "weir.dlq.failed-at",
      "weir.dlq.fingerprint",
    ]),
  );
  const listed = (await weir(["dlq", "list", "--pipeline", FLIGHTS, "--json", ...broker(kafka)])).stdout
    .trim()
    .split("\n")
    .map((l) => JSON.parse(l) as { class: string; at: string });
  expect(new Set(listed.map((l) => l.class))).toEqual(new Set(["CONTRACT"]));
  const shown = JSON.parse((await weir(["dlq", "show", listed[0]?.at ?? "", "--pipeline", FLIGHTS, ...broker(kafka)])).stdout) as {
    value: string;
    message: string;
  };
  expect(damaged).toContain(shown.value);
  expect(shown.message).toContain("distance");

  const audited = await weir(["audit", "counts", "--pipeline", FLIGHTS, "--json", ...broker(kafka)]);
  expect(audited.code).toBe(0);
  const counts = JSON.parse(audited.stdout) as { entry: number; ends: Record<string, number>; balanced: boolean };
  const scored = ["auto", "review", "manual"].reduce((n, branch) => n + (counts.ends[`flights.route.${branch}`] ?? 0), 0);
  expect({
    entry: counts.entry,
    dlq: counts.ends["flights.dlq"],
    quarantine: counts.ends["flights.gate.quarantine"],
    scored,
    balanced: counts.balanced,
  }).toEqual({ entry: 896, dlq: 536, quarantine: 4, scored: 356, balanced: true });
  up.signal("SIGINT");
  expect((await up.ended).code).toBe(130);
});
