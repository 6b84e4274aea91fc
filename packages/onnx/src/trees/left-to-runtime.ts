/** A model, or a part of it, that the kernel does not compute; the runtime does. The text says what it is. */
export class LeftToRuntime extends Error {}
