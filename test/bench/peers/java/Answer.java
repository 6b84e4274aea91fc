package weir.peers;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes the prediction into a record: before its last brace. */
final class Answer {
  private static final byte[] EMPTY = {'{', '}'};
  /** Where what is behind the member's name begins in a record without others. */
  private static final int MEMBER_AT = "{,\"prediction\":".length();
  private static final byte[][] LABELS = new byte[Net.CLASSES.length][];

  static {
    for (int i = 0; i < LABELS.length; i++)
      LABELS[i] = (",\"prediction\":{\"label\":\"" + Net.CLASSES[i] + "\",\"confidence\":").getBytes(StandardCharsets.ISO_8859_1);
  }

  private Answer() {}

  /** Without a record around it. */
  static byte[] alone(int label, double confidence) {
    byte[] member = spliced(EMPTY, label, confidence);
    return Arrays.copyOfRange(member, MEMBER_AT, member.length - 1);
  }

  static byte[] spliced(byte[] value, int label, double confidence) {
    int brace = value.length - 1;
    while (value[brace] != '}') brace--;
    byte[] text = LABELS[label];
    byte[] out = new byte[brace + text.length + 10];
    System.arraycopy(value, 0, out, 0, brace);
    System.arraycopy(text, 0, out, brace, text.length);
    int at = brace + text.length;
    long digits = Math.round(confidence * 1e6);
    out[at] = (byte) ('0' + digits / 1_000_000);
    out[at + 1] = '.';
    for (int i = 7; i >= 2; i--, digits /= 10) out[at + i] = (byte) ('0' + digits % 10);
    out[at + 8] = '}';
    out[at + 9] = '}';
    return out;
  }
}
