package weir.peers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Branched;
import org.apache.kafka.streams.kstream.KStream;

/** Kafka Streams as most people write it: text in, a tree of JSON, one run of the model a record, text out. */
public final class StreamsPlain {
  record Scored(String branch, String json) {}

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ThreadLocal<Net> NETS = ThreadLocal.withInitial(() -> new Net(Settings.MODEL));

  public static void main(String[] args) {
    StreamsBuilder builder = new StreamsBuilder();
    KStream<String, Scored> scored = builder.<String, String>stream(Settings.INPUT).mapValues(StreamsPlain::score);
    scored
        .split()
        .branch((k, v) -> v.branch().equals("auto"), to("auto"))
        .branch((k, v) -> v.branch().equals("review"), to("review"))
        .branch((k, v) -> v.branch().equals("manual"), to("manual"))
        .defaultBranch(to("refused"));
    KafkaStreams streams = new KafkaStreams(builder.build(), settings());
    streams.setUncaughtExceptionHandler(
        error -> {
          error.printStackTrace();
          return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
    Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
    streams.start();
  }

  private static Branched<String, Scored> to(String branch) {
    return Branched.withConsumer(stream -> stream.mapValues(Scored::json).to(Settings.topic(branch)));
  }

  private static Properties settings() {
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, Settings.PREFIX);
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, Settings.BROKER);
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
    settings.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    settings.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    settings.put(StreamsConfig.STATE_DIR_CONFIG, System.getProperty("java.io.tmpdir") + "/" + Settings.PREFIX);
    return settings;
  }

  private static Scored score(String text) {
    try {
      JsonNode tree = JSON.readTree(text);
      float[] features = Trees.features(tree);
      if (features == null) return new Scored("refused", text);
      float[] scores = NETS.get().scoreOne(features);
      int label = scores[1] > scores[0] ? 1 : 0;
      double confidence = Decision.rounded(scores[label]);
      ObjectNode out = (ObjectNode) tree;
      out.putObject("prediction").put("label", Net.CLASSES[label]).put("confidence", confidence);
      return new Scored(Decision.branchOf(confidence), JSON.writeValueAsString(out));
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      return new Scored("refused", text);
    }
  }
}
