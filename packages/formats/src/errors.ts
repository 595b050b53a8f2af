// The shape of every error of the project, and the errors of this package. Other packages extend MpplanError.

/** What every error tells, in three beats. */
export interface ErrorBeats {
  /** What went wrong. */
  readonly what: string;
  /** Where: the call, node or file. */
  readonly where: string;
  /** What to do next. */
  readonly next: string;
}

/**
 * An error with a stable code and three beats: what, where, what next.
 *
 * @example
 * class PlanError extends MpplanError<"stale-plan"> { override readonly name = "PlanError"; }
 */
export abstract class MpplanError<Code extends string = string> extends Error implements ErrorBeats {
  /** Stable: programs may compare it, the text may improve. */
  readonly code: Code;
  readonly what: string;
  readonly where: string;
  readonly next: string;

  constructor(code: Code, { what, where, next }: ErrorBeats) {
    super(`${what}\n  where: ${where}\n  next: ${next}`);
    this.code = code;
    this.what = what;
    this.where = where;
    this.next = next;
  }
}

/** Every code a {@link FormatError} can carry. */
export type FormatErrorCode =
  | "ambiguous-format" // a name that several formats answer to
  | "bad-code" // decode was given something that is no code of the format
  | "bad-format" // facts that contradict each other, or that binary64 cannot carry
  | "missing-random" // stochastic rounding without a source of randomness
  | "no-nan" // encode was given NaN, and the format has no code for it
  | "not-representable" // a value that is not in the format where one is needed
  | "too-wide" // a code that does not fit a number
  | "unknown-format"; // a name that is neither in the catalogue nor e<E>m<M>

/**
 * What this package throws.
 *
 * @example
 * try { formatNamed("fp8"); } catch (error) { console.log((error as FormatError).code); } // ambiguous-format
 */
export class FormatError extends MpplanError<FormatErrorCode> {
  override readonly name = "FormatError";
}
