export { canonicalJson } from "@weir/record";
