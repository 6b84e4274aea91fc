/** LEB128, as WebAssembly writes all its whole numbers. */
export function unsignedLeb(value: number): readonly number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 128);
  }
}

/** Exact for safe integers. */
export function signedLeb(value: number): readonly number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    const low = ((rest % 128) + 128) % 128;
    if (rest >= -64 && rest < 64) return [...bytes, low];
    bytes.push(low | 128);
  }
}
