/** The requests that have come and not been answered. */
export interface Requests {
  readonly open: number;
  enter(): void;
  leave(): void;
}

export function countRequests(): Requests {
  let open = 0;
  return {
    get open() {
      return open;
    },
    enter: () => void open++,
    leave: () => void open--,
  };
}
