import { createKafkaLog } from "@weir/kafka";
import { createSchemaRegistry } from "@weir/schema-registry";
import { serviceProcess } from "@weir/service";
import { DEFAULT_PORT } from "./config.ts";
import { run } from "./run.ts";

process.exitCode = await serviceProcess({
  name: "gate",
  port: DEFAULT_PORT,
  env: process.env,
  run,
  registry: createSchemaRegistry,
  connect: (to, clientId) => createKafkaLog({ ...to, clientId: `weir-${clientId}` }),
});
