/** A pause that can be cut short; cut while nobody pauses, it makes the next one end at once. */
export interface Pause {
  wait(ms: number): Promise<void>;
  cut(): void;
}

export function createPause(): Pause {
  let end: (() => void) | null = null;
  let isCut = false;
  return {
    async wait(ms) {
      if (!isCut) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          end = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      end = null;
      isCut = false;
    },
    cut() {
      isCut = true;
      end?.();
    },
  };
}
