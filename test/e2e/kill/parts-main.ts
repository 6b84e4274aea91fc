import { buildStageWithin } from "@weir/gate";
import { createKafkaLog } from "@weir/kafka";
import { runStageService, serviceProcess, stagesOf } from "@weir/service";

// A gate whose windows leave in parts of WEIR_PART_BYTES. A part has whole fetches in it, so these bring no more at a time.
const partBytes = Number(process.env["WEIR_PART_BYTES"]);
const slot = process.env["WEIR_SLOT"] ?? "";
const builders = new Map([["gate" as const, buildStageWithin({ partBytes })]]);

process.exitCode = await serviceProcess({
  name: "gate",
  port: 0,
  env: process.env,
  run: (context) => runStageService("gate", context, stagesOf(context.loaded, "gate"), builders),
  connect: async (to) => {
    const log = await createKafkaLog({ ...to, clientId: `weir-${slot}` });
    // Only that of the runner says how much it takes: state is read as fast as it comes.
    return { ...log, fetcher: (options = {}) => log.fetcher({ ...options, ...(options.maxBytes && { maxPartitionBytes: partBytes }) }) };
  },
});
