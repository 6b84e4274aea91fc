package weir.peers;

import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.internals.InternalProcessorContext;
import org.apache.kafka.streams.processor.internals.ProcessorNode;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.internals.CacheFlushListener;
import org.apache.kafka.streams.state.internals.CachedStateStore;

/**
 * Kafka Streams by somebody who knows it: bytes in and out, a streaming parser, records gathered until the task commits
 * and scored in one run. What is gathered leaves before every commit, by the hook that caching stores have.
 */
public final class StreamsTuned {
  private static final String STORE = "gathered";
  private static final String[] BRANCHES = {"auto", "review", "manual", "refused"};

  public static void main(String[] args) {
    Topology topology = new Topology();
    topology.addSource("in", new ByteArrayDeserializer(), new ByteArrayDeserializer(), Settings.INPUT);
    ProcessorSupplier<byte[], byte[], byte[], byte[]> supplier =
        new ProcessorSupplier<>() {
          @Override
          public Processor<byte[], byte[], byte[], byte[]> get() {
            return new Scoring();
          }

          @Override
          public Set<StoreBuilder<?>> stores() {
            return Set.of(new GatheredBuilder());
          }
        };
    topology.addProcessor("score", supplier, "in");
    for (String branch : BRANCHES)
      topology.addSink(branch, Settings.topic(branch), new ByteArraySerializer(), new ByteArraySerializer(), "score");
    KafkaStreams streams = new KafkaStreams(topology, settings());
    streams.setUncaughtExceptionHandler(
        error -> {
          error.printStackTrace();
          return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
    Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
    streams.start();
  }

  private static Properties settings() {
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, Settings.PREFIX);
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, Settings.BROKER);
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, Settings.commitMs(200));
    settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    settings.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, 50_000);
    settings.put(StreamsConfig.METRICS_RECORDING_LEVEL_CONFIG, "INFO");
    settings.put(StreamsConfig.STATE_DIR_CONFIG, System.getProperty("java.io.tmpdir") + "/" + Settings.PREFIX);
    settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 20_000);
    settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG), 4 << 20);
    settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.RECEIVE_BUFFER_CONFIG), 1 << 20);
    settings.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), Settings.lingerMs());
    settings.put(StreamsConfig.producerPrefix(ProducerConfig.RETRY_BACKOFF_MS_CONFIG), Settings.retryBackoffMs());
    settings.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 512 << 10);
    settings.put(StreamsConfig.producerPrefix(ProducerConfig.BUFFER_MEMORY_CONFIG), 128L << 20);
    return settings;
  }

  /** Gives every record its branch, many at a time. */
  private static final class Scoring implements Processor<byte[], byte[], byte[], byte[]> {
    private static final int MOST = Net.MAX_ROWS;
    @SuppressWarnings("unchecked")
    private final Record<byte[], byte[]>[] records = new Record[MOST];
    private final boolean[] good = new boolean[MOST];
    private final float[] features = new float[MOST * Net.FEATURES];
    private InternalProcessorContext<byte[], byte[]> context;
    private ProcessorNode<?, ?, ?, ?> node;
    private Net net;
    private int count;
    private int rows;

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
      this.context = (InternalProcessorContext<byte[], byte[]>) context;
      node = this.context.currentNode();
      net = new Net(Settings.MODEL);
      Gathered store = context.getStateStore(STORE);
      store.leave = this::leaveFromOutside;
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
      good[count] = Card.read(record.value(), features, rows * Net.FEATURES);
      if (good[count]) rows++;
      records[count++] = record;
      if (count == MOST) leave();
    }

    /** Outside of process() the context has no place in the topology: caching stores set it in the same way. */
    private void leaveFromOutside() {
      ProcessorNode<?, ?, ?, ?> before = context.currentNode();
      context.setCurrentNode(node);
      try {
        leave();
      } finally {
        context.setCurrentNode(before);
      }
    }

    private void leave() {
      if (count == 0) return;
      float[] scores = net.score(features, rows);
      int row = 0;
      for (int i = 0; i < count; i++) {
        Record<byte[], byte[]> record = records[i];
        records[i] = null;
        if (!good[i]) {
          context.forward(record, "refused");
          continue;
        }
        int label = scores[2 * row + 1] > scores[2 * row] ? 1 : 0;
        double confidence = Decision.rounded(scores[2 * row + label]);
        row++;
        context.forward(record.withValue(Answer.spliced(record.value(), label, confidence)), Decision.branchOf(confidence));
      }
      count = 0;
      rows = 0;
    }

    @Override
    public void close() {
      try {
        net.close();
      } catch (ai.onnxruntime.OrtException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static final class GatheredBuilder implements StoreBuilder<Gathered> {
    @Override
    public StoreBuilder<Gathered> withCachingEnabled() {
      return this;
    }

    @Override
    public StoreBuilder<Gathered> withCachingDisabled() {
      return this;
    }

    @Override
    public StoreBuilder<Gathered> withLoggingEnabled(Map<String, String> config) {
      return this;
    }

    @Override
    public StoreBuilder<Gathered> withLoggingDisabled() {
      return this;
    }

    @Override
    public Gathered build() {
      return new Gathered();
    }

    @Override
    public Map<String, String> logConfig() {
      return Map.of();
    }

    @Override
    public boolean loggingEnabled() {
      return false;
    }

    @Override
    public String name() {
      return STORE;
    }
  }

  /** Holds nothing itself: it is there to be told that a commit is near. */
  private static final class Gathered implements StateStore, CachedStateStore<Object, Object> {
    private Runnable leave = () -> {};
    private boolean open;

    @Override
    public String name() {
      return STORE;
    }

    @Override
    public void init(StateStoreContext context, StateStore root) {
      context.register(root, (key, value) -> {});
      open = true;
    }

    @Override
    public boolean setFlushListener(CacheFlushListener<Object, Object> listener, boolean sendOldValues) {
      return false;
    }

    @Override
    public void flushCache() {
      leave.run();
    }

    @Override
    public void clearCache() {}

    @Override
    public void close() {
      open = false;
    }

    @Override
    public boolean persistent() {
      return false;
    }

    @Override
    public boolean isOpen() {
      return open;
    }
  }
}
