import { expect, test } from "vitest";
import { createMetrics } from "./metrics.ts";

const OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PLAIN = "text/plain; version=0.0.4; charset=utf-8";

test.each([
  [undefined, PLAIN],
  ["*/*", PLAIN],
  ["text/plain;version=0.0.4", PLAIN],
  [
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    OPEN,
  ],
  ["application/openmetrics-text;q=0.2, text/plain;q=0.9", PLAIN],
  ["application/openmetrics-text;q=0", PLAIN],
  ["application/openmetrics-text;q=much", PLAIN],
])("a scraper that accepts %s gets %s", async (accept, contentType) => {
  expect((await createMetrics().expose(accept)).contentType).toBe(contentType);
});

test("both formats name a counter rightly, in any order, also at the same time", async () => {
  const metrics = createMetrics();
  metrics.counter("weir_things_total", "Things", ["kind"]).add({ kind: "a" }, 2);
  const lines = async (accept: string): Promise<string[]> =>
    (await metrics.expose(accept)).text.split("\n").filter((line) => line.includes("weir_things"));
  const open = ["# HELP weir_things Things", "# TYPE weir_things counter", 'weir_things_total{kind="a"} 2'];
  const plain = ["# HELP weir_things_total Things", "# TYPE weir_things_total counter", 'weir_things_total{kind="a"} 2'];
  expect(await Promise.all([lines(OPEN), lines(PLAIN), lines(OPEN)])).toEqual([open, plain, open]);
  expect(await lines(PLAIN)).toEqual(plain);
  expect((await metrics.expose(OPEN)).text.endsWith("# EOF\n")).toBe(true);
});

test("a distribution that takes counts adds them up and shows them as any histogram", async () => {
  const metrics = createMetrics();
  const binned = metrics.binned("weir_share", "A share", ["stage"], [0.5, 1]);
  binned.add({ stage: "a" }, [1, 2, 0], 2.25);
  binned.add({ stage: "a" }, [0, 1, 1], 3);
  for (const accept of [PLAIN, OPEN])
    expect((await metrics.expose(accept)).text.split("\n").filter((line) => line.startsWith("weir_share"))).toEqual([
      'weir_share_bucket{stage="a",le="0.5"} 1',
      'weir_share_bucket{stage="a",le="1"} 4',
      'weir_share_bucket{stage="a",le="+Inf"} 5',
      'weir_share_sum{stage="a"} 5.25',
      'weir_share_count{stage="a"} 5',
    ]);
});
