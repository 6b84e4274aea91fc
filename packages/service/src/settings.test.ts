import { expect, test } from "vitest";
import { parseSettings } from "./settings.ts";

test("settings come from the environment, with defaults for what has one", () => {
  const { settings, problems } = parseSettings({ WEIR_PIPELINE: "p", WEIR_KAFKA: "a:1, [::1]:2", WEIR_SLOT: "gate-0" }, { port: 8081 });
  expect(problems).toEqual([]);
  expect(settings).toEqual({
    pipeline: "p",
    brokers: ["a:1", "[::1]:2"],
    environment: null,
    slot: "gate-0",
    logLevel: "info",
    host: "127.0.0.1",
    port: 8081,
    transactionTimeoutMs: 15_000,
    startForMs: 30_000,
    missingOffsets: "stop",
  });
});

test("every wrong setting is named, all at once", () => {
  const { settings, problems } = parseSettings(
    { WEIR_KAFKA: "nowhere", WEIR_SLOT: "a b", WEIR_LOG: "loud", WEIR_PORT: "http" },
    { port: 8081 },
  );
  expect(settings).toBeNull();
  expect(problems.map((p) => p.what)).toEqual([
    "WEIR_PIPELINE is wrong",
    "WEIR_KAFKA is wrong",
    "WEIR_SLOT is wrong",
    "WEIR_LOG is wrong",
    "WEIR_PORT is wrong",
  ]);
});
