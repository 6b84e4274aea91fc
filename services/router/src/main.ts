import { createKafkaLog } from "@weir/kafka";
import { serviceProcess } from "@weir/service";
import { DEFAULT_PORT } from "./config.ts";
import { run } from "./run.ts";

process.exitCode = await serviceProcess({
  name: "router",
  port: DEFAULT_PORT,
  env: process.env,
  run,
  connect: (to, clientId) => createKafkaLog({ ...to, clientId: `weir-${clientId}` }),
});
