import { RetriableError, WeirError } from "@weir/record";
import { createManualClock } from "@weir/stream";
import { expect, test } from "vitest";
import { startPatiently } from "./start-patiently.ts";

const reset = new RetriableError("CONNECTION", "Metadata to 127.0.0.1:1: read ECONNRESET");
const away = new WeirError({ code: "WEIR-7001", what: "no Kafka broker answers", why: "ECONNREFUSED" }, { exitCode: 4, cause: reset });
const wrong = new WeirError({ code: "WEIR-6006", what: "1 topics are not as the pipeline needs them" }, { exitCode: 4 });

/** A start that fails with each of these in turn, then succeeds; every look at the clock is a second later. */
async function startWith(failures: readonly Error[], forMs: number): Promise<{ readonly result: unknown; readonly waits: string[] }> {
  const clock = createManualClock();
  const left = [...failures];
  const waits: string[] = [];
  const start = async (): Promise<string> => {
    await clock.advance(1000);
    const failure = left.shift();
    if (failure) throw failure;
    return "started";
  };
  const onWait = (why: string): void => void waits.push(why);
  const sleep = (ms: number): Promise<void> => clock.advance(ms);
  const result = await startPatiently(start, { clock: { ...clock, sleep }, forMs, onWait }).catch((error: unknown) => error);
  return { result, waits };
}

test("a broker that hangs up or is away while a service starts is asked again", async () => {
  expect(await startWith([reset, away, reset], 30_000)).toEqual({
    result: "started",
    waits: [reset.message, "no Kafka broker answers: ECONNREFUSED", reset.message],
  });
});

test("what does not pass is told at once, with its code", async () => {
  expect(await startWith([reset, wrong], 30_000)).toEqual({ result: wrong, waits: [reset.message] });
  const bug = new TypeError("x is not a function");
  expect(await startWith([bug], 30_000)).toEqual({ result: bug, waits: [] });
});

test("when the time is over the last reason is told, with a code and the exit code of the environment", async () => {
  const { result, waits } = await startWith(Array(9).fill(reset), 3000);
  expect(waits).toEqual([reset.message]);
  expect(result).toMatchObject({ exitCode: 4, problem: { code: "WEIR-6009", why: reset.message } });
  expect((await startWith([away], 0)).result).toBe(away);
});
