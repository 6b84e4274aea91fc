export { joinGroup } from "./join-group.ts";
