import { createTopicAdmin, type TopicAdmin } from "@weir/kafka";
import { loadPipeline, type LoadedPipeline } from "@weir/service";
import { confirm } from "../confirm.ts";
import { connectionOf, type BrokerFlags } from "../connect.ts";
import { table, type Output } from "../output.ts";
import { applyChanges, planTopics, type Change } from "../plan/plan.ts";
import { ENV, finish, type Shell } from "./shell.ts";

interface PlanFlags extends BrokerFlags {
  readonly json?: boolean;
}

export function addPlan({ command, env, output }: Shell): void {
  command(
    "plan",
    "what apply would do to the topics of a broker",
    "  weir plan my-pipeline --broker kafka:9092\n  weir plan my-pipeline --check",
  )
    .argument("<pipeline>", "folder with pipeline.yaml")
    .option("--broker <host:port>", "bootstrap address")
    .option(...ENV)
    .option("--check", "exit 5 if there is anything to do")
    .option("--json", "one line of JSON")
    .action(async (folder: string, flags: PlanFlags & { check?: boolean }) => {
      const loaded = loadPipeline(folder, env);
      await using admin = await createTopicAdmin({ ...connectionOf({ ...flags, pipeline: folder }, env), clientId: "weir-plan" });
      const changes = await changesFor(loaded, admin);
      show(loaded, changes, flags.json === true, output);
      finish(flags.check === true && changes.length > 0 ? 5 : 0);
    });
}

export function addApply({ command, env, output }: Shell): void {
  command(
    "apply",
    "create and change the topics that a pipeline needs",
    "  weir apply my-pipeline --broker kafka:9092\n  weir apply my-pipeline --broker kafka:9092 --replication-factor 3 --yes",
  )
    .argument("<pipeline>", "folder with pipeline.yaml")
    .option("--broker <host:port>", "bootstrap address")
    .option(...ENV)
    .option("--replication-factor <n>", "of topics that are created; default: the broker's")
    .option("--dry-run", "only say what would be done")
    .option("--yes", "do not ask, also where records are affected")
    .option("--json", "one line of JSON")
    .action(async (folder: string, flags: PlanFlags & { replicationFactor?: string; dryRun?: boolean; yes?: boolean }) => {
      const loaded = loadPipeline(folder, env);
      await using admin = await createTopicAdmin({ ...connectionOf({ ...flags, pipeline: folder }, env), clientId: "weir-apply" });
      const changes = await changesFor(loaded, admin);
      show(loaded, changes, flags.json === true, output);
      const doable = changes.filter((change) => change.refused === undefined);
      if (flags.dryRun || doable.length === 0) return finish(changes.length > doable.length ? 5 : 0);
      const affecting = doable.filter((change) => change.effect === "data-affecting").length;
      if (!flags.yes && affecting > 0) await confirm(`${affecting} of these changes affect records that are there. Apply?`);
      await applyChanges(admin, loaded.topology.topics, doable, {
        ...(flags.replicationFactor !== undefined && { replicationFactor: Number(flags.replicationFactor) }),
        onDone: ({ what, topic }) => output.note(`  ${what} ${topic}: done`),
      });
      finish(changes.length > doable.length ? 5 : 0);
    });
}

async function changesFor({ topology }: LoadedPipeline, admin: TopicAdmin): Promise<Change[]> {
  return planTopics(topology.topics, await admin.describe(topology.topics.map((topic) => topic.name)));
}

function show({ pipeline, topology }: LoadedPipeline, changes: readonly Change[], json: boolean, output: Output): void {
  if (json) return output.data(JSON.stringify({ pipeline: pipeline.name, spec: pipeline.digest, topics: topology.topics.length, changes }));
  if (changes.length === 0) return output.data(`nothing to do: all ${topology.topics.length} topics are as ${pipeline.name} needs them`);
  const rows = changes.map((c) => [c.what, c.topic, c.refused === undefined ? c.effect : "refused", c.detail]);
  for (const line of table(["change", "topic", "effect", "detail"], rows)) output.data(line);
  for (const { topic, refused } of changes) if (refused !== undefined) output.note(`${topic}: ${refused}`);
}
