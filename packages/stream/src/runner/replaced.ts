import { WeirError } from "@weir/record";

/** Did another process take this runner's slot? */
export function isReplaced(error: unknown): boolean {
  return error instanceof WeirError && error.problem.code === "WEIR-5002";
}
