// Draws the README's picture from the summary of a real run:
//   npm start --silent -- --exit-when-drained | node deploy/pipelines/flights/scripts/picture.mjs > deploy/pipelines/flights/picture.svg
import { text } from "node:stream/consumers";

const WIDTH = 860;
const HEIGHT = 330;
const INK = "#24405c";
const GOOD = "#2f7d5b";
const BAD = "#c0392b";
const number = (n) => n.toLocaleString("en");

const summary = JSON.parse(await text(process.stdin));
const { ports, windows } = summary;

function box(x, y, title, line, color = INK) {
  return [
    `<rect x="${x}" y="${y}" width="128" height="46" rx="8" fill="#fff" stroke="${color}" stroke-width="1.5"/>`,
    `<text x="${x + 64}" y="${y + 19}" text-anchor="middle" font-weight="600" fill="${color}">${title}</text>`,
    `<text x="${x + 64}" y="${y + 36}" text-anchor="middle" fill="${color}">${line}</text>`,
  ];
}

/** As thick as many records went this way. */
function way(from, to, records, color = INK) {
  const [x1, y1] = from;
  const [x2, y2] = to;
  const middle = (x1 + x2) / 2;
  const thick = (1 + (9 * records) / summary.in).toFixed(1);
  return `<path d="M${x1} ${y1} C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}" fill="none" stroke="${color}" stroke-width="${thick}" opacity="0.55"/>`;
}

function days() {
  const most = Math.max(...windows.map((w) => w.records));
  const step = (WIDTH - 40) / windows.length;
  return windows.flatMap((w, i) => {
    const x = 20 + i * step;
    const height = (70 * w.records) / most;
    const nulls = (70 * w.nulls) / most;
    const color = w.verdict === "breach" ? BAD : GOOD;
    const day = /\d{4}-\d\d-(\d\d)/.exec(w.id)?.[1] ?? w.id;
    return [
      `<rect x="${x}" y="${290 - height}" width="${step - 10}" height="${height}" fill="${color}" opacity="0.3"/>`,
      `<rect x="${x}" y="${290 - nulls}" width="${step - 10}" height="${nulls}" fill="${color}"/>`,
      `<text x="${x + (step - 10) / 2}" y="306" text-anchor="middle" fill="${color}">${Number(day)}</text>`,
    ];
  });
}

const scored = ports["score.out"] ?? ports["gate.pass"];
const branches = ["auto", "review", "manual"].map((name) => [name, ports[`route.${name}`] ?? 0]);
const stopped = windows.filter((w) => w.verdict === "breach").length;
const shapes = [
  way([148, 43], [196, 43], summary.in),
  way([324, 43], [372, 43], ports["gate.pass"], GOOD),
  way([260, 66], [260, 110], ports["gate.quarantine"], BAD),
  way([500, 43], [548, 43], scored),
  ...branches.map(([, records], i) => way([676, 43], [712, 43 + 56 * i], records)),
  ...box(20, 20, "ingest", number(summary.in)),
  ...box(196, 20, "gate", `${windows.length} windows`),
  ...box(196, 110, "quarantine", number(ports["gate.quarantine"]), BAD),
  ...box(372, 20, "inference", number(scored), GOOD),
  ...box(548, 20, "router", number(scored)),
  ...branches.flatMap(([name, records], i) => box(712, 20 + 56 * i, name, number(records), GOOD)),
  `<text x="20" y="190" fill="${INK}">Days of February 2013: records, and dark those without a departure delay. The gate stopped ${stopped} of ${windows.length} before the model saw them.</text>`,
  ...days(),
  `<text x="20" y="326" fill="${INK}">${number(summary.in)} in = ${number(ports["gate.quarantine"])} quarantined + ${number(scored)} scored + ${number(summary.deadLetters)} dead letters${summary.balanced ? "" : ": NOT BALANCED"}</text>`,
];
console.log(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="13"><rect width="100%" height="100%" rx="10" fill="#f7f9fb"/>${shapes.join("")}</svg>`,
);
