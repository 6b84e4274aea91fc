export type SpecCode = keyof typeof SPEC_CODES;

/** Of the files of a pipeline. */
export const SPEC_CODES = {
  "WEIR-1001": {
    title: "The file is not YAML",
    explanation: "Pipelines are YAML 1.2, core schema, one document a file. The reader stopped at the place named.",
    fix: "Look at the line named and the one before it: usually indentation, a missing quote, or a { } in an unquoted value.",
  },
  "WEIR-1002": {
    title: "The file is too large, too deep or has too many aliases",
    explanation:
      "A pipeline file has at most 1 MiB, 64 levels and 100 aliases, so that no file can exhaust the memory of a service that reads it.",
    fix: "Move lists of values into the contract, and write aliases out.",
  },
  "WEIR-1003": {
    title: "A key stands twice, or is not plain text",
    explanation: "With two equal keys one of them would silently not count.",
    fix: "Keep one of the two.",
  },
  "WEIR-1004": {
    title: "Merge keys are not read",
    explanation: "`<<` is not part of YAML 1.2 and hides where a value comes from.",
    fix: "Write the keys out; what several stages share belongs to the pipeline's own level, which stages inherit.",
  },
  "WEIR-1005": {
    title: "A file cannot be formatted without losing something",
    explanation: "weir fmt compares values and comments before and after; where they are not the same it leaves the file alone.",
    fix: "Move comments to lines of their own, before what they are about.",
  },
  "WEIR-1101": {
    title: "A variable is not set",
    explanation: "`${NAME}` takes the value of an environment variable; there is none, and the file gives no default.",
    fix: "Set the variable, or give a default: ${NAME:-value}.",
  },
  "WEIR-1102": {
    title: "A file named in ${file:…} cannot be read",
    explanation: "`${file:PATH}` takes the content of a file, as secrets are mounted.",
    fix: "Check the path and the rights of the user that runs Weir.",
  },
  "WEIR-1103": {
    title: "A substitution cannot be read",
    explanation: "Known are ${NAME}, ${NAME:-default}, ${NAME:?message} and ${file:PATH}, inside values only.",
    fix: "Correct it, or write $${ for the two characters themselves.",
  },
  "WEIR-1201": {
    title: "A value has the wrong form",
    explanation:
      "Durations (100ms, 5s, 1d), sizes (8MiB) and shares (5%) are written with their unit; names are lower-case words; fields are JSON pointers (/dep_delay).",
    fix: "Write the value in the form named.",
  },
  "WEIR-1202": {
    title: "A key is missing",
    explanation: "The key has no default that could be right for everybody.",
    fix: "Add it.",
  },
  "WEIR-1203": {
    title: "Unknown key",
    explanation:
      "Keys that Weir does not know are errors, because a misspelt key that is ignored is a setting that silently does not hold.",
    fix: "Correct the spelling, or move the key to where it belongs; the message names the nearest known key and the places that have it.",
  },
  "WEIR-1204": {
    title: "Not one of the possible values",
    explanation: "The set of values is closed.",
    fix: "Use one of those named.",
  },
  "WEIR-1205": {
    title: "A value is out of bounds",
    explanation: "Everything in a pipeline has a bound.",
    fix: "Stay within the bounds named.",
  },
  "WEIR-1301": {
    title: "A port leads nowhere",
    explanation: "A port names a stage that the pipeline does not have.",
    fix: "Name one of the stages, or a topic: {topic: NAME}.",
  },
  "WEIR-1302": {
    title: "The stages form a circle",
    explanation: "A record would never leave. Records go round only through review and retraining, which are no ports.",
    fix: "Let one of the ports named lead to a topic or to a later stage.",
  },
  "WEIR-1303": {
    title: "No record ever reaches this stage",
    explanation: "No port leads to the stage, directly or through others, from the ingest stage.",
    fix: "Let a port lead to it, or remove it.",
  },
  "WEIR-1304": {
    title: "Not exactly one ingest stage",
    explanation: "A pipeline has one entry topic, the one that its ingest stage writes; producers may write it too.",
    fix: "Have exactly one stage of type ingest.",
  },
  "WEIR-1305": {
    title: "Two different things share a topic",
    explanation:
      "Two ports write one topic that one stage reads as if it were one (that is a join and allowed only where both lead to the same stage), or a port writes a topic that Weir keeps for itself.",
    fix: "Give one of them another topic.",
  },
  "WEIR-1306": {
    title: "A port leads to the ingest stage",
    explanation: "Ingest takes records from outside only.",
    fix: "Name another stage or a topic.",
  },
  "WEIR-1401": {
    title: "A rule or condition cannot be compiled",
    explanation:
      "Expressions are CEL over record and prediction, patterns are matched in linear time. Both are compiled and type-checked against the contract when the file is read.",
    fix: "Correct it at the column named.",
  },
  "WEIR-1402": {
    title: "A router rule is never reached",
    explanation: "The rules before it take every record that it could take: the first rule that matches decides.",
    fix: "Put the narrower rule first, or remove it.",
  },
  "WEIR-1403": {
    title: "Two router rules overlap",
    explanation: "Some records match both; the first one decides. If that is meant, nothing is wrong.",
    fix: "Make the conditions exclude each other, or keep the order.",
  },
  "WEIR-1404": {
    title: "Two rules have the same id",
    explanation: "Verdicts, metrics and dead letters name a rule by its id.",
    fix: "Give one of them another id.",
  },
  "WEIR-1501": {
    title: "The contract cannot be read",
    explanation: "record.contract is a path relative to the pipeline's folder.",
    fix: "Correct the path, or add the file.",
  },
  "WEIR-1502": {
    title: "The contract cannot be used",
    explanation: "The schema is not valid, or uses something that cannot be compiled into a reader.",
    fix: "Correct the schema; the message says where.",
  },
  "WEIR-1503": {
    title: "A field is not in the contract",
    explanation:
      "Rules, ids, keys, times and features name fields of the contract by JSON pointer. A rule on a field that does not exist would find it missing in every record.",
    fix: "Correct the pointer, or add the field to the contract.",
  },
  "WEIR-1504": {
    title: "A field has a type that does not fit",
    explanation: "A range needs numbers, a pattern needs text, an event time needs RFC 3339 text or epoch numbers with a declared unit.",
    fix: "Use another field, rule or unit.",
  },
  "WEIR-1505": {
    title: "The prediction would overwrite a field",
    explanation: "An inference stage adds a member to the record; the contract has a field of that name already.",
    fix: "Choose another name: as: NAME.",
  },
  "WEIR-1601": {
    title: "A model cannot be found",
    explanation:
      "A version of a model is a folder models/NAME/VERSION with model.onnx and manifest.json; aliases are in models/NAME/aliases.yaml.",
    fix: "Add the files, or name a version or alias that exists.",
  },
  "WEIR-1602": {
    title: "A model's digest differs",
    explanation:
      "The SHA-256 of model.onnx is not the one that its manifest or the reference names: the file is not the one that was registered.",
    fix: "Restore the file, or register it as a new version.",
  },
  "WEIR-1603": {
    title: "A model's manifest or aliases cannot be used",
    explanation:
      "The manifest says how a record becomes the model's input and what its output means; without it a model may answer wrongly without any error.",
    fix: "Correct the file; the message says what is wrong.",
  },
  "WEIR-1604": {
    title: "A model asks for a field that records do not have",
    explanation: "The features of the manifest are compared with the contract by name.",
    fix: "Use a model made for this contract, or add the field to the contract.",
  },
  "WEIR-1701": {
    title: "No owner",
    explanation: "Every stage has one owner, its own or the pipeline's: somebody who is told and who answers.",
    fix: "Add metadata.owner: user:NAME or group:NAME.",
  },
  "WEIR-1702": {
    title: "The owner is not in owners.yaml",
    explanation: "An alert for an owner that nobody knows reaches nobody.",
    fix: "Add the user or group to owners.yaml, or correct the name.",
  },
  "WEIR-1703": {
    title: "owners.yaml cannot be used",
    explanation: "It lists users, groups (members, channel, policy) and escalation policies.",
    fix: "Correct it at the place named.",
  },
  "WEIR-1605": {
    title: "A baseline cannot be found or used",
    explanation: "A rule names a baseline by its file, relative to the pipeline's folder. The file carries a digest of its own content.",
    fix: "Correct the path, or make the file with weir gate learn.",
  },
  "WEIR-1801": {
    title: "A window rule without a window",
    explanation: "Rates and volumes are judged over a window of records.",
    fix: "Give the gate a window: {kind: time, every: 1d} or {kind: count, size: 500}.",
  },
  "WEIR-1802": {
    title: "A window cannot be quarantined that is not held",
    explanation: "With hold: false the records have gone on before the window is judged; the rule can then only report.",
    fix: "Remove hold: false, give the window a breaker, which diverts what comes after it, or use action: alert or tag.",
  },
  "WEIR-1803": {
    title: "A window by event time without an event time",
    explanation: "record.time is not set, so that windows follow the timestamps of the records, which are those of their arrival.",
    fix: "Set record.time to the field that holds the event time, if there is one.",
  },
  "WEIR-1804": {
    title: "Settings of a window or rule contradict each other",
    explanation: "Both cannot hold at once.",
    fix: "Keep one of them.",
  },
  "WEIR-1901": {
    title: "A secret stands in the pipeline file",
    explanation: "Pipeline files are kept with the code and read by many; a secret in one is known to all who ever see it.",
    fix: "Write ${NAME} and set the environment variable, or ${file:PATH}; and replace the secret, which is known by now.",
  },
  "WEIR-1902": {
    title: "A pull source has no place for its cursor",
    explanation: "The cursor of the last answer is what makes the next one begin behind it.",
    fix: "Write {cursor} into the URL.",
  },
  "WEIR-1903": {
    title: "Something of the pipeline does not take Avro",
    explanation:
      "With format: avro values travel as they are. What makes records out of JSON (the doors and sources of ingest) cannot make them, and one prediction at most has a place: the header weir.prediction.",
    fix: "Remove what is named; producers write the entry topic themselves.",
  },
} as const;
