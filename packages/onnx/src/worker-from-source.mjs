// The worker's entry where the project runs from source: a process has to be taught to read TypeScript before it can load it.
import { register } from "tsx/esm/api";

register();
await import("./worker-entry.ts");
