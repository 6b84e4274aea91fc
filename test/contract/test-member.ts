import { laneKey, type Lane } from "@weir/record";
import type { GroupOptions, Log, Membership } from "@weir/stream";

/** What a member was told, in order. */
export interface Told {
  readonly kind: "assign" | "revoke" | "lost" | "fatal" | "replaced";
  readonly lanes: readonly string[];
  readonly incarnation: number;
}

export interface TestMember extends AsyncDisposable {
  readonly membership: Membership;
  readonly told: readonly Told[];
  readonly errors: readonly Error[];
  owned(): readonly string[];
  /** Lanes are given back only after this. */
  holdRevocation(): () => void;
}

/** Members that watch one another: `until` looks again whenever any of them is told something. */
export interface Members extends AsyncDisposable {
  join(log: Pick<Log, "join">, options: GroupOptions): Promise<TestMember>;
  until(what: () => boolean): Promise<void>;
}

export function createMembers(): Members {
  const all: TestMember[] = [];
  const watchers = new Set<() => void>();
  const look = (): void => {
    for (const watch of [...watchers]) watch();
  };
  return {
    async join(log, options) {
      const member = await joinMember(log, options, look);
      all.push(member);
      return member;
    },
    async until(what) {
      while (!what()) {
        await new Promise<void>((resolve) => {
          const watch = (): void => {
            watchers.delete(watch);
            resolve();
          };
          watchers.add(watch);
        });
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map((m) => m[Symbol.asyncDispose]()));
    },
  };
}

async function joinMember(log: Pick<Log, "join">, options: GroupOptions, changed: () => void): Promise<TestMember> {
  const told: Told[] = [];
  const errors: Error[] = [];
  let membership: Membership | null = null;
  let gate: Promise<void> = Promise.resolve();
  let release: () => void = () => undefined;
  const tell = (kind: Told["kind"], lanes: readonly Lane[]): void => {
    told.push({ kind, lanes: lanes.map(laneKey).sort(), incarnation: membership?.incarnation ?? 0 });
    changed();
  };
  const joined = await log.join(options, {
    onAssign: (lanes) => tell("assign", lanes),
    async onRevoke(lanes) {
      tell("revoke", lanes);
      await gate;
    },
    onLost: (lanes) => tell("lost", lanes),
    onFatal(error, isReplaced) {
      errors.push(error);
      tell(isReplaced ? "replaced" : "fatal", []);
    },
  });
  membership = joined;
  return {
    membership: joined,
    told,
    errors,
    owned: () => joined.owned().map(laneKey).sort(),
    holdRevocation() {
      gate = new Promise((resolve) => (release = resolve));
      return () => release();
    },
    async [Symbol.asyncDispose]() {
      release();
      await joined.leave();
    },
  };
}
