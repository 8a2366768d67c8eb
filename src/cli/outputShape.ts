/** How the results of a command are to be shown and written. */
export interface OutputShape {
  readonly unpackJson: boolean;
  readonly includeFinishReason: boolean;
  readonly csvFormulas: "keep" | "escape";
}

/** The flags that ask for it, of `infer` and `jobs results` alike. */
export function shapeWords({ unpackJson, includeFinishReason, csvFormulas }: OutputShape): string[] {
  return [
    ...(unpackJson ? ["--unpack-json"] : []),
    ...(includeFinishReason ? ["--include-finish-reason"] : []),
    ...(csvFormulas === "escape" ? ["--csv-formulas", "escape"] : []),
  ];
}
