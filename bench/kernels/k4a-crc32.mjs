// k4a in plain JavaScript.

export function run(n) {
  const table = new Int32Array(256);
  for (let i = 0; i < 256; i++) {
    let entry = i;
    for (let bit = 0; bit < 8; bit++) entry = entry & 1 ? (entry >>> 1) ^ 0xedb88320 : entry >>> 1;
    table[i] = entry;
  }
  const text = new Uint8Array(16384);
  for (let i = 0, x = 0; i < text.length; i++) {
    x = (Math.imul(x, 69069) + 1) | 0;
    text[i] = x >>> 24;
  }
  let crc = -1;
  for (let pass = 0; pass < n; pass++) {
    for (let i = 0; i < text.length; i++) crc = (crc >>> 8) ^ table[(crc ^ text[i]) & 255];
  }
  return BigInt(crc >>> 0);
}
