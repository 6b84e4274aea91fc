import { WeirError, type RetriableError } from "@weir/record";

/** What is told when a failure that may pass did not, for as long as it was tried. */
export function notDone(cause: RetriableError): WeirError {
  return new WeirError(
    {
      code: "WEIR-6009",
      what: "the broker did not do what was asked",
      why: cause.message,
      fix: "look whether it is up (weir doctor), then try again",
    },
    { exitCode: 4, cause },
  );
}
