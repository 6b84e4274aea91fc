export { createSchemaRegistry } from "./registry.ts";
