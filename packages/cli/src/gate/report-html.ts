import { flowLines, type ReportedColumn, type ReportedKeys, type ReportedRule, type WindowReport } from "./report.ts";

/** The report as one file without scripts, fonts or pictures from elsewhere. Bins, not rows: its size does not depend on the records. */
export function reportHtml(report: WindowReport): string {
  const { id, verdict, quarantined, n, start, end, rules, broken, columns, notes, partitions, ruleSet, keys } = report;
  const fate = quarantined ? "quarantined" : "let through";
  const facts: [string, string][] = [
    ["records", whole(n)],
    ["window", start === null ? id : `${start} to ${end}`],
    ["partitions", partitions.map((p) => `${p.partition}: ${p.first ?? "?"} to ${p.last}`).join(", ")],
    ["rules", ruleSet],
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(id)}: ${verdict}</title><style>${STYLE}</style></head><body>
<header><p class="where">${text(report.stage)}</p><h1>${text(id)}</h1>
<p class="verdict ${verdict}">${verdict}<span>${fate}</span></p>
<dl>${facts.map(([name, value]) => `<div><dt>${name}</dt><dd>${text(value)}</dd></div>`).join("")}</dl></header>
${[...flowLines(report), ...notes].map((note) => `<p class="note">${text(note)}</p>`).join("\n")}
<main><section><h2>Rules</h2><div class="scroll"><table><thead><tr><th>rule</th><th>verdict</th><th>seen</th><th class="number">rate of the source, 95 %</th></tr></thead>
<tbody>${rules.map(ruleRow).join("\n")}</tbody></table></div></section>
${keys === null ? "" : keySection(keys)}
${broken.length > 0 ? `<section><h2>Records that broke a rule of their own</h2><table><tbody>${broken.map((b) => `<tr><td>${text(b.id)}</td><td class="number">${whole(b.k)}</td><td>${b.mode}</td></tr>`).join("")}</tbody></table></section>` : ""}
${columns.length > 0 ? `<section><h2>Distributions</h2><p class="legend"><i class="before"></i>baseline <i class="now"></i>this window</p><div class="columns">${columns.map(columnFigure).join("\n")}</div></section>` : ""}
</main></body></html>
`;
}

function ruleRow(rule: ReportedRule): string {
  const { id, kind, mode, verdict, said, intervalPercent, examples, drift } = rule;
  const interval = intervalPercent === null ? "" : `${intervalPercent[0]} % to ${intervalPercent[1]} %`;
  const details = [
    ...(drift
      ? [
          `bars ${drift.warn} and ${drift.fail}${drift.floor === null ? "" : `, noise ${drift.floor}`}${drift.calibratedBar === null ? "" : `, good windows up to ${drift.calibratedBar}`}`,
        ]
      : []),
    ...examples.map((example) => `partition ${example.partition}, offset ${example.offset}: ${example.said}`),
  ];
  return `<tr><td>${text(id)}<small>${kind}${mode === "observe" ? ", observed" : ""}</small></td><td><b class="mark ${verdict}">${verdict}</b></td><td>${text(said)}${details.map((detail) => `<small>${text(detail)}</small>`).join("")}</td><td class="number">${interval}</td></tr>`;
}

function keySection({ by, judged, breach, insufficient, error, list }: ReportedKeys): string {
  const rows = list.map(
    ({ key, n, verdict, said }) =>
      `<tr><td>${text(key)}</td><td class="number">${whole(n)}</td><td><b class="mark ${text(verdict)}">${text(verdict)}</b></td><td>${text(said)}</td></tr>`,
  );
  return `<section><h2>Keys</h2><p class="legend">${whole(judged)} of ${text(by)} were judged: ${whole(breach)} breach, ${whole(insufficient)} insufficient, ${whole(error)} error</p><div class="scroll"><table><thead><tr><th>key</th><th class="number">records</th><th>verdict</th><th>seen</th></tr></thead><tbody>${rows.join("\n")}</tbody></table></div></section>`;
}

const WIDTH = 320;
const BAR = 7;
const ROW = 20;
const LABEL = 92;

function columnFigure({ field, cells, worst }: ReportedColumn): string {
  const most = Math.max(1, ...cells.map((cell) => Math.max(cell.baselinePercent, cell.windowPercent)));
  const length = (share: number): string => (((WIDTH - LABEL - 48) * share) / most).toFixed(1);
  const bars = cells.map((cell, i) => {
    const y = i * ROW + 2;
    const bar = (share: number, at: number, name: string): string =>
      `<rect class="${name}" x="${LABEL}" y="${at}" width="${length(share)}" height="${BAR}" rx="1.5"/>`;
    const end = LABEL + Number(length(Math.max(cell.baselinePercent, cell.windowPercent))) + 4;
    return `<g><title>${text(cell.cell)}: ${cell.baselinePercent} % before, ${cell.windowPercent} % now (${whole(cell.count)} records)</title><text x="${LABEL - 6}" y="${y + 11}" text-anchor="end">${text(shortened(cell.cell))}</text>${bar(cell.baselinePercent, y, "before")}${bar(cell.windowPercent, y + BAR + 1, "now")}<text class="share" x="${end}" y="${y + 11}">${cell.windowPercent} %</text></g>`;
  });
  const said = worst === null ? "not compared" : `${worst.method} ${worst.effect}, bar ${worst.fail}`;
  const mark = worst?.verdict === "breach" ? ' class="breach"' : "";
  return `<figure><figcaption>${text(field)}<span${mark}>${text(said)}</span></figcaption><svg viewBox="0 0 ${WIDTH} ${cells.length * ROW + 4}" role="img" aria-label="${text(field)} by cell">${bars.join("")}</svg></figure>`;
}

const LABEL_CHARACTERS = 13;

function shortened(cell: string): string {
  return cell.length > LABEL_CHARACTERS ? `${cell.slice(0, LABEL_CHARACTERS - 1)}…` : cell;
}

function whole(n: number): string {
  return n.toLocaleString("en-US");
}

function text(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

const STYLE = `
:root{color-scheme:light dark;--paper:#fbfbf9;--card:#fff;--ink:#1c2128;--soft:#5d6673;--line:#e3e5e8;--before:#b9c0ca;--now:#2f6db3;--pass:#2c7a4b;--breach:#b3261e;--insufficient:#8a6100;--error:#7b2fa8}
@media (prefers-color-scheme:dark){:root{--paper:#14171b;--card:#1b1f25;--ink:#e4e7eb;--soft:#98a2b0;--line:#2d333c;--before:#56606e;--now:#6ea8e6;--pass:#64c08a;--breach:#ff8a80;--insufficient:#e2b54a;--error:#c99af0}}
*{box-sizing:border-box}body{margin:0 auto;padding:2rem 1.25rem 4rem;max-width:70rem;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
h1{margin:.1rem 0 .6rem;font-size:1.45rem;font-weight:650;overflow-wrap:anywhere}h2{margin:2.2rem 0 .7rem;font-size:1.05rem}
.where{margin:0;color:var(--soft)}.verdict{margin:0 0 1rem;font-size:1.1rem;font-weight:650;color:var(--soft)}.verdict span{margin-left:.6rem;font-weight:400;color:var(--soft)}
.verdict.pass,.mark.pass{color:var(--pass)}.verdict.breach,.mark.breach,span.breach{color:var(--breach)}.verdict.insufficient,.mark.insufficient{color:var(--insufficient)}.verdict.error,.mark.error{color:var(--error)}
dl{display:flex;flex-wrap:wrap;gap:.4rem 2rem;margin:0}dt{color:var(--soft);font-size:.85rem}dd{margin:0;font-variant-numeric:tabular-nums}
.note{margin:1rem 0 0;padding:.6rem .9rem;border-left:3px solid var(--insufficient);background:var(--card)}
.scroll{overflow-x:auto}table{width:100%;border-collapse:collapse;background:var(--card)}th,td{padding:.45rem .7rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}th{color:var(--soft);font-weight:500;font-size:.85rem}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}small{display:block;color:var(--soft);font-size:.83rem}.mark{font-weight:600}
.legend{color:var(--soft);margin:0 0 .8rem}.legend i{display:inline-block;width:.8rem;height:.6rem;border-radius:2px;margin:0 .35rem 0 .9rem}.legend i:first-child{margin-left:0}i.before{background:var(--before)}i.now{background:var(--now)}
.columns{display:grid;grid-template-columns:repeat(auto-fill,minmax(19rem,1fr));gap:1rem}figure{margin:0;padding:.8rem .9rem;background:var(--card);border:1px solid var(--line);border-radius:8px}
figcaption{display:flex;justify-content:space-between;gap:1rem;margin-bottom:.4rem;font-weight:600}figcaption span{font-weight:400;color:var(--soft);font-variant-numeric:tabular-nums}figcaption span.breach{color:var(--breach)}
svg{display:block;width:100%;height:auto}svg text{font-size:11px;fill:var(--soft);font-variant-numeric:tabular-nums}svg .share{fill:var(--ink)}rect.before{fill:var(--before)}rect.now{fill:var(--now)}
`;
