import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import type { Output } from "../output.ts";
import { createProgram } from "../program.ts";
import { Exit } from "../program/shell.ts";
import type { BacktestResult } from "./backtest.ts";
import type { WindowReport } from "./report.ts";

const FLIGHTS = fileURLToPath(new URL("../../../../deploy/pipelines/flights", import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), "weir-gate-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function weir(...args: string[]): Promise<{ readonly data: string[]; readonly notes: string; readonly code: number }> {
  const data: string[] = [];
  const notes: string[] = [];
  const output: Output = { data: (line) => void data.push(line), note: (line) => void notes.push(line) };
  try {
    await createProgram({}, output).parseAsync(args, { from: "user" });
    return { data, notes: notes.join("\n"), code: 0 };
  } catch (error) {
    if (error instanceof Exit) return { data, notes: notes.join("\n"), code: error.code };
    throw error;
  }
}

const page = path.join(folder, "report.html");
const file = (name: string, text: string): string => {
  const to = path.join(folder, name);
  writeFileSync(to, name.endsWith(".gz") ? gzipSync(text) : text);
  return to;
};
const flights = ["--pipeline", FLIGHTS];
/** 7 to 9 February: an ordinary day and two of the blizzard. */
const THREE_DAYS = file(
  "three-days.ndjson",
  gunzipSync(readFileSync(`${FLIGHTS}/data/sample.ndjson.gz`))
    .toString()
    .split("\n")
    .filter((line) => /"id": ?"2013-02-0[789]/.test(line))
    .join("\n"),
);

describe("weir gate explain", () => {
  it("says which rule, how many of how many, how sure that is, and names records", async () => {
    const { data } = await weir("gate", "explain", "2013-02-08", ...flights, "-f", THREE_DAYS);
    expect(data[0]).toBe("gate/time/2013-02-08T05:00Z/0: breach, quarantined (930 records, 2013-02-08T05:00Z to 2013-02-09T05:00Z)");
    expect(data[2]).toMatch(/^dep-delay-nulls +enforce +breach +472 of 930, allowed: 5 % +47\.49 % to 54\.01 %$/);
    expect(data.filter((line) => line.startsWith("for example dep-delay-nulls"))).toHaveLength(3);
  });
  it("lists the windows that there are when it knows none of that name", async () => {
    await expect(weir("gate", "explain", "2013-03-01", ...flights, "-f", THREE_DAYS)).rejects.toThrow(/no verdict is called 2013-03-01/);
    await expect(weir("gate", "explain", "2013-02", ...flights, "-f", THREE_DAYS)).rejects.toThrow(/3 windows are called 2013-02/);
  });
});

describe("a window with a breaker", () => {
  const flowing = path.join(folder, "flowing");
  cpSync(FLIGHTS, flowing, { recursive: true, filter: (from) => !/\/(?:data|scripts)/.test(from) });
  const spec = path.join(flowing, "pipeline.yaml");
  writeFileSync(spec, readFileSync(spec, "utf8").replace("scope: global", "breaker: {closeAfter: 2}").replace("hold: true, ", ""));

  it("is explained and reported by what had gone on and what it did to later records", async () => {
    const at = ["--pipeline", flowing, "-f", THREE_DAYS];
    const first = await weir("gate", "explain", "2013-02-08", ...at);
    expect(first.data.slice(0, 3)).toEqual([
      "gate/time/2013-02-08T05:00Z/0: breach (930 records, 2013-02-08T05:00Z to 2013-02-09T05:00Z)",
      "breaker tripped: later records of the partition are quarantined",
      expect.stringMatching(/^gone on already: 458 records of partition 0, offsets \d+ to \d+$/),
    ]);
    const { data } = await weir("gate", "explain", "2013-02-09", ...at);
    expect(data[0]).toMatch(/breach, quarantined \(684 records/);
    await weir("gate", "report", "2013-02-08", ...at, "--out", page);
    expect(readFileSync(page, "utf8")).toMatch(/<p class="note">gone on already: 458 records/);
  });
});

describe("a window that slides", () => {
  const sliding = path.join(folder, "sliding");
  cpSync(FLIGHTS, sliding, { recursive: true, filter: (from) => !/\/(?:data|scripts)/.test(from) });
  const spec = path.join(sliding, "pipeline.yaml");
  writeFileSync(spec, readFileSync(spec, "utf8").replace("kind: time, scope: global, every: 1d", "kind: sliding, every: 12h, over: 1d"));
  const at = ["--pipeline", sliding, "-f", THREE_DAYS];

  it("is explained by the pane that it ends with, and counted over all of its panes", async () => {
    const { data } = await weir("gate", "explain", "2013-02-08T05:00Z", ...at);
    expect(data[0]).toMatch(/^gate\/sliding\/2013-02-08T05:00Z\/0: .* \(\d+ records, 2013-02-07T17:00Z to 2013-02-08T17:00Z\)$/);
    expect(data.join("\n")).not.toMatch(/note:/); // as many records lie in it as were judged
    const later = await weir("gate", "explain", "2013-02-08T17:00Z", ...at);
    expect(later.data[0]).toMatch(/breach, quarantined \(930 records, 2013-02-08T05:00Z to 2013-02-09T05:00Z\)$/);
    expect(later.data[1]).toMatch(/^gone on already: \d+ records of partition 0, offsets \d+ to \d+$/);
    expect(later.data.join("\n")).toMatch(/dep-delay-nulls +enforce +breach +472 of 930/);
  });
  it("is learned for from windows that do not overlap", async () => {
    const { data } = await weir("gate", "learn", ...at);
    expect(data[0]).toMatch(/, 3 reference windows/);
  });
});

describe("a window that was judged key by key", () => {
  const keyed = path.join(folder, "keyed");
  cpSync(FLIGHTS, keyed, { recursive: true, filter: (from) => !/\/(?:data|scripts)/.test(from) });
  const spec = path.join(keyed, "pipeline.yaml");
  const text = readFileSync(spec, "utf8")
    .replace("scope: global", "scope: key, by: /carrier")
    .replace(/^.*kind: drift(?:Share)?,.*\n/gm, "");
  writeFileSync(spec, text);

  it("is explained and reported by its keys", async () => {
    const { data } = await weir("gate", "explain", "2013-02-09", "--pipeline", keyed, "-f", THREE_DAYS);
    expect(data[0]).toMatch(/breach, quarantined \(684 records/);
    expect(data.join("\n")).toMatch(/dep-delay-nulls +enforce +breach +\d+ of \d+ keys broke it\n/);
    expect(data.join("\n")).toMatch(
      /\d+ keys of \/carrier: \d+ breach, \d+ insufficient, 0 error\nkey +records +verdict +seen\n[A-Z0-9]{2} +\d+ +breach +dep-delay-nulls: \d+ of \d+, allowed: 5 %/,
    );
    await weir("gate", "report", "2013-02-09", "--pipeline", keyed, "-f", THREE_DAYS, "--out", page);
    expect(readFileSync(page, "utf8")).toMatch(/<h2>Keys<\/h2>.*of \/carrier were judged: \d+ breach/);
  });
});

describe("weir gate report", () => {
  it("writes a small page without anything from elsewhere, whose numbers are all in --json", async () => {
    const { data } = await weir("gate", "report", "2013-02-08", ...flights, "-f", THREE_DAYS, "--out", page, "--json");
    const html = readFileSync(page, "utf8");
    const json = data.join("");
    expect(html.length).toBeLessThan(300_000);
    expect(html).toContain("prefers-color-scheme:dark");
    expect(html).not.toMatch(/<script|<link|<img|https?:|url\(/);
    const shown = html
      .replace(/<style>.*?<\/style>/s, "")
      .replaceAll(/<[^>]*>/g, " ")
      .replaceAll("&lt;", "<");
    const known = new Set(json.match(/\d+(?:\.\d+)?(?:e-?\d+)?/g));
    const foreign = (shown.replaceAll(/(\d),(\d{3})/g, "$1$2").match(/\d+(?:\.\d+)?(?:e-?\d+)?/g) ?? []).filter(
      (n) => !known.has(n) && n !== "95",
    );
    expect(foreign).toEqual([]);
  });
  it("gives shares of every cell of the window and of the baseline", async () => {
    const { data } = await weir("gate", "report", "2013-02-08", ...flights, "-f", THREE_DAYS, "--out", page, "--json");
    const report: WindowReport = JSON.parse(data.join(""));
    const delay = report.columns.find(({ field }) => field === "/dep_delay")!;
    expect(delay.cells.reduce((n, cell) => n + cell.count, 0)).toBe(930);
    expect(delay.cells.at(-1)).toEqual({ cell: "null", baselinePercent: 1.929, windowPercent: 50.75, count: 472 });
    expect(report.notes).toEqual([]);
  });
  it("survives values that look like markup", async () => {
    const lines = readFileSync(THREE_DAYS, "utf8").split("\n").slice(0, 300);
    const bad = file("bad.ndjson", lines.map((line) => line.replace(/"distance": ?\d+/, '"distance":"<b>"')).join("\n"));
    await weir("gate", "report", "2013-02-07", ...flights, "-f", bad, "--out", page);
    expect(readFileSync(page, "utf8")).not.toContain("<b>&");
  });
});

describe("weir backtest", () => {
  const candidate = (text: string): string => file("candidate.yaml", text);
  const RULES = `rules:
  - { id: dep-delay-nulls, kind: nullRate, field: /dep_delay, max: 55%, action: quarantineWindow }
  - { id: dep-delay, kind: required, field: /dep_delay, action: quarantineRecord }
`;
  it("tells the verdicts and the records that would change", async () => {
    const { data } = await weir("backtest", ...flights, "--rules", candidate(RULES), "-f", THREE_DAYS, "--json");
    const result: BacktestResult = JSON.parse(data.join(""));
    expect(result.changed).toEqual([
      {
        window: "gate/time/2013-02-08T05:00Z/0",
        n: 930,
        now: "breach, quarantined",
        candidate: "pass",
        because: [{ rule: "dep-delay-nulls", now: "breach", candidate: "pass" }],
      },
    ]);
    expect(result.moves).toEqual([
      { from: "quarantine", to: "pass", records: 930 - 472 },
      { from: "quarantine", to: "quarantine", records: 4 + 472 + 684 },
      { from: "pass", to: "pass", records: 928 },
    ]);
    expect(result.records).toBe(932 + 930 + 684);
  });
  it("can try another window", async () => {
    const { data } = await weir(
      "backtest",
      ...flights,
      "--rules",
      candidate(`${RULES}window: { kind: count, size: 500 }\n`),
      "-f",
      THREE_DAYS,
      "--json",
    );
    const result: BacktestResult = JSON.parse(data.join(""));
    expect(result.windows).toEqual({ now: 3, candidate: 6 });
  });
  it.each([
    ["rules: [{ id: a, kind: nulRate, field: /dep_delay, max: 5% }]", /did you mean `nullRate`/],
    ["rules: [{ id: a, kind: drift, field: /dep_delay, baseline: nowhere.json }]", /there is no file nowhere.json/],
    ["rules: [{ id: a, kind: drift, field: /dest, baseline: baselines/january-2013.json }]", /says nothing of \/dest/],
    ["rule: []", /rule/],
  ])("refuses %s", async (text, why) => {
    await expect(weir("backtest", ...flights, "--rules", candidate(text), "-f", THREE_DAYS)).rejects.toThrow(why);
  });
});

describe("weir gate learn", () => {
  it("prints rules that the backtest takes as they are", async () => {
    const copy = path.join(folder, "flights");
    cpSync(FLIGHTS, copy, { recursive: true, filter: (source) => !source.includes(`${path.sep}data`) });
    const own = ["--pipeline", copy];
    const fields = ["--fields", "/dep_delay,/carrier,/distance"];
    const learned = await weir("gate", "learn", ...own, "-f", THREE_DAYS, "--out", "baselines/three-days.json", ...fields);
    expect(learned.data[0]).toBe("# 2546 records, 3 reference windows. Proposals: nothing is applied by itself.");
    const { data } = await weir(
      "backtest",
      ...own,
      "--rules",
      file("learned.yaml", `${learned.data.join("\n")}\n`),
      "-f",
      THREE_DAYS,
      "--json",
    );
    const result: BacktestResult = JSON.parse(data.join(""));
    // Whatever was learned only observes.
    expect(result.moves).toContainEqual({ from: "quarantine", to: "pass", records: 4 + 930 + 684 });
  });
  it("reads gzipped files, and writes nothing unless told to", async () => {
    const gz = file("few.ndjson.gz", readFileSync(THREE_DAYS, "utf8").split("\n").slice(0, 300).join("\n"));
    const { data, notes } = await weir("gate", "learn", ...flights, "-f", gz, "--fields", "/distance", "--json");
    expect(JSON.parse(data.join("")).baseline.columns["/distance"].counts.reduce((n: number, c: number) => n + c, 0)).toBe(300);
    expect(notes).toContain("nothing was written");
  });
});
