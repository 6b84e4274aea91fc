/** Who may write under which transactional id: the last one who initialised it. */
export interface TransactionalIds {
  /** Ends what is open under the id and shuts out whoever used it before; the epoch to use from now on. */
  init(id: string): number;
  isCurrent(id: string, epoch: number): boolean;
  /** A transaction is open under the id; `abort` ends it when somebody else initialises the id. */
  opened(id: string, abort: () => void): void;
  ended(id: string): void;
}

export function createTransactionalIds(): TransactionalIds {
  const epochs = new Map<string, number>();
  const open = new Map<string, () => void>();
  return {
    init(id) {
      open.get(id)?.();
      open.delete(id);
      const epoch = (epochs.get(id) ?? -1) + 1;
      epochs.set(id, epoch);
      return epoch;
    },
    isCurrent: (id, epoch) => epochs.get(id) === epoch,
    opened: (id, abort) => void open.set(id, abort),
    ended: (id) => void open.delete(id),
  };
}
