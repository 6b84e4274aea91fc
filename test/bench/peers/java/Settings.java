package weir.peers;

/** What the bench tells a peer by its environment. */
final class Settings {
  static final String BROKER = need("BENCH_BROKER");
  static final String INPUT = need("BENCH_INPUT");
  /** Names groups, transactional ids and output topics: once for every run. */
  static final String PREFIX = need("BENCH_PREFIX");
  static final String MODEL = need("BENCH_MODEL");

  /** The fields of a record, see {@link Card}, or {@code name a length} for an array of numbers; null: those of a card transaction. */
  static final String FIELDS = System.getenv("BENCH_FIELDS");

  /** Are records Avro with Confluent's framing, and predictions headers? */
  static final boolean AVRO = "avro".equals(System.getenv("BENCH_FORMAT"));

  private static final String COMMIT_MS = System.getenv("BENCH_COMMIT_MS");

  private Settings() {}

  /** Milliseconds from one commit to the next: as told where latency is measured, else what is best for records a second. */
  static long commitMs(long usual) {
    return COMMIT_MS == null ? usual : Long.parseLong(COMMIT_MS);
  }

  /** What is gathered for a commit leaves with it at the latest. */
  static int lingerMs() {
    return (int) Math.min(50, commitMs(50));
  }

  /** Until a producer asks again whose last transaction the broker has not quite ended: a client's 100 ms unless latency is measured. */
  static long retryBackoffMs() {
    return COMMIT_MS == null ? 100 : 5;
  }

  static String topic(String branch) {
    return PREFIX + "." + branch;
  }

  private static String need(String name) {
    String value = System.getenv(name);
    if (value == null) throw new IllegalStateException(name + " is not set");
    return value;
  }
}
