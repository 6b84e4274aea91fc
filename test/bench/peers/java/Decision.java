package weir.peers;

/** What all systems decide by. */
final class Decision {
  private Decision() {}

  /** Six decimals, which are six digits for everything from 0.1 to 1: all systems decide on the same number. */
  static double rounded(float probability) {
    return Math.rint(Math.min(1.0, Math.max(0.0, probability)) * 1e6) / 1e6;
  }

  static String branchOf(double confidence) {
    return confidence >= 0.9 ? "auto" : confidence >= 0.6 ? "review" : "manual";
  }
}
