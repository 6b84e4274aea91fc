package weir.peers;

import java.util.Properties;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/** Flink by somebody who knows it: an operator that gathers records, scores them in one run, and lets them go before a checkpoint. */
public final class FlinkTuned {
  public static void main(String[] args) throws Exception {
    StreamExecutionEnvironment environment = FlinkIo.environment(true);
    Properties consumer = new Properties();
    consumer.put("max.poll.records", "20000");
    consumer.put("max.partition.fetch.bytes", Integer.toString(4 << 20));
    consumer.put("receive.buffer.bytes", Integer.toString(1 << 20));
    Properties producer = new Properties();
    producer.put("transaction.timeout.ms", "60000");
    producer.put("linger.ms", Integer.toString(Settings.lingerMs()));
    producer.put("retry.backoff.ms", Long.toString(Settings.retryBackoffMs()));
    producer.put("batch.size", Integer.toString(512 << 10));
    producer.put("buffer.memory", Integer.toString(128 << 20));
    environment
        .fromSource(FlinkIo.source(consumer), WatermarkStrategy.noWatermarks(), "in")
        .transform("score", FlinkIo.ITEM, new Scoring())
        .sinkTo(FlinkIo.sink(producer));
    environment.execute(Settings.PREFIX);
  }

  private static final class Scoring extends AbstractStreamOperator<Item>
      implements OneInputStreamOperator<Item, Item>, BoundedOneInput {
    private transient Item[] items;
    private transient boolean[] good;
    private transient float[] features;
    private transient StreamRecord<Item> out;
    private transient Net net;
    private transient int count;
    private transient int rows;

    @Override
    public void open() throws Exception {
      super.open();
      items = new Item[Net.MAX_ROWS];
      good = new boolean[Net.MAX_ROWS];
      features = new float[Net.MAX_ROWS * Net.FEATURES];
      out = new StreamRecord<>(null);
      net = new Net(Settings.MODEL);
    }

    @Override
    public void processElement(StreamRecord<Item> element) {
      Item item = element.getValue();
      good[count] = Card.read(item.value, features, rows * Net.FEATURES);
      if (good[count]) rows++;
      items[count++] = item;
      if (count == items.length) leave();
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpoint) {
      leave();
    }

    @Override
    public void endInput() {
      leave();
    }

    private void leave() {
      if (count == 0) return;
      float[] scores = net.score(features, rows);
      int row = 0;
      for (int i = 0; i < count; i++) {
        Item item = items[i];
        items[i] = null;
        if (good[i]) {
          int label = scores[2 * row + 1] > scores[2 * row] ? 1 : 0;
          double confidence = Decision.rounded(scores[2 * row + label]);
          row++;
          item.value = Answer.spliced(item.value, label, confidence);
          item.branch = Decision.branchOf(confidence);
        } else item.branch = "refused";
        output.collect(out.replace(item));
      }
      count = 0;
      rows = 0;
    }
  }
}
