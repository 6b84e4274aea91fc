import { createMetrics, serveHttp, type RunningService, type ServiceContext } from "@weir/service";

/** The place where doors will be: for now producers write the entry topic themselves, and this service tells that it is there. */
export async function run({ listen, loaded, connect }: ServiceContext): Promise<RunningService> {
  const log = await connect("ingest");
  const { entryTopic } = loaded.topology;
  const partitions = (await log.partitions([entryTopic])).get(entryTopic) ?? 0;
  const metrics = createMetrics();
  const notReady = (): string | null => (partitions > 0 ? null : `topic ${entryTopic} does not exist`);
  const http = await serveHttp({ ...listen, metrics, notReady });
  let finish: () => void = () => {};
  const done = new Promise<void>((resolve) => (finish = resolve));
  return {
    name: "ingest",
    url: http.url,
    notReady,
    done,
    stop: async () => {
      await http[Symbol.asyncDispose]();
      await log[Symbol.asyncDispose]();
      finish();
    },
  };
}
