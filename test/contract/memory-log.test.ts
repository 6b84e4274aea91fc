import { createMemoryLog, type Clock } from "@weir/stream";
import { describeLog } from "./log.contract.ts";

/** Time as it passes: the suite waits for nothing but answers. */
const realTime: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => void setTimeout(resolve, ms)),
  every(ms, act) {
    const timer = setInterval(act, ms);
    return () => clearInterval(timer);
  },
};

describeLog("the log in memory", async () => {
  const log = createMemoryLog({ clock: realTime });
  return {
    log,
    another: async () => log,
    forget: async (group, memberId) => log.forget(group, memberId, { silent: true }),
    async stageOffsets(transactionalId, membership, positions) {
      const release = log.holdCommits();
      const producer = await log.producer({ transactionalId, rotate: 1 });
      const commit = producer.begin().commit({ membership, incarnation: membership.incarnation, positions });
      return async (isCommitted) => {
        if (!isCommitted) await producer.init();
        release();
        if (isCommitted) await commit;
        else await commit.catch(() => undefined); // told that it was ended
      };
    },
    [Symbol.asyncDispose]: () => log[Symbol.asyncDispose](),
  };
});
