// Plain text tables: the first column to the left, numbers to the right.

export function table(header, rows) {
  const all = [header, ...rows].map((row) => row.map(String));
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  ");
  const [head, ...body] = all.map(line);
  return [head, widths.map((width) => "-".repeat(width)).join("  "), ...body].join("\n");
}

export const fixed = (value, digits = 0) => value.toFixed(digits);
export const percent = (part) => `${(part * 100).toFixed(0)}%`;
export const count = (n) => n.toLocaleString("en-US");
