package weir.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.Stores;

/**
 * What the Kafka Streams adapter of Crayfish (EDBT 2024) does with a record, its costs included: a mapper of its own to read and
 * another to write each, a tree of JSON, lists of boxed floats, one run of the model, and all of the record written again.
 */
public final class StreamsCrayfish {
  private static final String STORE = "state";
  private static final int MOST_REQUEST_BYTES = 50 << 20;
  /** Name and length of the array of numbers, which are the model's inputs. */
  private static final String[] NUMBERS =
      Arrays.stream(Settings.FIELDS.split(",")).map(field -> field.split(" ")).filter(parts -> parts[1].equals("a")).findFirst().orElseThrow();
  private static final String NAME = NUMBERS[0];
  private static final int COUNT = Integer.parseInt(NUMBERS[2]);

  /** Data points of a record, and what the model says of them. */
  static final class Batch {
    final String id;
    final String card;
    final ArrayList<ArrayList<Float>> points;
    ArrayList<ArrayList<Float>> scores;

    Batch(String id, String card, ArrayList<ArrayList<Float>> points) {
      this.id = id;
      this.card = card;
      this.points = points;
    }

    int label() {
      ArrayList<Float> row = scores.get(0);
      int best = 0;
      for (int i = 1; i < row.size(); i++) if (row.get(i) > row.get(best)) best = i;
      return best;
    }

    double confidence() {
      return Decision.rounded(scores.get(0).get(label()));
    }
  }

  public static void main(String[] args) {
    StreamsBuilder builder = new StreamsBuilder();
    builder.addStateStore(Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(STORE), Serdes.String(), serde()).withCachingEnabled());
    builder.stream(Settings.INPUT, Consumed.with(Serdes.String(), serde()))
        .process(Scoring::new, STORE)
        .to((key, batch, context) -> Settings.topic(Decision.branchOf(batch.confidence())), Produced.with(Serdes.String(), serde()));
    KafkaStreams streams = new KafkaStreams(builder.build(), settings());
    streams.setUncaughtExceptionHandler(
        error -> {
          error.printStackTrace();
          return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
    Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
    streams.start();
  }

  /** At-least-once, one thread, and all else as it is by default but for the size of requests and where to begin. */
  private static Properties settings() {
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, Settings.PREFIX);
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, Settings.BROKER);
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
    settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    settings.put(StreamsConfig.STATE_DIR_CONFIG, System.getProperty("java.io.tmpdir") + "/" + Settings.PREFIX);
    settings.put(StreamsConfig.producerPrefix(ProducerConfig.MAX_REQUEST_SIZE_CONFIG), MOST_REQUEST_BYTES);
    return settings;
  }

  private static Serde<Batch> serde() {
    return Serdes.serdeFrom(
        (topic, batch) -> {
          try {
            return write(batch);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        (topic, bytes) -> {
          try {
            return read(bytes);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  private static Batch read(byte[] bytes) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    SimpleModule module = new SimpleModule();
    module.addDeserializer(
        Batch.class,
        new StdDeserializer<Batch>(Batch.class) {
          @Override
          public Batch deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            JsonNode tree = parser.getCodec().readTree(parser);
            ArrayList<Float> row = new ArrayList<>();
            for (JsonNode number : tree.get(NAME)) row.add(number.floatValue());
            ArrayList<ArrayList<Float>> points = new ArrayList<>();
            points.add(row);
            return new Batch(tree.get("transaction_id").textValue(), tree.get("card_id").textValue(), points);
          }
        });
    mapper.registerModule(module);
    return mapper.readValue(bytes, Batch.class);
  }

  private static byte[] write(Batch batch) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    SimpleModule module = new SimpleModule();
    module.addSerializer(
        Batch.class,
        new StdSerializer<Batch>(Batch.class) {
          @Override
          public void serialize(Batch batch, JsonGenerator json, SerializerProvider provider) throws IOException {
            json.writeStartObject();
            json.writeStringField("transaction_id", batch.id);
            json.writeStringField("card_id", batch.card);
            ArrayList<Float> row = batch.points.get(0);
            json.writeArrayFieldStart(NAME);
            for (Float number : row) json.writeNumber(number);
            json.writeEndArray();
            json.writeObjectFieldStart("prediction");
            json.writeStringField("label", String.valueOf(batch.label()));
            json.writeNumberField("confidence", batch.confidence());
            json.writeEndObject();
            json.writeEndObject();
          }
        });
    mapper.registerModule(module);
    return mapper.writeValueAsBytes(batch);
  }

  private static final class Scoring implements Processor<String, Batch, String, Batch> {
    private ProcessorContext<String, Batch> context;
    private OrtEnvironment environment;
    private OrtSession session;

    @Override
    public void init(ProcessorContext<String, Batch> context) {
      this.context = context;
      try {
        environment = OrtEnvironment.getEnvironment();
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setInterOpNumThreads(1);
        options.setIntraOpNumThreads(1);
        session = environment.createSession(Settings.MODEL, options);
      } catch (OrtException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void process(Record<String, Batch> record) {
      try {
        record.value().scores = score(record.value().points);
      } catch (OrtException e) {
        throw new IllegalStateException(e);
      }
      context.forward(record);
    }

    /** Tensors are closed, which the adapter leaves to nobody: its memory would grow with every record. */
    private ArrayList<ArrayList<Float>> score(ArrayList<ArrayList<Float>> points) throws OrtException {
      List<Float> flat = new ArrayList<>(points.stream().flatMap(List::stream).collect(Collectors.toList()));
      float[] numbers = new float[flat.size()];
      for (int i = 0; i < numbers.length; i++) numbers[i] = flat.get(i);
      Map<String, OnnxTensor> inputs = new HashMap<>();
      try (OnnxTensor tensor = OnnxTensor.createTensor(environment, FloatBuffer.wrap(numbers), new long[] {points.size(), COUNT})) {
        inputs.put(session.getInputNames().iterator().next(), tensor);
        try (OrtSession.Result result = session.run(inputs)) {
          ArrayList<ArrayList<Float>> scores = new ArrayList<>();
          for (float[] row : (float[][]) result.get(0).getValue()) {
            ArrayList<Float> boxed = new ArrayList<>();
            for (float score : row) boxed.add(score);
            scores.add(boxed);
          }
          return scores;
        }
      }
    }
  }
}
