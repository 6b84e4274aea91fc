import type { FieldRequest } from "@weir/contract";
import type { KernelRead } from "@weir/expr";

/** The column of a rule's field: `prediction` is the member of the value that the inference stage has spliced in. */
export function requestOf(read: KernelRead, as: string): FieldRequest {
  const [root, ...names] = read.path.split(".");
  const path = root === "prediction" ? [as, ...names] : names;
  return { pointer: path.map((name) => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`).join(""), as: read.as };
}
