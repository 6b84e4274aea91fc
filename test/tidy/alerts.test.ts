import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { isSource, readRepository } from "./repository.ts";

const FOLDER = path.resolve("deploy/prometheus");
const hasPromtool = spawnSync("promtool", ["--version"]).status === 0;
const PROMTOOL = hasPromtool ? "promtool" : "promtool is not installed (Debian: prometheus), so this did not run";

function read(file: string): string {
  return readFileSync(path.join(FOLDER, file), "utf8");
}

test("every alert is shown firing, and not firing where it could be mistaken", () => {
  const alerts = [...read("weir.rules.yaml").matchAll(/^ {6}- alert: (\w+)$/gm)].map((found) => found[1] ?? "");
  const tests = read("weir.rules.test.yaml")
    .split(/^ {2}- name: /m)
    .slice(1);
  expect(alerts.length).toBeGreaterThan(20);
  expect(tests.map((text) => text.split("\n")[0])).toEqual(expect.arrayContaining(alerts));
  const shown = tests.filter((text) => /exp_labels/.test(text) && (/exp_alerts: \[\]/.test(text) || text.startsWith("WeirWatchdog")));
  expect(shown).toHaveLength(alerts.length);
});

test.skipIf(!hasPromtool)(
  `the rules do what their tests say: ${PROMTOOL}`,
  () => {
    const ran = spawnSync("promtool", ["test", "rules", "weir.rules.test.yaml"], { cwd: FOLDER, encoding: "utf8", timeout: 60_000 });
    expect(ran.status, ran.stdout + ran.stderr).toBe(0);
  },
  60_000,
);

test("rules and dashboard name no metric that nobody measures", () => {
  const sources = readRepository().filter((file) => isSource(file) && !file.isTest);
  const measured = new Set(sources.flatMap((file) => [...file.text.matchAll(/"(weir_[a-z_]+)"/g)].map((found) => found[1])));
  const named = [...metricsOf(read("weir.rules.yaml")), ...metricsOf(readFileSync("deploy/grafana/weir.json", "utf8"))];
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((name) => !measured.has(name))).toEqual([]);
});

test("the dashboard has what Grafana needs of one, its panels beside one another", () => {
  const board = JSON.parse(readFileSync("deploy/grafana/weir.json", "utf8"));
  expect(board).toMatchObject({ uid: "weir", title: "Weir", schemaVersion: 39, templating: { list: { length: 3 } } });
  const panels: {
    id: number;
    type: string;
    title: string;
    gridPos: { h: number; w: number; x: number; y: number };
    targets?: { expr: string }[];
  }[] = board.panels;
  expect(new Set(panels.map((panel) => panel.id)).size).toBe(panels.length);
  const overlap = panels.filter((a) =>
    panels.some(
      ({ id, gridPos: b }) =>
        id < a.id &&
        b.x < a.gridPos.x + a.gridPos.w &&
        a.gridPos.x < b.x + b.w &&
        b.y < a.gridPos.y + a.gridPos.h &&
        a.gridPos.y < b.y + b.h,
    ),
  );
  expect(overlap.map((panel) => panel.title)).toEqual([]);
  expect(panels.filter((panel) => panel.type !== "row" && !panel.targets?.every((target) => target.expr.length > 0))).toEqual([]);
});

/** Metrics of Weir in a text, without the endings that a histogram's series have. */
function metricsOf(text: string): string[] {
  return [...new Set([...text.matchAll(/\bweir_[a-z_]+/g)].map(([name]) => name.replace(/_(?:bucket|sum|count)$/, "")))];
}
