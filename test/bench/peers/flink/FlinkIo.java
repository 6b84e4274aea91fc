package weir.peers;

import java.util.Properties;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;

/** What both Flink peers have in common: the cluster in the process, checkpoints every second, source and sink. */
final class FlinkIo {
  static final int PARALLELISM = 2;

  static final TypeInformation<Item> ITEM = Types.POJO(Item.class);

  private FlinkIo() {}

  static StreamExecutionEnvironment environment(boolean reuse) {
    Configuration settings = new Configuration();
    settings.set(StateBackendOptions.STATE_BACKEND, "hashmap");
    settings.set(CheckpointingOptions.CHECKPOINT_STORAGE, "jobmanager");
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.createLocalEnvironment(PARALLELISM, settings);
    environment.enableCheckpointing(Settings.commitMs(1000), CheckpointingMode.EXACTLY_ONCE);
    if (reuse) environment.getConfig().enableObjectReuse();
    return environment;
  }

  static KafkaSource<Item> source(Properties more) {
    return KafkaSource.<Item>builder()
        .setBootstrapServers(Settings.BROKER)
        .setTopics(Settings.INPUT)
        .setGroupId(Settings.PREFIX)
        .setStartingOffsets(OffsetsInitializer.earliest())
        .setDeserializer(new Reader())
        .setProperty("isolation.level", "read_committed")
        .setProperties(more)
        .build();
  }

  static KafkaSink<Item> sink(Properties more) {
    return KafkaSink.<Item>builder()
        .setBootstrapServers(Settings.BROKER)
        .setRecordSerializer(new Writer(Settings.PREFIX))
        .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
        .setTransactionalIdPrefix(Settings.PREFIX)
        .setKafkaProducerConfig(more)
        .build();
  }

  private static final class Reader implements KafkaRecordDeserializationSchema<Item> {
    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<Item> out) {
      out.collect(new Item(record.key(), record.value(), ""));
    }

    @Override
    public TypeInformation<Item> getProducedType() {
      return ITEM;
    }
  }

  private static final class Writer implements KafkaRecordSerializationSchema<Item> {
    private final String prefix;

    Writer(String prefix) {
      this.prefix = prefix;
    }

    @Override
    public ProducerRecord<byte[], byte[]> serialize(Item item, KafkaSinkContext context, Long timestamp) {
      return new ProducerRecord<>(prefix + "." + item.branch, item.key, item.value);
    }
  }
}
