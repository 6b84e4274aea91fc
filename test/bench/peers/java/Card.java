package weir.peers;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Map;

/** The contract of a card transaction: 14 required fields, their types, and the ranges of the seven features. */
final class Card {
  static final String[] FIELDS = {
    "transaction_id", "event_time", "card_id", "amount", "currency", "merchant", "country",
    "mcc", "device_age_days", "is_recurring", "velocity_1h", "avg_amount_30d", "distance_km", "hour",
  };
  static final char TEXT = 't';
  static final char WHOLE = 'i';
  static final char NUMBER = 'n';
  static final char BOOL = 'b';
  /** Parallel to FIELDS. */
  static final char[] TYPES = {TEXT, WHOLE, TEXT, NUMBER, TEXT, TEXT, TEXT, WHOLE, WHOLE, BOOL, WHOLE, NUMBER, NUMBER, WHOLE};
  /** Parallel to FIELDS: shortest and longest text. */
  static final int[] SHORTEST = {1, 0, 0, 0, 3, 0, 2, 0, 0, 0, 0, 0, 0, 0};
  static final int[] LONGEST = {40, 0, 1 << 20, 0, 3, 1 << 20, 2, 0, 0, 0, 0, 0, 0, 0};
  /** Parallel to FIELDS: which input of the net, -1 none. */
  static final int[] FEATURE = {-1, -1, -1, 0, -1, -1, -1, 1, 2, -1, 3, 4, 5, 6};
  static final double[] LEAST = {0, 1, 0, 0, 0, 0, 0};
  static final double[] MOST = {10_000, 9999, 36_500, 1000, 100_000, 20_100, 23};
  static final int ALL = (1 << FIELDS.length) - 1;

  private static final JsonFactory JSON = new JsonFactory();
  private static final Map<String, Integer> PLACES = new java.util.HashMap<>();

  static {
    for (int i = 0; i < FIELDS.length; i++) PLACES.put(FIELDS[i], i);
  }

  private Card() {}

  /** Fills seven features from {@code at} on; false if the record does not keep the contract or the ranges. */
  static boolean read(byte[] value, float[] features, int at) {
    int seen = 0;
    try (JsonParser parser = JSON.createParser(value)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) return false;
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        Integer field = PLACES.get(parser.currentName());
        JsonToken token = parser.nextToken();
        if (field == null) {
          parser.skipChildren();
          continue;
        }
        if (!take(parser, token, field, features, at)) return false;
        seen |= 1 << field;
      }
      return seen == ALL && parser.currentToken() == JsonToken.END_OBJECT && parser.nextToken() == null;
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean take(JsonParser parser, JsonToken token, int field, float[] features, int at) throws IOException {
    switch (TYPES[field]) {
      case TEXT:
        return token == JsonToken.VALUE_STRING
            && parser.getTextLength() >= SHORTEST[field]
            && parser.getTextLength() <= LONGEST[field];
      case BOOL:
        return token == JsonToken.VALUE_TRUE || token == JsonToken.VALUE_FALSE;
      default:
        boolean fits = token == JsonToken.VALUE_NUMBER_INT || (token == JsonToken.VALUE_NUMBER_FLOAT && TYPES[field] == NUMBER);
        return fits && put(parser.getDoubleValue(), FEATURE[field], features, at);
    }
  }

  /** False when the value is outside of its range. */
  static boolean put(double value, int feature, float[] features, int at) {
    if (feature < 0) return true;
    features[at + feature] = (float) value;
    return value >= LEAST[feature] && value <= MOST[feature];
  }
}
