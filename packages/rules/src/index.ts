export type { RuleSpec, WindowSpec, Mode, Action, Judge, OnInsufficient, OnError, Missing } from "./spec.ts";
