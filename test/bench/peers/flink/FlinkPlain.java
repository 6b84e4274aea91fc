package weir.peers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Properties;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** Flink as most people write it: a map function with a tree of JSON and one run of the model a record. */
public final class FlinkPlain {
  public static void main(String[] args) throws Exception {
    StreamExecutionEnvironment environment = FlinkIo.environment(false);
    Properties producer = new Properties();
    producer.put("transaction.timeout.ms", "60000");
    environment
        .fromSource(FlinkIo.source(new Properties()), WatermarkStrategy.noWatermarks(), "in")
        .map(new Scoring())
        .returns(FlinkIo.ITEM)
        .sinkTo(FlinkIo.sink(producer));
    environment.execute(Settings.PREFIX);
  }

  private static final class Scoring extends RichMapFunction<Item, Item> {
    private transient ObjectMapper json;
    private transient Net net;

    @Override
    public void open(OpenContext context) {
      json = new ObjectMapper();
      net = new Net(Settings.MODEL);
    }

    @Override
    public Item map(Item in) throws IOException {
      JsonNode tree = parse(in.value);
      float[] features = tree == null ? null : Trees.features(tree);
      if (features == null) return new Item(in.key, in.value, "refused");
      float[] scores = net.scoreOne(features);
      int label = scores[1] > scores[0] ? 1 : 0;
      double confidence = Decision.rounded(scores[label]);
      ((ObjectNode) tree).putObject("prediction").put("label", Net.CLASSES[label]).put("confidence", confidence);
      return new Item(in.key, json.writeValueAsBytes(tree), Decision.branchOf(confidence));
    }

    private JsonNode parse(byte[] value) throws IOException {
      try {
        return json.readTree(value);
      } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
        return null;
      }
    }
  }
}
