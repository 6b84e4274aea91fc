package weir.peers;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** A loop of consumer and producer, written by hand for this one record: one run of the model a poll, transactions. */
public final class JavaHand {
  private static final long TRANSACTION_MS = Settings.commitMs(100);
  private static final Duration POLL = Duration.ofMillis(Math.max(1, Math.min(50, TRANSACTION_MS)));

  private final Net net = new Net(Settings.MODEL);
  private final HandScan scan = new HandScan();
  private final AvroScan avro = Settings.AVRO ? new AvroScan() : null;
  private float[] features = new float[0];
  private boolean[] good = new boolean[0];

  public static void main(String[] args) {
    new JavaHand().run();
  }

  private void run() {
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(consumerSettings());
        KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(producerSettings())) {
      producer.initTransactions();
      consumer.subscribe(List.of(Settings.INPUT));
      Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
      long begun = 0;
      while (true) {
        ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
        if (!records.isEmpty()) {
          if (offsets.isEmpty()) {
            producer.beginTransaction();
            begun = System.currentTimeMillis();
          }
          handle(records, producer);
          offsets.putAll(records.nextOffsets());
        }
        if (!offsets.isEmpty() && (records.isEmpty() || System.currentTimeMillis() - begun >= TRANSACTION_MS)) {
          producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
          producer.commitTransaction();
          offsets.clear();
        }
      }
    }
  }

  private void handle(ConsumerRecords<byte[], byte[]> records, KafkaProducer<byte[], byte[]> producer) {
    int count = records.count();
    if (good.length < count) {
      good = new boolean[count];
      features = new float[count * Net.FEATURES];
    }
    int i = 0;
    int rows = 0;
    for (ConsumerRecord<byte[], byte[]> record : records) {
      int at = rows * Net.FEATURES;
      good[i] = avro == null ? scan.read(record.value(), features, at) : avro.read(record.value(), features, at);
      if (good[i++]) rows++;
    }
    float[] scores = net.score(features, rows);
    i = 0;
    int row = 0;
    for (ConsumerRecord<byte[], byte[]> record : records) {
      String branch = "refused";
      byte[] value = record.value();
      if (good[i++]) {
        int label = scores[2 * row + 1] > scores[2 * row] ? 1 : 0;
        double confidence = Decision.rounded(scores[2 * row + label]);
        row++;
        branch = Decision.branchOf(confidence);
        if (avro == null) value = Answer.spliced(value, label, confidence);
        else record.headers().add("weir.prediction", Answer.alone(label, confidence));
      }
      producer.send(new ProducerRecord<>(Settings.topic(branch), record.partition(), record.key(), value, record.headers()));
    }
  }

  private static Properties consumerSettings() {
    Properties settings = new Properties();
    settings.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, Settings.BROKER);
    settings.put(ConsumerConfig.GROUP_ID_CONFIG, Settings.PREFIX);
    settings.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, "consumer");
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 20_000);
    settings.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 4 << 20);
    settings.put(ConsumerConfig.RECEIVE_BUFFER_CONFIG, 1 << 20);
    settings.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    settings.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    return settings;
  }

  private static Properties producerSettings() {
    Properties settings = new Properties();
    settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, Settings.BROKER);
    settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, Settings.PREFIX);
    settings.put(ProducerConfig.LINGER_MS_CONFIG, Settings.lingerMs());
    settings.put(ProducerConfig.RETRY_BACKOFF_MS_CONFIG, Settings.retryBackoffMs());
    settings.put(ProducerConfig.BATCH_SIZE_CONFIG, 512 << 10);
    settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 128L << 20);
    settings.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
    settings.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
    return settings;
  }
}
