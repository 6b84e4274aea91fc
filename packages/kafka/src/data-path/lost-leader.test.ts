import { batchOf, RetriableError } from "@weir/record";
import { expect, test } from "vitest";
import type { Link, TopicInfo } from "../connection/index.ts";
import { ListOffsets, Produce } from "../wire/index.ts";
import { createEncoderPool } from "./encoder-pool.ts";
import { readBounds } from "./offsets.ts";
import { Outbox, type Sender } from "./outbox.ts";
import { TransactionalId } from "./transactional-id.ts";

const LANE = { topic: "t", partition: 0 };
const GONE = 3;
const SUCCESSOR = 1;

/** A cluster whose broker 3 has gone, and a client that knows nothing of it until it asks again. */
function clusterThatLostABroker(): { readonly link: Link; readonly answered: string[] } {
  const answered: string[] = [];
  const infoWith = (leader: number): TopicInfo => ({ name: LANE.topic, topicId: "0".repeat(32), leaders: [leader] });
  let known = infoWith(GONE);
  const socketOf = new Map<object, number>();
  const link = {
    clientId: "test",
    features: new Map([["transaction.version", 2]]),
    supports: () => true,
    topics: async (_names: readonly string[], { fresh = false } = {}) => {
      if (fresh) known = infoWith(SUCCESSOR);
      return new Map([[LANE.topic, known]]);
    },
    socket: async (node: number) => {
      if (node === GONE) throw new RetriableError("BROKER_UNKNOWN", "broker 3 is not part of the cluster we know");
      const socket = {};
      socketOf.set(socket, node);
      return socket;
    },
    call: async (to: object, api: unknown) => {
      answered.push(`${api === Produce ? "Produce" : api === ListOffsets ? "ListOffsets" : "?"} by ${socketOf.get(to)}`);
      return { topics: [{ name: LANE.topic, partitions: [{ partition: 0, error: 0, offset: 7, message: null }] }] };
    },
  };
  return { link: link as unknown as Link, answered };
}

function parcelOf(pool: ReturnType<typeof createEncoderPool>): Parameters<Outbox["send"]>[1][number] {
  const encoder = pool.take("t/0");
  encoder.add(batchOf(LANE, [{ value: new Uint8Array(3) }]), null, 0, 0);
  return { lane: LANE, key: "t/0", records: encoder.finish(null), encoder, stored: () => {} };
}

test("records for a broker that has gone fail once, and the next attempt goes to its successor", async () => {
  const { link, answered } = clusterThatLostABroker();
  const pool = createEncoderPool();
  const outbox = new Outbox(link, pool);
  const sender = (): Sender => ({ id: new TransactionalId(link, "id", 1000), isOver: () => false, opened: () => {} });
  await expect(outbox.send(sender(), [parcelOf(pool)])).rejects.toMatchObject({ code: "BROKER_UNKNOWN" });
  await outbox.send(sender(), [parcelOf(pool)]);
  expect(answered).toEqual(["Produce by 1"]);
});

test("bounds of a lane whose leader has gone are those that its successor tells", async () => {
  const { link, answered } = clusterThatLostABroker();
  expect(await readBounds(link, [LANE])).toEqual(new Map([["t/0", { earliest: 7, latest: 7, end: 7 }]]));
  expect(answered).toEqual(["ListOffsets by 1", "ListOffsets by 1", "ListOffsets by 1"]);
});
