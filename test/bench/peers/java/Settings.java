package weir.peers;

/** What the bench tells a peer by its environment. */
final class Settings {
  static final String BROKER = need("BENCH_BROKER");
  static final String INPUT = need("BENCH_INPUT");
  /** Names groups, transactional ids and output topics: once for every run. */
  static final String PREFIX = need("BENCH_PREFIX");
  static final String MODEL = need("BENCH_MODEL");

  private Settings() {}

  static String topic(String branch) {
    return PREFIX + "." + branch;
  }

  private static String need(String name) {
    String value = System.getenv(name);
    if (value == null) throw new IllegalStateException(name + " is not set");
    return value;
  }
}
