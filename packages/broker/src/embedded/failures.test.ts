import { expect, it } from "vitest";
import { consumerArguments } from "../console-tools.ts";
import { mavenFailed, pom } from "./artifacts.ts";
import { explainEnd, explainStart } from "./explain.ts";

const WHERE = "port 9092, log kafka.log";
const LIMIT_MS = 150_000;

it.each<[string, string, number | string | null, RegExp]>([
  ["killed by the system", "", "SIGKILL", /WEIR-4306 .*killed by the system[^]*memory[^]*--broker/],
  ["killed, told by its exit code", "", 137, /killed by the system/],
  ["with a full disk", "ERROR java.io.IOException: No space left on device\nINFO bye", 1, /why: {3}no space is left[^]*--data/],
  [
    "with an error",
    "WARN x\n[1] ERROR Exiting Kafka due to fatal exception\nINFO bye",
    1,
    /why: {3}\[1\] ERROR Exiting Kafka due to fatal exception/,
  ],
  ["without a word", "", 1, /why: {3}it said nothing/],
  ["without an answer", "INFO still there", null, /WEIR-4306 the embedded Kafka did not answer within 150 s/],
])("a broker that ended %s is explained", (_, log, exit, expected) =>
  expect(explainStart({ where: WHERE, log, exit }, LIMIT_MS).message).toMatch(expected),
);

it("a broker that ended while it was at work is explained with another code", () =>
  expect(explainEnd({ where: WHERE, log: "ERROR No space left on device", exit: 1 }).message).toMatch(
    /WEIR-4314 the embedded Kafka ended by itself[^]*no space is left/,
  ));

it("quotes Maven's first error and says what to look at", () => {
  const said = "[WARNING] x\n[ERROR] Could not transfer artifact a:b from/to central\n[ERROR] To see the full stack trace";
  expect(mavenFailed(said).message).toMatch(
    /WEIR-4304 .*\n.*\n {2}why: {3}Could not transfer artifact a:b from\/to central\n {2}do: .*mirror/,
  );
});

it("asks Maven for exactly the artifacts named", () => {
  expect(pom([["g", "a", "1"]])).toContain("<dependency><groupId>g</groupId><artifactId>a</artifactId><version>1</version></dependency>");
});

it("tells the console consumer what to read and how to print it", () => {
  expect(
    consumerArguments({
      address: "a:1",
      topic: "t",
      isolation: "read_committed",
      timeoutMs: 500,
      maxRecords: 2,
      formatter: { "print.key": "true" },
    }).join(" "),
  ).toBe(
    "--bootstrap-server a:1 --topic t --isolation-level read_committed --from-beginning --timeout-ms 500 --max-messages 2 --formatter-property print.key=true",
  );
});

it("has the console consumer read several topics at once", () => {
  const args = consumerArguments({ address: "a:1", topic: ["p.pass", "p.dlq"], isolation: "read_committed", timeoutMs: 500 });
  expect(args.slice(2, 4)).toEqual(["--include", "p\\.pass|p\\.dlq"]);
});
