import { reportError, terminal } from "./output.ts";
import { createProgram, Exit } from "./program.ts";

try {
  await createProgram(process.env, terminal).parseAsync(process.argv);
} catch (error) {
  process.exitCode = error instanceof Exit ? error.code : reportError(error, terminal);
}
