package weir.peers;

/** Key, value, and the branch that a record goes to: public, as Flink's serializer for plain objects wants it. */
public final class Item {
  public byte[] key;
  public byte[] value;
  public String branch;

  public Item() {}

  Item(byte[] key, byte[] value, String branch) {
    this.key = key;
    this.value = value;
    this.branch = branch;
  }
}
