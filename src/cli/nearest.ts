// "Did you mean": the known names closest to a mistyped one.

/** Names within a third of their length in edits, or that `name` begins; best first, at most three. */
export function nearest(name: string, known: Iterable<string>): string[] {
  const scored: { known: string; distance: number }[] = [];
  for (const candidate of known) {
    const isPrefix = name.length > 1 && candidate.startsWith(name);
    const distance = isPrefix ? 0 : edits(name.slice(0, 64).toLowerCase(), candidate.toLowerCase());
    if (distance <= Math.max(1, Math.floor(candidate.length / 3)))
      scored.push({ known: candidate, distance });
  }
  scored.sort((a, b) => a.distance - b.distance);
  return scored.slice(0, 3).map((entry) => entry.known);
}

/** `; did you mean a or b?`, or nothing. */
export function suggestion(name: string, known: Iterable<string>, show = (text: string) => text): string {
  const names = nearest(name, known).map(show);
  return names.length === 0 ? "" : `; did you mean ${names.join(" or ")}?`;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`. */
function edits(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(replaced, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
