import { createCountsView, parseExecution, pipelineStatus, sum, type PipelineStatus } from "@weir/monitor";
import type { LoadedPipeline } from "@weir/service";
import type { Log } from "@weir/stream";
import { countRecords, lanesOf, readToEnd } from "../read-topics.ts";
import { readSkips } from "../skips.ts";

/** Records of one pipeline counted in the topics, beside what the execution log says. */
export interface AuditedCounts {
  readonly pipeline: string;
  readonly entry: number;
  /** Sent to a stage again by replays: each of them entered once more. */
  readonly replayed: number;
  /** Records at the ends of the pipeline, by topic. */
  readonly ends: Readonly<Record<string, number>>;
  readonly held: number;
  /** Behind a failed record of their key. */
  readonly waiting: number;
  /** Entered and not yet decided by the last stage on their way. Below zero, at least once: so many more were decided twice. */
  readonly inFlight: number;
  readonly guarantee: PipelineStatus["guarantee"];
  /** `entry + replayed = ends + held + waiting + in flight`, at least once `<=`, and every stage's own sum. */
  readonly balanced: boolean;
  readonly stages: PipelineStatus["stages"];
}

const decoder = new TextDecoder();

/** Counts every committed record of the entry topic and of all ends, and holds the sums against the execution log. */
export async function auditCounts({ pipeline, topology }: LoadedPipeline, log: Log): Promise<AuditedCounts> {
  const flowing = topology.stages.filter((s) => s.type !== "ingest");
  const endTopics = [
    ...new Set([...flowing.flatMap((s) => [...s.outputs].filter(([port]) => !s.next.has(port)).map(([, topic]) => topic)), topology.dlq]),
  ];
  const replayTopics = flowing.map((s) => s.replay);
  const counts = await countRecords(log, [topology.entryTopic, ...endTopics, ...replayTopics], await readSkips(log, topology.control));
  const view = createCountsView();
  for await (const { record } of readToEnd(log, await lanesOf(log, [topology.executions]))) {
    const execution = record.value === null ? null : parseExecution(decoder.decode(record.value));
    if (execution) view.apply(execution); // `balanced` tells if one is missing
  }
  const status = pipelineStatus(pipeline, topology, view);
  const ends = Object.fromEntries(endTopics.map((t) => [t, counts.get(t) ?? 0]));
  const entry = counts.get(topology.entryTopic) ?? 0;
  const held = status.stages.reduce((n, s) => n + s.held, 0);
  const replayed = replayTopics.reduce((n, topic) => n + (counts.get(topic) ?? 0), 0);
  const [first] = status.stages;
  const taken = first ? first.in - first.replayed - first.wentOn : 0;
  const waiting = status.stages.reduce((n, s) => n + s.waiting, 0);
  const replaysTaken = status.stages.reduce((n, s) => n + s.replayed, 0);
  const undecided = entry - taken + (replayed - replaysTaken) + status.stages.reduce((n, s) => n + s.inFlight, 0);
  const { guarantee, stages } = status;
  const missing = entry + replayed - (sum(ends) + waiting + undecided);
  const isEven = guarantee === "exactly-once" ? missing === 0 : missing <= 0;
  const balanced = isEven && stages.every((s) => s.in === sum(s.ports));
  const inFlight = undecided - held;
  return { pipeline: pipeline.name, guarantee, entry, replayed, ends, held, waiting, inFlight, balanced, stages };
}
