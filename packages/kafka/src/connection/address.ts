import { WeirError } from "@weir/record";
import type { BrokerAddress } from "./kafkajs-internals.ts";

/** `host:port`, `[ipv6]:port`. */
export function parseAddress(text: string): BrokerAddress {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s/]+)):(\d{1,5})$/.exec(text.trim());
  const host = found?.[1] ?? found?.[2];
  const port = Number(found?.[3]);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new WeirError(
      {
        code: "WEIR-7006",
        what: `"${text}" is not the address of a broker`,
        why: "it has to be host:port",
        fix: "for example localhost:9092",
      },
      { exitCode: 2 },
    );
  }
  return { host, port };
}
