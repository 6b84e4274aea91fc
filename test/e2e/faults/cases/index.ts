import type { FaultCase } from "../fault-case.ts";
import { ANSWERS } from "./answers.ts";
import { BROKERS } from "./brokers.ts";
import { GROUPS } from "./groups.ts";
import { KILL_POINTS } from "./kill-points.ts";
import { NETWORK } from "./network.ts";
import { SERVICES } from "./services.ts";

/** The list: process, network, broker and group faults. */
export const CASES: readonly FaultCase[] = [...KILL_POINTS, ...ANSWERS, ...BROKERS, ...GROUPS, ...NETWORK, ...SERVICES];
