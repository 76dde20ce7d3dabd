export type CommandOutcome =
  | { readonly done: true }
  | { readonly done: false; readonly reason: string; readonly output: readonly string[] };
