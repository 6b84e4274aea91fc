import type { CodeEntry } from "@weir/record";

/** The codes of contracts: of schemas, and of what is asked of their fields. */
export const CONTRACT_CODES: Readonly<Record<string, CodeEntry>> = {
  "WEIR-2101": {
    title: "The contract is not a usable JSON Schema",
    explanation:
      "Contracts are JSON Schema 2020-12. The file is no schema, is written for another draft, or one of its keywords has a value that it cannot have.",
    fix: 'Correct what is named. Of an older draft check items, definitions and dependencies, then set "$schema" to 2020-12.',
  },
  "WEIR-2102": {
    title: "A contract has an unknown keyword",
    explanation: "JSON Schema ignores what it does not know, so a misspelt keyword would check nothing. Here it is refused.",
    fix: 'Correct the spelling, or move notes into "$comment".',
  },
  "WEIR-2103": {
    title: "A contract refers to what it does not hold",
    explanation: "A contract says everything itself: nothing is fetched when it is read, and a pointer into it has to find something.",
    fix: 'Copy what is meant into "$defs" and refer to "#/$defs/NAME".',
  },
  "WEIR-2104": {
    title: "A pattern cannot be used",
    explanation:
      "Patterns are matched in time linear in the text, so that no record can stop a gate. Look-around and back references do not allow that.",
    fix: "Write the pattern without them; several patterns under allOf are often the same.",
  },
  "WEIR-2105": {
    title: "Not a JSON pointer",
    explanation: "Fields are named by JSON pointers, like /flight/carrier.",
    fix: 'Write "/" before every name, "~1" for a "/" and "~0" for a "~" inside a name.',
  },
  "WEIR-2106": {
    title: "A field is asked for as a time in two units",
    explanation: "A field becomes one column. Read as seconds by one rule and as milliseconds by another it would be two.",
    fix: "Give every use of the field the same unit.",
  },
  "WEIR-2107": {
    title: "The contract is not a usable Avro schema",
    explanation:
      "With format: avro the contract is the text of an .avsc file: a record, with every type defined in it before it is used and defaults that are values of their fields.",
    fix: "Correct what is named.",
  },
  "WEIR-2108": {
    title: "A field is asked for as vectors of two widths",
    explanation:
      "A field becomes one column, with the same number of numbers in every row. Two models of one process ask for different ones.",
    fix: "Give the models features of one width, or run their stages in services of their own.",
  },
};
