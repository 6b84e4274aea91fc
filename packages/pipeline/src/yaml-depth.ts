/**
 * An upper bound of how deeply a YAML text is nested, without parsing it. The parser is recursive, and a stack that is
 * nearly full can take the whole process down with it, not only the parse: such a text must not reach it. Brackets in
 * quoted text count too; no honest file is near the limit.
 */
export function nestingBound(text: string): number {
  return flowDepth(text) + blockDepth(text);
}

function flowDepth(text: string): number {
  let depth = 0;
  let most = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === OPEN_SQUARE || code === OPEN_CURLY) most = Math.max(most, ++depth);
    else if ((code === CLOSE_SQUARE || code === CLOSE_CURLY) && depth > 0) depth--;
  }
  return most;
}

const OPEN_SQUARE = 0x5b;
const CLOSE_SQUARE = 0x5d;
const OPEN_CURLY = 0x7b;
const CLOSE_CURLY = 0x7d;

/** Lines further in than an open one, plus the `- - -` and `? ?` at the head of a line. */
function blockDepth(text: string): number {
  const open: number[] = [];
  let most = 0;
  for (const line of text.split("\n")) {
    const indent = line.length - line.trimStart().length;
    if (indent === line.length) continue;
    while (open.length > 0 && (open[open.length - 1] ?? 0) >= indent) open.pop();
    open.push(indent);
    const heads = HEADS.exec(line)?.[0].replace(/\s/g, "").length ?? 0;
    most = Math.max(most, open.length + heads);
  }
  return most;
}

const HEADS = /^\s*(?:[-?:]\s+)+/;
