import { expect, it } from "vitest";
import { readNote } from "./transaction-note.ts";

const KEY = "000000247765697 22d7265737461727465642e676174652d31393437352d6d77797a6e666b622d30".replace(" ", "");
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));

it("reads what Kafka 4.3.1 wrote of a commit that it prepared", () => {
  const value =
    "0001" +
    "0000000000000001" +
    "0001" +
    "00003a98" +
    "02" +
    "03" +
    "15726573746172 7465642e73746174652e67617465" +
    "05" +
    "00000001000000000000000300000002" +
    "00" +
    "13" +
    Buffer.from("__consumer_offsets").toString("hex") +
    "02" +
    "00000001" +
    "00" +
    "000001a21d16fc21" +
    "000001a21d16fc0f" +
    "02" +
    "00080000000000000001" +
    "02020002" +
    "00";
  expect(readNote({ key: bytes(KEY), value: bytes(value.replaceAll(" ", "")), partition: 0, offset: 6 })).toEqual({
    transactionalId: "weir-restarted.gate-19475-mwyznfkb-0",
    producerId: 1,
    producerEpoch: 1,
    state: "prepare-commit",
    lanes: new Set([
      "restarted.state.gate/1",
      "restarted.state.gate/0",
      "restarted.state.gate/3",
      "restarted.state.gate/2",
      "__consumer_offsets/1",
    ]),
    updatedAt: 0x1a21d16fc21,
    partition: 0,
    offset: 6,
  });
});

it("reads the layout of brokers before 3.8", () => {
  const value = `0000${"0000000000000007"}${"0002"}${"0000ea60"}${"01"}${"00000001"}${"0001"}61${"00000001"}${"00000003"}${"0000000000000005"}${"0000000000000004"}`;
  expect(readNote({ key: bytes(KEY), value: bytes(value), partition: 1, offset: 2 })).toMatchObject({
    producerId: 7,
    producerEpoch: 2,
    state: "ongoing",
    lanes: new Set(["a/3"]),
    updatedAt: 5,
  });
});

it("makes nothing of what it does not know", () => {
  const at = { partition: 0, offset: 0 };
  expect(readNote({ key: bytes(KEY), value: null, ...at })).toBeNull();
  expect(readNote({ key: null, value: bytes("0000"), ...at })).toBeNull();
  expect(readNote({ key: bytes(KEY), value: bytes("0002ff"), ...at })).toBeNull();
  expect(readNote({ key: bytes("0001"), value: bytes("0000"), ...at })).toBeNull();
});
