/** Where a prediction goes. */
export function branchOf({ confidence }) {
  if (confidence >= 0.9) return "auto";
  return confidence >= 0.6 ? "review" : "manual";
}
