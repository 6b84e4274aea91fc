import { VERSION } from "@weir/service";
import type { Shell } from "./shell.ts";

export function addVersion({ command, output }: Shell): void {
  command("version", "version of Weir and of what it runs on", "  weir version")
    .option("--json", "one line of JSON")
    .action((flags: { json?: boolean }) => {
      output.data(
        flags.json ? JSON.stringify({ weir: VERSION, node: process.versions.node }) : `weir ${VERSION} (node ${process.versions.node})`,
      );
    });
}
