import { textBytes } from "@weir/record";

/** UTF-8 of the text, at most `maxBytes`, never ending inside a code point. */
export function cutText(text: string, maxBytes: number): Uint8Array {
  // A UTF-16 unit takes at least one byte: what lies further out cannot fit and need not be encoded.
  const bytes = textBytes(text.length > maxBytes ? text.slice(0, maxBytes + 1) : text);
  if (bytes.length <= maxBytes) return bytes;
  let end = maxBytes;
  while (end > 0 && isContinuation(bytes[end])) end--;
  return bytes.slice(0, end);
}

/** As many whole items as fit, joined by commas. */
export function cutList(items: readonly string[], maxBytes: number): Uint8Array {
  let fitting = items.length;
  let bytes = textBytes(items.join(","));
  while (bytes.length > maxBytes && fitting > 1) bytes = textBytes(items.slice(0, --fitting).join(","));
  return bytes.length <= maxBytes ? bytes : cutText(items[0] ?? "", maxBytes);
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
