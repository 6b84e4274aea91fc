/** Numbers the questions to the group, so that whoever wants a fresh answer gets one that was asked for after it came. */
export interface Answers {
  /** A question goes out: its number. */
  ask(): number;
  /** It has been answered, or has failed: whoever waited for it goes on and judges by itself. */
  settle(question: number): void;
  /** Resolves with the first answer to a question that has not been asked yet. */
  next(): Promise<void>;
  /** No more questions: everybody goes on. */
  end(): void;
}

export function createAnswers(): Answers {
  let asked = 0;
  let ended = false;
  let waiting: { after: number; resolve: () => void }[] = [];
  const release = (upTo: number): void => {
    for (const w of waiting) if (w.after < upTo) w.resolve();
    waiting = waiting.filter((w) => w.after >= upTo);
  };
  return {
    ask: () => ++asked,
    settle: release,
    next: () => (ended ? Promise.resolve() : new Promise((resolve) => waiting.push({ after: asked, resolve }))),
    end() {
      ended = true;
      release(Infinity);
    },
  };
}
