package weir.peers;

import java.nio.ByteOrder;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Reads a card transaction in Avro, in the order of its schema, behind Confluent's framing. Records of other schemas are the bad ones of
 * the bench: they are refused without asking a registry what they hold, which is less work than Weir's.
 */
final class AvroScan {
  private static final VarHandle DOUBLE = MethodHandles.byteArrayViewVarHandle(double[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int FRAME_BYTES = 5;
  private static final byte SCHEMA_ID = 1;

  private byte[] bytes;
  private int at;
  private boolean isRead;

  boolean read(byte[] value, float[] features, int row) {
    bytes = value;
    at = FRAME_BYTES;
    isRead = value.length > FRAME_BYTES && value[0] == 0 && value[1] == 0 && value[2] == 0 && value[3] == 0 && value[4] == SCHEMA_ID;
    for (int field = 0; isRead && field < Card.FIELDS.length; field++) {
      switch (Card.TYPES[field]) {
        case Card.TEXT:
          text(Card.SHORTEST[field], Card.LONGEST[field]);
          break;
        case Card.BOOL:
          isRead = at < bytes.length && (bytes[at] == 0 || bytes[at] == 1);
          at++;
          break;
        case Card.WHOLE:
          isRead &= Card.put(whole(), Card.FEATURE[field], features, row);
          break;
        default:
          isRead &= Card.put(number(), Card.FEATURE[field], features, row);
      }
    }
    return isRead && at == bytes.length;
  }

  private long whole() {
    long bits = 0;
    for (int shift = 0; shift < 64 && at < bytes.length; shift += 7) {
      byte next = bytes[at++];
      bits |= (long) (next & 127) << shift;
      if (next >= 0) return (bits >>> 1) ^ -(bits & 1);
    }
    isRead = false;
    return 0;
  }

  private double number() {
    if (at + 8 > bytes.length) {
      isRead = false;
      return 0;
    }
    at += 8;
    return (double) DOUBLE.get(bytes, at - 8);
  }

  /** ASCII; others do not come. */
  private void text(int shortest, int longest) {
    long length = whole();
    isRead &= length >= Math.max(shortest, 0) && length <= longest && length <= bytes.length - at;
    if (!isRead) return;
    for (int end = at + (int) length; at < end; at++) isRead &= bytes[at] >= 0;
  }
}
