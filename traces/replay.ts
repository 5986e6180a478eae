/** Replays a recorded run and compares it with the record, byte for byte. */
import type { Header, Trace } from "#traces/format.ts"

export type Replay =
  | { readonly same: true; readonly lines: number }
  /** The first difference; an absent side had no such line. */
  | { readonly same: false; readonly seq: number;
      readonly recorded: string | undefined; readonly replayed: string | undefined }

/** `run` produces the encoded lines of the run that the header describes. It knows the cluster; this file does not. */
export const replay = (trace: Trace, run: (header: Header) => ReadonlyArray<string>): Replay => {
  const replayed = run(trace.header)
  const most = Math.max(replayed.length, trace.text.length)
  for (let seq = 0; seq < most; seq++) {
    if (replayed[seq] !== trace.text[seq]) {
      return { same: false, seq, recorded: trace.text[seq], replayed: replayed[seq] }
    }
  }
  return { same: true, lines: most }
}
