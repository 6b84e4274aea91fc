package weir.peers;

/** Reads a record whose fields come in their usual order straight from the bytes; everything else goes to {@link Card}. */
final class HandScan {
  private static final byte[][] LABELS = new byte[Card.FIELDS.length][];
  private static final double[] TENTHS = new double[19];

  static {
    for (int i = 0; i < LABELS.length; i++) LABELS[i] = ((i == 0 ? "{\"" : ",\"") + Card.FIELDS[i] + "\":").getBytes();
    TENTHS[0] = 1;
    for (int i = 1; i < TENTHS.length; i++) TENTHS[i] = TENTHS[i - 1] * 10;
  }

  private byte[] json;
  private int at;
  private double number;
  private boolean whole;

  boolean read(byte[] value, float[] features, int row) {
    json = value;
    at = 0;
    for (int field = 0; field < LABELS.length; field++) {
      if (!label(LABELS[field])) return Card.read(value, features, row);
      switch (Card.TYPES[field]) {
        case Card.TEXT:
          int length = text();
          if (length < 0) return Card.read(value, features, row);
          if (length < Card.SHORTEST[field] || length > Card.LONGEST[field]) return false;
          break;
        case Card.BOOL:
          if (!bool()) return Card.read(value, features, row);
          break;
        default:
          if (!number()) return Card.read(value, features, row);
          if (Card.TYPES[field] == Card.WHOLE && !whole) return false;
          if (!Card.put(number, Card.FEATURE[field], features, row)) return false;
      }
    }
    return at == json.length - 1 && json[at] == '}' || Card.read(value, features, row);
  }

  private boolean label(byte[] label) {
    if (at + label.length >= json.length) return false;
    for (int i = 0; i < label.length; i++) if (json[at + i] != label[i]) return false;
    at += label.length;
    return true;
  }

  /** Length of an ASCII text without escapes; -1 for anything else. */
  private int text() {
    if (json[at] != '"') return -1;
    int from = ++at;
    while (at < json.length) {
      byte b = json[at];
      if (b == '"') return at++ - from;
      if (b == '\\' || b < ' ') return -1;
      at++;
    }
    return -1;
  }

  private boolean bool() {
    int length = json[at] == 't' ? 4 : 5;
    if (at + length >= json.length) return false;
    String text = length == 4 ? "true" : "false";
    for (int i = 0; i < length; i++) if (json[at + i] != text.charAt(i)) return false;
    at += length;
    return true;
  }

  /** Up to 15 digits without an exponent: exact in a double. */
  private boolean number() {
    boolean negative = json[at] == '-';
    if (negative) at++;
    int from = at;
    long digits = 0;
    int decimals = -1;
    for (; at < json.length; at++) {
      byte b = json[at];
      if (b >= '0' && b <= '9') {
        digits = digits * 10 + (b - '0');
        if (decimals >= 0) decimals++;
      } else if (b == '.' && decimals < 0 && at > from) decimals = 0;
      else break;
    }
    if (at == from || at - from > 16 || decimals == 0 || (json[from] == '0' && at - from > 1 && json[from + 1] != '.')) return false;
    if (at < json.length && (json[at] == 'e' || json[at] == 'E')) return false;
    whole = decimals < 0;
    number = whole ? digits : digits / TENTHS[decimals];
    if (negative) number = -number;
    return true;
  }
}
