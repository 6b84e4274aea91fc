import { createKafkaLog } from "@weir/kafka";
import { serviceProcess } from "@weir/service";
import { run } from "./ingest.ts";
import { DEFAULT_PORT } from "./config.ts";

process.exitCode = await serviceProcess({
  name: "ingest",
  port: DEFAULT_PORT,
  env: process.env,
  run,
  connect: (to, clientId) => createKafkaLog({ ...to, clientId: `weir-${clientId}` }),
});
