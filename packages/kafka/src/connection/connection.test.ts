import { RetriableError, WeirError } from "@weir/record";
import { describe, expect, it } from "vitest";
import { parseAddress } from "./address.ts";
import { brokerFailure, withDeadline } from "./failure.ts";
import { checkInternals, createBroker } from "./kafkajs-internals.ts";
import { createPatience } from "./security.ts";

describe("the address of a broker", () => {
  it.each([
    ["localhost:9092", { host: "localhost", port: 9092 }],
    [" 10.0.0.7:1 ", { host: "10.0.0.7", port: 1 }],
    ["[::1]:9092", { host: "::1", port: 9092 }],
  ])("is read: %s", (text, address) => {
    expect(parseAddress(text)).toEqual(address);
  });

  it.each(["localhost", "localhost:", ":9092", "localhost:0", "localhost:70000", "http://localhost:9092", "::1:9092", ""])(
    "is refused: %s",
    (text) => {
      expect(() => parseAddress(text)).toThrow(/WEIR-7006/);
    },
  );
});

describe("an error code of the broker", () => {
  it("that repeating may cure is retriable under its name", () => {
    expect(brokerFailure(6, "produce")).toMatchObject({ name: "RetriableError", code: "NOT_LEADER_OR_FOLLOWER" });
  });

  it("that says another process has our place ends this one as replaced", () => {
    for (const code of [47, 90]) expect(brokerFailure(code, "commit")).toMatchObject({ problem: { code: "WEIR-5002" }, exitCode: 4 });
  });

  it("about rights names the fix, and one that nobody knows stops us", () => {
    expect(brokerFailure(29, "topic a")).toMatchObject({ problem: { code: "WEIR-7003" }, exitCode: 4 });
    expect(brokerFailure(4711, "topic a")).toBeInstanceOf(WeirError);
  });
});

describe("the sources of kafkajs", () => {
  it("have the shape we rely on", () => {
    const settings = { clientId: "t", security: () => ({}), patience: createPatience(() => 0), connectMs: 10, requestMs: 10 };
    expect(createBroker({ host: "127.0.0.1", port: 1 }, settings).isConnected()).toBe(false);
  });

  it("are refused when a method is missing", () => {
    class Other {
      connect(): void {}
    }
    expect(() => checkInternals("broker", Other, ["connect", "disconnect"])).toThrow(/WEIR-7005[\s\S]*broker lacks disconnect/);
    expect(() => checkInternals("broker", {}, ["connect"])).toThrow(/broker lacks connect/);
  });
});

describe("a deadline", () => {
  it("ends what never answers", async () => {
    await expect(withDeadline(new Promise(() => undefined), 5, "broker 1")).rejects.toMatchObject({
      code: "TIMEOUT",
      message: "broker 1: nothing after 5 ms",
    });
    await expect(withDeadline(Promise.reject(new RetriableError("X", "x")), 1_000, "broker 1")).rejects.toMatchObject({ code: "X" });
  });
});
