import path from "node:path";
import type { IngestSpec } from "@weir/pipeline";
import type { LoadedPipeline } from "@weir/service";
import type { Clock } from "@weir/stream";
import type { HttpLimits } from "@weir/pipeline";
import { bucketStore } from "./files/s3.ts";
import { createFileSource } from "./files/file-source.ts";
import { folderStore } from "./files/folder.ts";
import { createPullSource } from "./pull/pull-source.ts";
import type { Source } from "./source.ts";

/** What the pipeline file names under `files` and `pull`. */
export function sourcesOf({ folder, contract }: LoadedPipeline, stage: IngestSpec, limits: HttpLimits, clock: Clock): readonly Source[] {
  const files = Object.entries(stage.files ?? {}).map(([name, spec]) => {
    const { from } = spec;
    const store = "folder" in from ? folderStore(path.resolve(folder, from.folder)) : bucketStore(from.bucket);
    const typeOf = (column: string) => contract.field(`/${column.replaceAll("~", "~0").replaceAll("/", "~1")}`)?.types ?? null;
    return createFileSource({ name, spec, store, clock, limits, typeOf });
  });
  const pulls = Object.entries(stage.pull ?? {}).map(([name, spec]) => createPullSource({ name, spec, limits }));
  return [...files, ...pulls];
}
