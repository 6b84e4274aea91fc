import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createVerifier, parseEntry, printEntry, sealEntry, type AuditDraft, type AuditEntry } from "@weir/audit";

const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");
const draft = (n: number): AuditDraft => ({
  at: "2013-02-05T05:00:00.000Z",
  actor: "user:first",
  action: "replay.started",
  subject: `plan ${n}`,
  pipeline: "flights",
  reason: "the producer sends numbers again",
  details: { records: n, targets: { "flights.gate.replay": n } },
});

function chain(writer: string, length: number): AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (let n = 0; n < length; n++) entries.push(sealEntry(draft(n), writer, entries[n - 1] ?? null, sha256));
  return entries;
}

function verify(entries: readonly AuditEntry[], expect?: Parameters<ReturnType<typeof createVerifier>["done"]>[0]) {
  const verifier = createVerifier(sha256);
  for (const entry of entries) verifier.add(entry);
  return verifier.done(expect);
}

describe("a chain of audit entries", () => {
  it("begins at nothing and goes on from the hash before", () => {
    const [first, second] = chain("cli-1", 2);
    expect(first).toMatchObject({ v: 1, writer: "cli-1", seq: 0, previous: "0".repeat(64) });
    expect(second).toMatchObject({ seq: 1, previous: first?.hash });
  });

  it("is whole when it is printed and read back, whatever order its members had", () => {
    const read = chain("a", 3).map((entry) => parseEntry(printEntry(entry)));
    expect(verify(read.filter((e) => e !== null)).faults).toEqual([]);
    expect(read).toHaveLength(3);
    const turned = Object.fromEntries(Object.entries(chain("a", 1)[0] ?? {}).reverse());
    expect(verify([parseEntry(JSON.stringify(turned))].filter((e) => e !== null)).faults).toEqual([]);
  });

  it("of one writer does not depend on what others wrote between", () => {
    const [a, b] = [chain("a", 3), chain("b", 2)];
    const mixed = [a[0], b[0], a[1], a[2], b[1]].filter((e) => e !== undefined);
    const { entries, heads, faults } = verify(mixed);
    expect({ entries, faults, heads: [...heads].map(([w, h]) => [w, h.seq]) }).toEqual({ entries: 5, faults: [], heads: [["a", 2], ["b", 1]] }); // prettier-ignore
  });

  const three = chain("a", 3) as [AuditEntry, AuditEntry, AuditEntry]; // of that length
  const cases: readonly (readonly [string, readonly AuditEntry[], readonly object[]])[] = [
    ["an entry was changed", [three[0], { ...three[1], reason: "none" }, three[2]], [{ writer: "a", seq: 1, kind: "altered" }]],
    ["an entry was taken out", [three[0], three[2]], [{ writer: "a", seq: 2, kind: "missing" }]],
    ["the beginning was cut off", [three[1], three[2]], [{ writer: "a", seq: 1, kind: "missing" }]],
    ["two processes wrote as one writer", [three[0], three[1], sealEntry(draft(9), "a", three[0], sha256)], [{ writer: "a", seq: 1, kind: "forked" }]],
    ["an entry follows another one", [three[0], sealEntry(draft(9), "a", { seq: 0, hash: "f".repeat(64) }, sha256)], [{ writer: "a", seq: 1, kind: "unlinked" }]],
  ]; // prettier-ignore
  it.each(cases)("tells that %s", (_, entries, faults) => expect(verify(entries).faults).toEqual(faults));

  it("that was cut off at its end is found by who kept its head", () => {
    const heads = verify(three).heads;
    expect(verify(three.slice(0, 2)).faults).toEqual([]);
    expect(verify(three.slice(0, 2), heads).faults).toEqual([{ writer: "a", seq: 2, kind: "missing" }]);
    expect(verify(three, heads).faults).toEqual([]);
  });

  it("shows every change of a single character", () => {
    const text = printEntry(three[1]);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom("0", "x", " "), (at, put) => {
        const changed = text.slice(0, at) + put + text.slice(at + 1);
        const entry = parseEntry(changed);
        if (entry === null || printEntry(entry) === text) return;
        const verifier = createVerifier(sha256);
        for (const e of [three[0], entry, three[2]]) verifier.add(e);
        expect(verifier.done().faults).not.toEqual([]);
      }),
    );
  });
});

it.each(["", "[]", "{", '{"v":2}', '{"v":1,"seq":0}', "null"])("%j is no entry", (text) => expect(parseEntry(text)).toBeNull());
