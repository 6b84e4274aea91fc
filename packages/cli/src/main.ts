import { reportError, terminal } from "./output.ts";
import { createProgram } from "./program.ts";
import { Exit } from "./program/shell.ts";

// `weir … | head` closes the pipe when it has seen enough: that is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

try {
  await createProgram(process.env, terminal).parseAsync(process.argv);
} catch (error) {
  process.exitCode = error instanceof Exit ? error.code : reportError(error, terminal);
}
