package weir.peers;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Map;

/** The contract of a record, a card transaction unless the bench tells another: required fields, their types, and the ranges of the features. */
final class Card {
  static final char TEXT = 't';
  static final char WHOLE = 'i';
  static final char NUMBER = 'n';
  static final char BOOL = 'b';
  /** A field a piece: name, type; of a text the shortest and longest length, of a feature the lowest and highest value. */
  private static final String TRANSACTION =
      "transaction_id t 1 40,event_time i,card_id t 0 1048576,amount n 0 10000,currency t 3 3,merchant t 0 1048576,country t 2 2,"
          + "mcc i 1 9999,device_age_days i 0 36500,is_recurring b,velocity_1h i 0 1000,avg_amount_30d n 0 100000,"
          + "distance_km n 0 20100,hour i 0 23";

  static final String[] FIELDS;
  /** Parallel to FIELDS. */
  static final char[] TYPES;
  /** Parallel to FIELDS: shortest and longest text. */
  static final int[] SHORTEST;
  static final int[] LONGEST;
  /** Parallel to FIELDS: which input of the net, -1 none. */
  static final int[] FEATURE;
  static final int FEATURES;
  static final double[] LEAST;
  static final double[] MOST;
  static final long ALL;

  static {
    String[] described = (Settings.FIELDS == null ? TRANSACTION : Settings.FIELDS).split(",");
    int count = described.length;
    if (count > 63) throw new IllegalStateException("a record of more than 63 required fields");
    FIELDS = new String[count];
    TYPES = new char[count];
    SHORTEST = new int[count];
    LONGEST = new int[count];
    FEATURE = new int[count];
    LEAST = new double[count];
    MOST = new double[count];
    int features = 0;
    for (int i = 0; i < count; i++) {
      String[] parts = described[i].split(" ");
      FIELDS[i] = parts[0];
      TYPES[i] = parts[1].charAt(0);
      FEATURE[i] = -1;
      if (parts.length < 4) continue;
      if (TYPES[i] == TEXT) {
        SHORTEST[i] = Integer.parseInt(parts[2]);
        LONGEST[i] = Integer.parseInt(parts[3]);
      } else {
        LEAST[features] = Double.parseDouble(parts[2]);
        MOST[features] = Double.parseDouble(parts[3]);
        FEATURE[i] = features++;
      }
    }
    FEATURES = features;
    ALL = (1L << count) - 1;
  }

  private static final JsonFactory JSON = new JsonFactory();
  private static final Map<String, Integer> PLACES = new java.util.HashMap<>();

  static {
    for (int i = 0; i < FIELDS.length; i++) PLACES.put(FIELDS[i], i);
  }

  private Card() {}

  /** Fills the features from {@code at} on; false if the record does not keep the contract or the ranges. */
  static boolean read(byte[] value, float[] features, int at) {
    long seen = 0;
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
        seen |= 1L << field;
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
