package weir.peers;

import com.fasterxml.jackson.databind.JsonNode;

/** Reads a record from a tree of JSON, as services do that are not in a hurry. */
final class Trees {
  private Trees() {}

  /** Null if the record does not keep the contract or the ranges. */
  static float[] features(JsonNode tree) {
    float[] features = new float[Net.FEATURES];
    for (int i = 0; i < Card.FIELDS.length; i++) {
      JsonNode node = tree.get(Card.FIELDS[i]);
      if (node == null || !fits(node, i)) return null;
      if (node.isNumber() && !Card.put(node.doubleValue(), Card.FEATURE[i], features, 0)) return null;
    }
    return features;
  }

  private static boolean fits(JsonNode node, int field) {
    return switch (Card.TYPES[field]) {
      case Card.TEXT -> node.isTextual()
          && node.textValue().length() >= Card.SHORTEST[field]
          && node.textValue().length() <= Card.LONGEST[field];
      case Card.BOOL -> node.isBoolean();
      case Card.WHOLE -> node.isIntegralNumber();
      default -> node.isNumber();
    };
  }
}
